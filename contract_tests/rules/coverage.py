"""Coverage: what is documented is served, and what the campaign never saw work has not been checked."""

from typing import TYPE_CHECKING

from ..accounts import told
from ..fault import Answer, Request
from ..operation import Operation, is_plain
from ..rule import NotChecked, Violation, coverage_law, experiment
from ..shelf import Shelf

if TYPE_CHECKING:
    from ..campaign import CampaignResult

Unobserved = tuple[dict[str, list[str]], list[str]] | None


@experiment("SPEC-03", source="#/paths")
def documented_is_served(operation: Operation, shelf: Shelf) -> None:
    """
    Every documented operation is there: it does not answer 501, nor a 404 or 405 that its responses do not declare.

    Path arguments lead nowhere, and operations on the caller's account get a throw-away one.
    """
    account = shelf.accounts.throw_away() if operation.auth_role and operation.secured else shelf.accounts.a
    body = shelf.samples.body(operation) if operation.secured else None
    answer = shelf.client.call(
        operation, arguments=operation.nowhere, headers=account.headers(), body=body, address=account.address
    )
    if answer.status == 501 or (answer.status in (404, 405) and str(answer.status) not in operation.responses):
        observed = f"{operation.id} is not served: {told(answer)}"
        raise Violation(observed, expected="a documented status", exchanges=[answer])


@documented_is_served.broken_by
def nothing_is_implemented(request: Request, answer: Answer) -> None:
    """Handlers of secured operations are missing."""
    answer.become(501, where="authorization" in request.headers)


@documented_is_served.broken_by
def a_route_is_missing(request: Request, answer: Answer) -> None:
    """Collections and accounts have no route."""
    answer.become(405, where=answer.status < 400 and request.method in ("GET", "DELETE"))


@coverage_law("SPEC-04", source="#/paths")
def every_operation_is_seen_to_work(
    operation: Operation, campaign: "CampaignResult", fewest: int, unobserved: Unobserved
) -> str:
    """
    Every operation answers 2xx to generated input, and every documented status and media type is seen.

    The campaign must not skimp on cases. What contract.toml says cannot be observed is left out.
    """
    cases = campaign.cases[operation.id]
    # The generator may run out of what a path can say, deletions use it up.
    if cases < (1 if is_plain(operation) else fewest):
        raise NotChecked(f"{cases} cases were generated, and it takes {fewest}: describe more of what it may be sent")
    missing = unobserved[0][operation.id] if unobserved else []
    if not campaign.generated_2xx[operation.id]:
        seen = sorted({status for name, status, _ in campaign.observed if name == operation.id})
        if 429 in seen:
            raise NotChecked("the target's limits refused what might work: let it take a {document} with higher ones")
        if operation.access is None and set(seen) <= {401, 403}:
            raise NotChecked("nobody was let in: say in x-access who may, and how to be one in contract.toml")
        observed = f"no 2xx in {cases} cases; answers were {', '.join(map(str, seen))}"
        raise Violation(observed + (f"; never answered {', '.join(missing)}" if missing else ""), expected="a 2xx")
    if unobserved is None:
        return "whether every documented status is seen shows only in a full run"
    if missing:
        expected = f"each at least once, or a reason in contract.toml under [unobserved]: '{operation.id} STATUS'"
        raise Violation(f"{operation.id} never answered {', '.join(missing)}", expected=expected)
    return ""


@every_operation_is_seen_to_work.broken_by
def an_operation_always_refuses(request: Request, answer: Answer) -> None:
    """Whoever asks by GET is told that there is nothing."""
    answer.become(404, where=request.method == "GET")
