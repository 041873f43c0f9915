"""Rate limits as answers announce them: what a service says of itself, which its document does not say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..contract.operation import Operation
from ..fixtures.ratelimit_fields import announced
from ..fixtures.session import Session
from ..wire.exchange import Exchange
from ..wire.outcomes import NotChecked, Violation

POLICY = "ratelimit-policy"
OLD_FIELDS = ("x-ratelimit-limit", "x-rate-limit-limit", "ratelimit-limit")
MOST_READS = 30


@dataclass(frozen=True)
class Announced:
    """What the answer of an operation says of limits: policies with limit and window, or a number without a window."""

    operation: Operation
    policies: Mapping[str, tuple[int, int]]
    without_window: str = ""


def announced_limits(session: Session) -> Iterator[Announced]:
    """Read each operation without path parameters once, and yield what its answer says of limits."""
    reads = [each for each in session.document.operations if each.method == "GET" and not each.path_parameters]
    for operation in reads[:MOST_READS]:
        if operation.names_policies or operation.role == "log-out":
            continue
        try:
            user = session.users.owner if operation.secured else session.users.anonymous
            credential, query = user.credential_for(operation), session.samples.query(operation)
            answer = session.client.call(operation, query=query, credential=credential, address=user.address)
        except (NotChecked, Violation):
            continue
        found = said_by(operation, answer)
        if found.policies or found.without_window:
            yield found


def said_by(operation: Operation, answer: Exchange) -> Announced:
    policies = {
        name: (numbers["q"], numbers["w"])
        for name, numbers in announced(answer, POLICY).items()
        if isinstance(numbers.get("q"), int) and isinstance(numbers.get("w"), int)
    }
    old = next((f"{name}: {value}" for name in OLD_FIELDS if (value := answer.header(name)) is not None), "")
    return Announced(operation, policies, "" if policies else old)
