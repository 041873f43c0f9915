"""Which operations are called as whom, in which order."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ..contract.destructive import sweeps
from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.predicates import is_for_roles
from .identities import LiveToken, User
from .journeys import journeys

SHOW = ("examples",)
GENERATE = ("coverage", "fuzzing")
FUZZ = ("fuzzing",)
WALK = ("stateful",)


@dataclass(frozen=True)
class Pass:
    """One run of the engine: which phases, for which operations, as whom."""

    name: str
    phases: tuple[str, ...]
    operations: frozenset[str]
    identities: Mapping[str, User] = field(default_factory=dict)
    signs: LiveToken | None = None


def plan(
    document: Document,
    everybody: Mapping[str, User],
    peers: Mapping[str, User],
    live: LiveToken,
    ends: Callable[[Operation], bool] = lambda operation: False,
) -> Iterator[Pass]:
    """
    Yield the passes that harm nobody but throw-away accounts, what deletes more than its path names behind all else.

    `ends` tells whether an operation has been seen to end its caller, or may do so: it may learn more between two passes.

    Journeys are runs of their own: what earlier phases saw would be drawn again, and a unique value
    conflicts with itself. Signing in is one by itself: beside all else that a new account leads to,
    hardly any token would ever be refreshed.
    """
    every = {operation.id for operation in document.operations}
    using_up = {o.id for o in document.operations if uses_up(o) or ends(o)}
    sweeping = {o.id for o in document.operations if sweeps(o)}
    signing_in = {o.id for o in document.operations if role(o) in ("register", "log-in", "refresh")}
    kept = {o.id for o in document.operations if is_kept_for_roles(o)}
    common = every - using_up - kept - sweeping
    yield Pass("examples", SHOW, frozenset(common), everybody)
    yield Pass("signed in", GENERATE, frozenset(common), everybody)
    yield Pass("signed in, refused", FUZZ, frozenset(kept - sweeping), peers)
    yield Pass("anonymous", FUZZ, frozenset(every - sweeping))
    for journey in journeys(document, common - signing_in):
        yield Pass("signed in", WALK, journey, everybody)
    for journey in journeys(document, signing_in):
        yield Pass("anonymous", WALK, journey)
    using_up = {o.id for o in document.operations if uses_up(o) or ends(o)}
    yield from alone("throw-away accounts", document, using_up, using_up, live)
    yield Pass("examples, sweeping", SHOW, frozenset(sweeping - kept), everybody)
    yield Pass("signed in, sweeping", GENERATE, frozenset(sweeping - kept), everybody)
    yield Pass("signed in, refused, sweeping", FUZZ, frozenset(sweeping & kept), peers)
    yield Pass("anonymous, sweeping", FUZZ, frozenset(sweeping))


def plan_for_role(document: Document, role: str, kept: Collection[str], signs: LiveToken) -> Iterator[Pass]:
    """Yield the passes over what only a role may do, and over what leads there: last, for they may change accounts."""
    leading = {o.id for o in document.operations if o.leads_to.intersection(kept)}
    yield from alone(role, document, kept, leading.union(kept), signs)


def alone(
    name: str, document: Document, operations: Collection[str], walked: Collection[str], signs: LiveToken
) -> Iterator[Pass]:
    """Yield every kind of pass over operations that are called as one account at a time."""
    yield Pass(f"examples, {name}", SHOW, frozenset(operations), signs=signs)
    yield Pass(name, GENERATE, frozenset(operations), signs=signs)
    for journey in journeys(document, walked):
        yield Pass(name, WALK, journey, signs=signs)


def role(operation: Operation) -> str:
    return operation.role


def uses_up(operation: Operation) -> bool:
    """Whether a call of it may end or change the account that calls."""
    return role(operation) in ("account", "log-out") and operation.may_end_its_caller


def is_kept_for_roles(operation: Operation) -> bool:
    """Whether the document itself says that only some roles may call it: a guess keeps no requests away."""
    return operation.declares_access and is_for_roles(operation)


def is_own_account(operation: Operation) -> bool:
    return role(operation) == "account" and operation.method == "GET"
