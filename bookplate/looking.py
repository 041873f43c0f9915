"""A look at the service before laws are collected, where its document leaves unsaid what some of them need."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from .contract.document import Document
from .contract.extensions import CacheTerms, Policy
from .contract.inference import Said
from .contract.operation import Operation
from .contract.seen import Seen, SeenService
from .fixtures.session import Session
from .inference.look import FEWEST_REQUESTS, SHARE_OF_AN_ANSWER, Look
from .laws.law import DocumentLaw, Law
from .laws.observer import Observer
from .run import Run

# What an operation may show at best, whichever it is; of origins only where the settings name some.
BEST = Seen(
    statuses=(401, 404),
    scheme="bearer",
    policies=(Policy("any", 1, 1, "address"),),
    cache=CacheTerms(1),
    has_tag=True,
)


def look_at_service(run: Run) -> Look | None:
    """
    Learn from the answers of the target what the document does not say, and return the look.

    It sends GET and OPTIONS, as nobody and as user A. Where the run may write, it also signs in, and sends writes that
    have to be refused. Nothing is sent where no chosen law needs it; then None is returned.
    """
    if not looks(run):
        return None
    run.launch_all()
    session = passing_session(run)
    look = Look(session, run.document.said)
    try:
        look.look_at_reads()
    finally:
        session.client.close()
    run.learn(look.seen())
    look.session = run.experiments
    look.look_as_user()
    run.learn(look.seen())
    look.learn_pages()
    shown = ", ".join(shown_by(run.document))
    if shown:
        run.messages.say(f"{look.sent} requests before the laws have shown what the document does not say: {shown}")
    return look


def looks(run: Run) -> bool:
    """Tell whether a run looks at its service at all: it may send enough, and a law could gain by it."""
    most = run.options.max_requests
    has_few = most is not None and most < FEWEST_REQUESTS
    return not has_few and not run.admission.closed and is_worth_it(run)


def is_worth_it(run: Run) -> bool:
    """Tell whether a law that is asked for could apply somewhere only by what answers may show."""
    said = run.document.said
    if said.is_everything:
        return False
    best = imagined(run.document, tuple(run.config.origins))
    known = {each.id: each for each in run.document.operations}
    laws = [law for law in run.laws() if not isinstance(law, DocumentLaw)]
    return bool(laws) and (signs_in(run, said) or any(gains(law, best, known) for law in laws))


def gains(law: Law, best: Document, known: Mapping[str, Operation]) -> bool:
    """Tell whether a law applies to an operation of which the most is known, and not as it is known now."""
    return any(law.applies(each) and not law.applies(known[each.id]) for each in best.operations)


def signs_in(run: Run, said: Said) -> bool:
    """Tell whether people sign in and the document does not say where credentials are asked for: all else hangs on that."""
    return not said.security and (bool(run.config.accounts) or any(each.role for each in run.document.operations))


def imagined(document: Document, groups: tuple[str, ...]) -> Document:
    """Return the document as it would be known if each operation had shown the most that it can."""
    shown = replace(BEST, groups=groups or None)
    operations = {each.id: shown for each in document.operations}
    return document.if_seen(SeenService({"bearer": "bearer"}, operations, has_problems=True))


def passing_session(run: Run) -> Session:
    """Return a session for reads alone, which judges nothing and leaves nothing behind, and waits for no slow answer."""
    budget = run.options.time_budget
    launched = run.target.ready("experiments")
    return Session(
        launched,
        run.document,
        run.config,
        Observer(run.document, []),
        patience=0,
        admission=run.admission,
        left_out=run.left_out,
        timeout=None if budget is None else budget * SHARE_OF_AN_ANSWER,
    )


def shown_by(document: Document) -> Iterator[str]:
    """Yield in a few words what was learnt, and of how many operations."""
    kinds = {
        "security": "credentials are asked for at {}",
        "policies": "limits are announced at {}",
        "origins": "web pages may call {}",
        "versions": "ETags at {}",
        "problems": "errors are problems (RFC 9457)",
        "cache": "a cache answers {}",
    }
    for name, text in kinds.items():
        count = counted(document, name)
        if count:
            yield text.format(f"{count} operation{'' if count == 1 else 's'}")


def counted(document: Document, name: str) -> int:
    return sum(getattr(each.facts, name) is not None for each in document.operations)
