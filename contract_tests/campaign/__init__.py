"""The campaign: generated requests against every operation, judged by schemathesis and by our invariants."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from ..document import Document
from ..operation import Operation
from ..rule import Rule
from .engine import Pass, Tuning, prepare_generators, run_pass
from .evidence import CampaignResult, Recorder
from .identities import Account, LiveToken, forget_identities
from .journeys import journeys

__all__ = ["Account", "CampaignResult", "run_campaign"]

GENERATED = ("coverage", "fuzzing")
Progress = Callable[[str, int], None]


class Accounts(Protocol):
    """Whom the campaign may act as; `throw_away` opens a fresh account that may be used up."""

    @property
    def a(self) -> Account: ...
    @property
    def b(self) -> Account: ...
    @property
    def admin(self) -> Account | None: ...
    def throw_away(self) -> Account: ...


def run_campaign(
    document: Document,
    base_url: str,
    accounts: Accounts,
    *,
    seed: int,
    examples: int,
    work_dir: Path,
    invariants: Iterable[Rule],
    progress: Progress = lambda what, cases: None,
    operations: Collection[str] | None = None,
) -> CampaignResult:
    """
    Run every pass against a target and return what was found, counted and observed.

    `base_url` is the target's origin, with or without the document's base path. `examples` is how
    many cases Hypothesis may make for each operation in the main pass. Operations that use up the
    account of their caller run last, on throw-away accounts.
    """
    known = tokens(accounts)
    recorder = Recorder(document, list(invariants), known)
    every = {operation.id for operation in document.operations}
    wanted = every if operations is None else every & set(operations)
    consuming = {operation.id for operation in document.operations if uses_up_account(operation)}
    tuning = Tuning(document, with_base_path(base_url, document), seed, examples, Path(work_dir))

    prepare_generators(tuning.work_dir)
    signed_in = identities(accounts)
    live = LiveToken(accounts.throw_away, known)
    passes = [
        Pass("examples", ("examples",), frozenset(wanted - consuming), identities=signed_in),
        Pass("examples, throw-away accounts", ("examples",), frozenset(wanted & consuming), live=live),
        Pass("signed in", GENERATED, frozenset(wanted - consuming), identities=signed_in),
        Pass("anonymous", ("fuzzing",), frozenset(wanted)),
        Pass("throw-away accounts", GENERATED, frozenset(wanted & consuming), live=live),
    ]
    # Runs of their own: what earlier phases saw would be drawn again, and a unique value conflicts with itself.
    # Whole journeys, even if only one of their operations was asked for: the others lead to it.
    for journey in journeys(document, every - consuming):
        passes.append(Pass("signed in", ("stateful",), journey, identities=signed_in))
    for journey in journeys(document, every & consuming):
        passes.append(Pass("throw-away accounts", ("stateful",), journey, live=live))
    try:
        for this in passes:
            if this.operations & wanted:
                run_pass(tuning, this, recorder, progress)
    finally:
        forget_identities(tuning.work_dir)
    return recorder.result()


def uses_up_account(operation: Operation) -> bool:
    """The operation reads or writes the caller's own account, or ends the session it is called in."""
    return (operation.auth_role or {}).get("role") in ("account", "log-out")


def identities(accounts: Accounts) -> dict[str, Account]:
    named = {"A": accounts.a, "B": accounts.b, "admin": accounts.admin}
    return {name: account for name, account in named.items() if account is not None}


def tokens(accounts: Accounts) -> dict[str, str]:
    """Return the shell variable that stands for each token in a report."""
    return {account.token: f"$TOKEN_{name.upper()}" for name, account in identities(accounts).items()}


def with_base_path(base_url: str, document: Document) -> str:
    bare = urlsplit(base_url).path in ("", "/")
    return base_url.rstrip("/") + (document.base_path if bare else "")
