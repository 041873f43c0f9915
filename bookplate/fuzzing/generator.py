"""The campaign: generated requests against every operation, judged by schemathesis and by our invariants."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.security import Carried
from ..laws.catalogue import Catalogue
from ..laws.generated import FuzzingResult
from ..wire.connection import SAFE_METHODS, Admission, Connection
from ..wire.outcomes import NotChecked, Violation
from ..wire.replicas import Replicas
from ..wire.script import SHORTEST_SECRET, Script
from ..wire.server_log import LogOf, nothing_printed
from ..wire.transport import probe
from .engine import Tuning, prepare_generators, run_pass
from .evidence import Recorder
from .guard import Guard
from .identities import CarefulToken, LiveToken, User, carried_to, credential_of, the_token_last
from .plan import WALK, Pass, is_kept_for_roles, is_own_account, plan, plan_for_role, uses_up
from .smallest_cases import SmallestCases

Progress = Callable[[str, int], None]


class Users(Protocol):
    """The users that generated requests may be sent as; a disposable one may be used up."""

    @property
    def owner(self) -> User: ...
    @property
    def stranger(self) -> User: ...
    def find(self, role: str) -> User | None: ...
    def disposable(self) -> User: ...


@dataclass(frozen=True)
class Scope:
    """
    How much is generated.

    `examples` is how many cases Hypothesis may make for each operation in the main pass; `operations` are those asked
    for, None means all. A failure of the law `enough` ends it; `brief` leaves out a case for each boundary. No report
    shows the values of `secret_headers`. The `guard` looks after the users. The `script` has what failures have to send
    first, and `log_of` what servers print. Requests go to the `replicas` in turn. Nobody looks for the smallest request of failures that are `expected`.
    """

    seed: int
    examples: int
    operations: Collection[str] | None = None
    enough: str = ""
    brief: bool = False
    secret_headers: Mapping[str, str] = field(default_factory=dict)
    guard: Guard = field(default_factory=Guard)
    script: Script | None = None
    log_of: LogOf = nothing_printed
    replicas: Replicas | None = None
    expected: Collection[str] = ()


def run_fuzzing(
    document: Document,
    base_url: str,
    users: Users,
    catalogue: Catalogue,
    work_dir: Path,
    scope: Scope,
    progress: Progress = lambda what, cases: None,
    admission: Admission | None = None,
) -> FuzzingResult:
    """
    Run every pass against a target and return what was found, counted and observed.

    `base_url` is the target's origin, with or without the document's base path; `work_dir` holds the generator's files.
    `admission` is asked before each request, and ends the work where it lets none out any more. Operations that need a
    request that it never lets out are left.
    """
    guard = scope.guard
    admission = admission or Admission(Connection())
    read_only = admission.connection.read_only
    asked = [o for o in document.operations if scope.operations is None or o.id in scope.operations]
    readable = [o for o in asked if not o.unreadable and (not read_only or o.method in SAFE_METHODS)]
    wanted = {o.id: o for o in readable if o.id not in guard.left_out}
    target = with_base_path(base_url, document)
    addresses = scope.replicas.urls if scope.replicas is not None else (target,)
    callers = Callers.of(users, wanted.values(), scope.secret_headers)
    recorder = Recorder(
        document,
        catalogue,
        callers.known,
        scope.enough,
        lambda: not all(is_answering(address, admission) for address in addresses),
        guard.look,
        scope.script,
        scope.log_of,
    )
    url = target.removesuffix(document.base_path) if document.has_own_servers else target
    tuning = Tuning(document, url, scope.seed, scope.examples, Path(work_dir), scope.brief, admission)
    tuning = replace(tuning, log_of=scope.log_of, replicas=scope.replicas)
    campaign = Campaign(target, wanted, callers, tuning, recorder, progress, guard)
    if not scope.enough:
        campaign.smallest = SmallestCases(
            recorder,
            recorder.operations,
            admission,
            lambda operation: asked_of(operation, document),
            lambda: {**recorder.secrets, **callers.known},
            lambda operation: uses_up(operation) or guard.ends(operation),
            guard.left_out,
            scope.expected,
            scope.log_of,
            lambda what: progress(what, recorder.total),
        )
    prepare_generators(tuning.work_dir)
    leave_out_the_rest(asked, wanted, guard.left_out, recorder)
    recorder.counted.unsigned = unsigned(wanted.values(), callers.everybody.values())

    # What is too slow for the time of the run comes behind what is not.
    slow = [name for name in wanted if name in document.seen.slow]
    for some in filter(None, ([name for name in wanted if name not in slow], slow)):
        campaign.run(some)

    if not recorder.has_enough:
        recorder.judge_claims(admission)
    recorder.counted.unfinished = recorder.counted.unfinished or admission.closed
    return recorder.result()


@dataclass
class Callers:
    """
    Who sends generated requests: `people` are A and B, `holders` have a role each, and `everybody` are all of them.

    `known` has the name that stands in reports for each of their secrets, and for the values of `secret_headers`.
    """

    users: Users
    people: dict[str, User]
    holders: tuple[str, ...]
    everybody: dict[str, User]
    secret_headers: Mapping[str, str]
    known: dict[str, str]

    @classmethod
    def of(cls, users: Users, wanted: Iterable[Operation], secret_headers: Mapping[str, str]) -> "Callers":
        """Return those who can sign; of roles, those that some operation asks for."""
        people = {name: each for name, each in (("A", users.owner), ("B", users.stranger)) if each.has_credentials}
        roles = dict.fromkeys(role for operation in wanted for role in operation.roles)
        holders = {role: holder for role in roles if (holder := users.find(role)) is not None}
        everybody = people | holders
        known = names_of_secrets(everybody, secret_headers)
        return cls(users, people, tuple(holders), everybody, secret_headers, known)

    def sign_in_anew(self) -> None:
        """Let those sign from now on who are signed in now."""
        sign_in_anew(self.people, self.everybody, self.users)
        self.known.update(names_of_secrets(self.everybody, self.secret_headers))


class Campaign:
    """The passes over operations, with the callers and the rules of one run."""

    def __init__(
        self,
        target: str,
        wanted: Mapping[str, Operation],
        callers: Callers,
        tuning: Tuning,
        recorder: Recorder,
        progress: Progress,
        guard: Guard,
    ) -> None:
        self.target = target
        self.wanted = wanted
        self.callers = callers
        self.tuning = replace(tuning, look_after_users=self.look_after_users, left_out=guard.left_out.keys())
        self.recorder = recorder
        self.progress = progress
        self.guard = guard
        self.live = LiveToken(callers.users.disposable, callers.known, None)
        self.smallest: SmallestCases | None = None

    def look_after_users(self) -> bool:
        """Let those sign from now on who are signed in, where somebody was ended; return whether somebody was."""
        is_changed = self.guard.look_after_users()
        if is_changed:
            self.callers.sign_in_anew()
        self.recorder.counted.unfinished = self.recorder.counted.unfinished or self.guard.closed()
        return is_changed

    def run(self, some: Collection[str]) -> None:
        """Run every pass over some of the wanted operations."""
        document, callers = self.tuning.document, self.callers
        for this in plan(document, callers.everybody, callers.people, self.live, self.guard.ends):
            # Which operation needs it may be found out by a pass.
            self.live.asking = next((o for o in document.operations if uses_up(o) or self.guard.ends(o)), None)
            self.run_pass(this, some)
        for role in callers.holders:
            self.run_as(role, some)

    def run_as(self, role: str, some: Collection[str]) -> None:
        """Run the passes that are left for the holder of a role."""
        document, callers = self.tuning.document, self.callers
        kept = [name for name in some if is_kept_for(role, self.wanted[name], callers.holders)]
        with leaving_out(kept, self.recorder):
            signs = signs_as(role, document, self.target, callers.users, callers.everybody, callers.known)
            if signs and kept:
                for this in plan_for_role(document, role, kept, signs):
                    self.run_pass(this, some)

    def run_pass(self, this: Pass, some: Collection[str]) -> None:
        """Run a pass, and look for the smallest requests that show what it has found, while things are as they were."""
        run_narrowed(self.tuning, this, some, self.recorder, self.progress, self.guard)
        if self.smallest is not None and not (self.recorder.has_enough or self.tuning.admission.closed):
            self.smallest.find()


def asked_of(operation: Operation, document: Document) -> list[Carried]:
    """Return where the credentials stand that an operation asks for; none where it can be called without."""
    return carried_to(operation, document) if operation.secured else []


def sign_in_anew(people: dict[str, User], everybody: dict[str, User], users: Users) -> None:
    """Put whoever is signed in now in the place of those who were."""
    now = {name: users.find(name) for name in everybody if name not in ("A", "B")}
    now |= {"A": users.owner, "B": users.stranger}
    for group in (people, everybody):
        for name in [*group]:
            user = now[name]
            if user is not None and user.has_credentials:
                group[name] = user
            else:
                del group[name]


def unsigned(operations: Iterable[Operation], people: Collection[User]) -> list[str]:
    """Return the ids of the operations that ask for credentials of which none of these people has any to show."""
    asking = [operation for operation in operations if operation.secured]
    return [each.id for each in asking if not any(credential_of(person, each) for person in people)]


def is_answering(url: str, admission: Admission) -> bool:
    """Tell whether the target still answers anything at all."""
    with probe(admission.connection) as answers:
        return answers(url)


def names_of_secrets(people: Mapping[str, User], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that stands in reports for each secret of these people, and for values of header fields."""
    found = {value: f"$HEADER_{number}" for number, value in enumerate(headers.values(), 1)}
    for name, user in people.items():
        found |= dict.fromkeys(the_token_last(user), f"$TOKEN_{name.upper()}")
    return {text: name for text, name in found.items() if len(text) >= SHORTEST_SECRET}


