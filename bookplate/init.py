"""The command `bookplate init URL`: writes what is known of a service, for a person to confirm."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from .arguments import CONNECTION, IDENTITY, RUN_OPTIONS, Parser
from .fixtures.keyring import how_to_give_any
from .inference.overlay import Entry, entries_of, overlay_text, quoted
from .inference.pages import try_pages
from .inference.unsaid import open_questions
from .looking import look_at_service
from .options import Options, ended
from .planning import plan
from .run import Run
from .target.config import SetUpError
from .target.settings_file import NAME
from .target.target import is_url

COMMAND = "bookplate init"
OVERLAY = "bookplate.overlay.yaml"
ALSO = ("--document", "--wait-for-service")


def init(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; return 0, or 2 where something has to be mended first."""
    given = parser().parse_args(arguments)
    return ended(COMMAND, lambda: write(given))


def parser() -> Parser:
    parser = Parser(
        prog=COMMAND,
        description=f"Write {OVERLAY} and {NAME} for a service: what reads confirm, what names let guess, and what is open.\n"
        "It sends GET and OPTIONS alone. `bookplate check URL` takes the two files as they are.",
    )
    parser.add_argument("target", metavar="URL", help="where the service answers")
    parser.add_argument("--force", action="store_true", help="overwrite the files")
    parser.set_defaults(laws=[], read_only=True)
    for option in RUN_OPTIONS:
        if option.group in (IDENTITY, CONNECTION) or option.names[0] in ALSO:
            option.add(parser.group_titled)
    return parser


def write(given: argparse.Namespace) -> int:
    """Ask the service, write the files, and say what they have."""
    if not is_url(given.target):
        raise SetUpError(
            f"'{given.target}' is no address: give the one where the service answers, such as http://127.0.0.1:8000"
        )
    refuse_to_overwrite(is_forced=given.force)
    run = plan(Options.of(given), lays_over=False)
    try:
        look = look_at_service(run)
        for tried in try_pages(run.experiments):
            tried.operation.learn_pages(tried.fact, "" if tried.fact else tried.message)
    finally:
        run.stop()
    entries = list(entries_of(run.document))
    questions = list(open_questions(run.document, look))
    Path(OVERLAY).write_text(overlay_text(run.document, entries, questions), encoding="utf-8")
    Path(NAME).write_text("\n".join(settings_of(run)) + "\n", encoding="utf-8")
    tell(entries, questions, given.target)
    return 0


def refuse_to_overwrite(*, is_forced: bool) -> None:
    known = [name for name in (OVERLAY, NAME) if Path(name).exists()]
    if known and not is_forced:
        raise SetUpError(f"{' and '.join(known)} would be overwritten: say --force if that is meant, or move it away")


def tell(entries: list[Entry], questions: list[str], target: str) -> None:
    confirmed = sum(each.is_confirmed for each in entries)
    print(f"{OVERLAY}: {confirmed} confirmed, {len(entries) - confirmed} guessed, {len(questions)} open")
    print(f"{NAME}: says what a check reads")
    print(f"read both, remove the # of what is right, and then: bookplate check {target}")


def settings_of(run: Run) -> Iterator[str]:
    """Yield the lines of the settings file."""
    title = " ".join(run.document.info.title.split()) or run.options.target
    yield f"# The settings of {title} for Bookplate. Paths are relative to this file."
    if run.options.found is None:
        yield f"document = {quoted(run.document.location)}"
    else:
        yield f"# The document is the one that the service shows, as at {run.options.found}."
    yield f'overlay = "{OVERLAY}"'
    yield ""
    yield "# disposable = true    # it may be written to, deleted from and flooded, although it is not on this machine"
    yield '# hosts = ["staging.example.com"]    # hosts that a run with --read-only may go to'
    asked = [each.security for each in run.document.operations if each.secured]
    if not asked:
        return
    yield ""
    yield '# Users for what asks for credentials, where nobody can sign up. A secret stays in the environment: "$NAME".'
    yield "# [accounts]"
    for name in ("a", "b", "admin"):
        yield f"# {how_to_give_any(run.document.security, asked[0], name)}"
