"""The campaign: generated requests against every operation, judged by schemathesis and by our invariants."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from ..contract.document import Document
from ..contract.predicates import is_for_admins
from ..laws.catalogue import Catalogue
from ..laws.generated import FuzzingResult
from ..wire.connection import SAFE_METHODS, Admission, Connection
from ..wire.outcomes import NotChecked, Violation
from ..wire.transport import probe
from .engine import Tuning, prepare_generators, run_pass
from .evidence import Recorder
from .identities import CarefulToken, LiveToken, User, forget_identities
from .plan import WALK, Pass, allowed, is_own_account, plan, plan_for_admin

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
    for, None means all. A failure of the law `enough` ends it; `brief` leaves out a case for each boundary.
    """

    seed: int
    examples: int
    operations: Collection[str] | None = None
    enough: str = ""
    brief: bool = False


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
    `admission` is asked before each request, and ends the run where it lets none out any more.
    """
    admission = admission or Admission(Connection())
    read_only = admission.connection.read_only
    asked = [o for o in document.operations if scope.operations is None or o.id in scope.operations]
    wanted = {o.id: o for o in asked if not o.unreadable}
    if read_only:
        wanted = {name: operation for name, operation in wanted.items() if operation.method in SAFE_METHODS}
    target = with_base_path(base_url, document)
    origin = target.removesuffix(document.base_path)
    people = peers(users)
    needs_admin = any("admin" in allowed(operation) for operation in wanted.values())
    admin = obtained(lambda: users.find("admin")) if needs_admin else None
    everybody = people | ({"admin": admin} if admin else {})
    known = {user.token: f"$TOKEN_{name.upper()}" for name, user in everybody.items()}
    recorder = Recorder(document, catalogue, known, scope.enough, lambda: not is_answering(target, admission))
    url = origin if document.has_own_servers else target
    tuning = Tuning(document, url, scope.seed, scope.examples, Path(work_dir), scope.brief, admission)
    prepare_generators(tuning.work_dir)
    try:
        for this in plan(document, everybody, people, LiveToken(lambda: obtained(users.disposable), known)):
            run_narrowed(tuning, this, wanted, recorder, progress)
        if admin and any(is_for_admins(operation) for operation in wanted.values()):
            own = next((target + o.path for o in document.operations if is_own_account(o)), "")
            signs = LiveToken(lambda: admin, known)
            stand_in = obtained(users.disposable) if own else None
            if stand_in is not None:
                signs = CarefulToken(admin, everybody.values(), stand_in, own, known)
            for this in plan_for_admin(document, signs):
                run_narrowed(tuning, this, wanted, recorder, progress)
    finally:
        forget_identities(tuning.work_dir)
    return recorder.result()


def obtained(user: Callable[[], User | None]) -> User | None:
    """Return a user; None where there is none to be had, which the laws that need one report."""
    try:
        return user()
    except (NotChecked, Violation):
        return None


def is_answering(url: str, admission: Admission) -> bool:
    """Tell whether the target still answers anything at all."""
    with probe(admission.connection) as answers:
        return answers(url)


def run_narrowed(tuning: Tuning, this: Pass, wanted: Collection[str], recorder: Recorder, progress: Progress) -> None:
    """Run a pass for the operations asked for; journeys whole, for what is not asked for leads to what is."""
    some = this.operations & frozenset(wanted)
    if not some or recorder.has_enough or tuning.admission.closed:
        return
    # What leads to an operation by a journey may write.
    is_whole = this.phases == WALK and not tuning.admission.connection.read_only
    run_pass(tuning, this if is_whole else replace(this, operations=some), recorder, progress)


def peers(users: Users) -> dict[str, User]:
    """Return the users that sign requests, by name: two, unless they cannot be had."""
    found: dict[str, User] = {}
    for name in ("owner", "stranger"):
        user = obtained(partial(getattr, users, name))
        if user is not None and user.token:
            found["AB"[len(found)]] = user
    return found


def with_base_path(base_url: str, document: Document) -> str:
    bare = urlsplit(base_url).path in ("", "/")
    return base_url.rstrip("/") + (document.base_path if bare else "")