def is_kept_for(role: str, operation: Operation, holders: Collection[str]) -> bool:
    """Tell whether an operation is called by the holder of a role alone: by the first one whom it admits."""
    return is_kept_for_roles(operation) and role == next((each for each in operation.roles if each in holders), None)


def signs_as(
    role: str, document: Document, target: str, users: Users, everybody: Mapping[str, User], known: dict[str, str]
) -> LiveToken | None:
    """
    Return what signs as the holder of a role, and does to a stand-in what would harm people, where an account can be read.

    None where nobody has the role, or nobody could stand in; NotChecked where accounts cannot be read.
    """
    holder, asking = everybody.get(role), next(filter(is_kept_for_roles, document.operations), None)
    own = next(filter(is_own_account, document.operations), None)
    if holder is None:
        return None
    if own is None:
        return LiveToken(lambda: holder, known, asking)
    try:
        stand_in = users.disposable()
    except (NotChecked, Violation):
        return None
    try:
        return CarefulToken(holder, everybody.values(), stand_in, (target + own.path, own), known, asking)
    except (OSError, ValueError) as problem:  # the errors of requests are OSErrors
        reason = f"an {role} could change people whose accounts cannot be read: {problem}"
        raise NotChecked(reason) from problem


def leave_out_the_rest(
    asked: Collection[Operation], wanted: Collection[str], left_out: Mapping[str, str], recorder: Recorder
) -> None:
    """Note why some of the operations that are asked for are not called."""
    for operation in asked:
        if operation.id in left_out:
            recorder.leave_out([operation.id], NotChecked(left_out[operation.id]))
        elif operation.unreadable:
            recorder.leave_out([operation.id], NotChecked(operation.unreadable))
        elif operation.id not in wanted:
            recorder.leave_out([operation.id], NotChecked(f"--read-only: it needs a {operation.method}"))


