"""Operations with what answers have shown of them, where the document says nothing of the kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..access import Access
from ..facts import Fact, Origin
from ..operation import Operation
from ..security import Alternatives
from ..seen import Seen, SeenService
from .words import plain, segments

PROBLEM = "application/problem+json"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
HEALTH = ("health", "healthz", "healthcheck", "live", "livez", "liveness", "ready", "readyz", "readiness")


@dataclass(frozen=True)
class Said:
    """
    Of which kinds of things a document speaks at all.

    Where it speaks of one at some operations, its silence at the others means something, and answers add nothing to it.
    """

    security: bool
    unauthorized: bool
    not_found: bool
    tags: bool
    problems: bool
    limits: bool
    origins: bool
    cache: bool
    access: bool
    health: bool

    @property
    def is_everything(self) -> bool:
        """Whether answers could add nothing: what is called a health check needs none."""
        return all(is_said for name, is_said in vars(self).items() if name != "health")


def said_of(operations: Sequence[Operation], keys: Iterable[str], *, has_security: bool) -> Said:
    """Return of what these operations speak; `keys` are the extension keys of the root, of the tags and of operations."""
    known = set(keys)
    errors = [
        media
        for operation in operations
        for status, response in operation.responses.items()
        if status[:1] in "45d" and status != "422"
        for media in response.content
    ]
    return Said(
        security=has_security or any(each.security for each in operations),
        unauthorized=any(each.documents(401, "4XX") for each in operations),
        not_found=any(each.documents(404, "4XX") for each in operations),
        tags=any(each.success.header("ETag") is not None or each.documents(304) for each in operations),
        problems=bool(errors),
        limits="x-rate-limit" in known,
        origins="x-cors" in known,
        cache="x-cache" in known,
        access="x-access" in known,
        health=any("health" in each.tags for each in operations),
    )


@dataclass(frozen=True)
class Known:
    """
    What is known of a service and of its document, for each of its operations.

    `tagged` are the paths of which a read has shown an ETag. `secured` has the scheme that some request to a path asks for.
    """

    seen: SeenService
    said: Said
    tagged: frozenset[str]
    secured: Mapping[str, str]


def with_what_was_seen(operations: Iterable[Operation], seen: SeenService, said: Said) -> list[Operation]:
    """Return operations with what answers have shown of them and the document does not say."""
    found = list(operations)
    known = Known(
        seen,
        said,
        tagged=frozenset(each.path for each in found if seen.of(each.id).has_tag),
        secured={each.path: name for each in found if (name := seen.of(each.id).scheme)},
    )
    return [informed(each, known) for each in found]


def informed(operation: Operation, known: Known) -> Operation:
    """Return an operation with each kind of fact of which the document does not speak."""
    here = known.seen.of(operation.id)
    for is_said, add in (
        (known.said.security, with_schemes),
        (known.said.security, with_security),
        (known.said.access, with_admins),
        (known.said.unauthorized and known.said.not_found, with_statuses),
        (known.said.tags, with_tags),
        (known.said.problems, with_problems),
        (known.said.limits, with_policies),
        (known.said.origins, with_origins),
        (known.said.cache, with_cache),
    ):
        if not is_said:
            operation = add(operation, here, known)
    return operation


def with_schemes(operation: Operation, here: Seen, known: Known) -> Operation:
    """Return an operation that knows the schemes which challenges of the service name."""
    challenges = known.seen.challenges
    if not challenges:
        return operation
    fact = Fact(tuple(challenges), Origin.CONFIRMED, f"a 401 has a challenge of {', '.join(challenges)}")
    takes_bearer = "bearer" in challenges.values()
    facts = replace(operation.facts, schemes=fact)
    return replace(operation, bearer=takes_bearer, challenged=True, facts=facts)


def with_security(operation: Operation, here: Seen, known: Known) -> Operation:
    """Return an operation that asks for credentials, as it was seen to, or as other requests to its path were."""
    fact = asked_for(operation, here, known)
    if fact is None:
        return operation
    return replace(operation, security=fact.value, facts=replace(operation.facts, security=fact))


def asked_for(operation: Operation, here: Seen, known: Known) -> Fact[Alternatives] | None:
    """Return which credentials an operation asks for; None where none were seen or can be guessed."""
    if here.scheme:
        what = f"{operation.id} answers 401 without credentials"
        return Fact(({here.scheme: ()},), Origin.CONFIRMED, what)
    if here.statuses:
        return None  # it was asked without credentials, and did not ask for any
    if operation.path in known.secured:
        what = f"other requests to {operation.path} get 401 without credentials, so {operation.id} may ask for them too"
        return Fact(({known.secured[operation.path]: ()},), Origin.GUESSED, what)
    scheme = next(iter(known.seen.challenges), "")
    if scheme and is_called_for_people(operation):
        what = f"{operation.id} is called as what only users may, and 401 elsewhere asks for credentials"
        return Fact(({scheme: ()},), Origin.GUESSED, what)
    return None


def is_called_for_people(operation: Operation) -> bool:
    """Tell whether an operation that nobody may try is called as if it needed credentials: a log-out, or one for admins."""
    words = [plain(each) for each in segments(operation.path)]
    is_for_admins = not {"admin", "admins"}.isdisjoint(words)
    ends_a_session = words[-1:] in (["logout"], ["signout"])
    return operation.method in WRITES and (is_for_admins or ends_a_session)


def with_admins(operation: Operation, here: Seen, known: Known) -> Operation:
    if not here.for_admins or not operation.secured:
        return operation
    what = f"{operation.id} answers 403 to an ordinary user"
    fact = Fact(Access(("admin",), declared_refusal=403), Origin.GUESSED, what)
    return replace(operation, facts=replace(operation.facts, access=fact))


def with_statuses(operation: Operation, here: Seen, known: Known) -> Operation:
    wanted = {401: not known.said.unauthorized, 404: not known.said.not_found}
    statuses = frozenset(status for status in here.statuses if wanted.get(status))
    if not statuses:
        return operation
    shown = " and ".join(map(str, sorted(statuses)))
    fact = Fact(statuses, Origin.CONFIRMED, f"{operation.id} was seen to answer {shown}")
    return replace(operation, facts=replace(operation.facts, statuses=fact))


def with_tags(operation: Operation, here: Seen, known: Known) -> Operation:
    if operation.path not in known.tagged:
        return operation
    origin = Origin.CONFIRMED if here.has_tag else Origin.GUESSED
    fact = Fact(value=True, origin=origin, evidence=f"GET {operation.path} answers with an ETag")
    return replace(operation, facts=replace(operation.facts, versions=fact))


def with_problems(operation: Operation, here: Seen, known: Known) -> Operation:
    if not known.seen.has_problems:
        return operation
    fact = Fact(value=True, origin=Origin.CONFIRMED, evidence=f"errors of the service come as {PROBLEM}")
    return replace(operation, facts=replace(operation.facts, problems=fact))


def with_policies(operation: Operation, here: Seen, known: Known) -> Operation:
    if not here.policies:
        return operation
    named = ", ".join(each.name for each in here.policies)
    what = f"RateLimit-Policy of {operation.id} announces {named}; by whom requests are counted is a guess"
    fact = Fact(here.policies, Origin.GUESSED, what)
    return replace(operation, policies=here.policies, facts=replace(operation.facts, policies=fact))


def with_origins(operation: Operation, here: Seen, known: Known) -> Operation:
    if here.groups is None:
        return operation
    what = f"a preflight of {operation.method} {operation.path} allows {', '.join(here.groups)}"
    fact = Fact(here.groups, Origin.CONFIRMED, what)
    return replace(operation, origins=here.groups, facts=replace(operation.facts, origins=fact))


def with_cache(operation: Operation, here: Seen, known: Known) -> Operation:
    if here.cache is None or operation.method != "GET":
        return operation
    fact = Fact(here.cache, Origin.CONFIRMED, f"answers of {operation.id} say that they come from a cache")
    return replace(operation, cache=here.cache, facts=replace(operation.facts, cache=fact))


def with_health(operations: Iterable[Operation], said: Said) -> list[Operation]:
    """Return operations of which those are health checks that are called so, where no tag names any."""

    def guessed(operation: Operation) -> Operation:
        words = [plain(each) for each in segments(operation.path)]
        is_called_so = operation.method == "GET" and not operation.path_parameters and bool({*words[-2:]} & {*HEALTH})
        if said.health or not is_called_so:
            return operation
        fact = Fact(value=True, origin=Origin.GUESSED, evidence=f"{operation.path} is called as a health check is")
        return replace(operation, facts=replace(operation.facts, health=fact))

    return [guessed(each) for each in operations]