@contextmanager
def leaving_out(operation_ids: Collection[str], recorder: Recorder) -> Iterator[None]:
    """Leave operations out, with the reason, where something that they need cannot be had."""
    try:
        yield
    except NotChecked as problem:
        recorder.leave_out(operation_ids, problem)


def run_narrowed(
    tuning: Tuning, this: Pass, wanted: Collection[str], recorder: Recorder, progress: Progress, guard: Guard
) -> None:
    """
    Run a pass for the operations asked for; journeys whole, for what is not asked for leads to what is.

    No pass calls what is left out, and none calls as a user whom others need what has ended such a user.
    """
    operations = this.operations - guard.left_out.keys()
    if this.identities:
        operations -= {o.id for o in recorder.document.operations if guard.ends(o)}
    this = replace(this, operations=operations)
    some = this.operations & frozenset(wanted)
    if tuning.admission.closed:
        recorder.leave_out(some, NotChecked(tuning.admission.closed))
        return
    if not some or recorder.has_enough:
        return
    if this.signs is not None and not this.signs.is_ready():
        recorder.leave_out(some, NotChecked(this.signs.gave_up_because))
        return
    # What leads to an operation by a journey may write.
    is_whole = this.phases == WALK and not tuning.admission.connection.read_only
    run_pass(tuning, this if is_whole else replace(this, operations=some), recorder, progress)


def with_base_path(base_url: str, document: Document) -> str:
    bare = urlsplit(base_url).path in ("", "/")
    return base_url.rstrip("/") + (document.base_path if bare else "")
