"""The command: `bookplate [check] [TARGET]` checks a target and says what it found."""

import argparse
import datetime
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from . import __version__
from .arguments import COMMAND_OPTIONS, Parser, add_run_options, count, has_colour, readable
from .baseline import Baseline
from .clean import clean
from .contract.document import Document
from .contract.notices import notice_lines
from .explain import explain
from .gate.diff import diff
from .gate.lint import lint
from .init import init
from .laws.known_failures import expect, lowered
from .laws.law import DocumentLaw
from .laws.verdict import CONFORMANT, SET_UP_ERROR, UNCHECKED, Finding, exit_code, merged
from .options import DEFAULT, INTERRUPTED, REFERENCE, Options, ended, shown, targets_of
from .output import kept
from .planning import plan
from .rehearsal import rehearsed
from .reports import report
from .run import Run
from .serve import serve

if TYPE_CHECKING:  # importing jinja2 takes long
    from .report.comparison import Earlier

NOTHING = "the document has no operations: nothing can be checked"
COMMANDS = {
    "clean": clean,
    "diff": diff,
    "explain": explain,
    "init": init,
    "lint": lint,
    "report": report,
    "serve": serve,
}
BASELINE = "baseline"
EXAMPLES = """examples:
  bookplate http://127.0.0.1:8000                          finds the document by itself
  bookplate http://127.0.0.1:8000 --document openapi.json
  bookplate "./server --port {port}" --fast
  bookplate http://127.0.0.1:8000 --group page --include 'method:GET path:/books/*' --exclude tag:internal
  bookplate https://staging.example.com --read-only        needs hosts = ["staging.example.com"] in the settings
  bookplate http://127.0.0.1:8000 --dry-run                says what would be written, deleted and flooded
  bookplate init http://127.0.0.1:8000                     writes what is known of a service, to be confirmed
  bookplate baseline http://127.0.0.1:8000                 expects today's failures for 90 days

exit codes: 0 conformant; 1 a MUST failed, or an expectation is stale; 2 set-up or suite error;
            3 a MUST that applies could not be checked, or too little was seen; 130 interrupted"""


def parser() -> Parser:
    """Return the parser of `bookplate check`."""
    parser = Parser(
        prog="bookplate",
        usage="%(prog)s [check] [TARGET] [options]\n       %(prog)s baseline [TARGET] [options]\n"
        "       %(prog)s init URL [options]\n       %(prog)s clean [OUTPUT]\n       %(prog)s explain RULE\n"
        "       %(prog)s serve [TARGET] [options]\n       %(prog)s lint [DOCUMENT]\n       %(prog)s diff OLD NEW\n"
        "       %(prog)s report write|merge|compare FILE ...",
        description="Check that a running API keeps the promises of its OpenAPI document. `baseline` expects today's\n"
        "failures, `init` writes the settings for a service, `clean` deletes what a run has left, `explain` says what\n"
        "a rule is about, `serve` starts a target for the scripts of failures, `lint` and `diff` read documents alone,\n"
        "`report` works with the reports of runs.",
        epilog=EXAMPLES,
    )
    add_options(parser)
    return parser


def baseline_parser() -> Parser:
    """Return the parser of `bookplate baseline`: that of a check, and what is written of its failures."""
    parser = Parser(
        prog=f"bookplate {BASELINE}",
        description="Check a target, and write each failure into the settings as expected until a date.\n"
        "The next check then fails for what is new alone. Comments of the settings file are kept.",
    )
    add_options(parser)
    add = parser.group_titled("baseline")
    add(
        "--days", type=readable(count, "whole number above zero"), default=90, metavar="N", help="how long (default 90)"
    )
    add("--reason", metavar="TEXT", help="the reason that is written with each (default: what the rule says)")
    return parser


def add_options(parser: Parser) -> None:
    parser.add_argument("named", nargs="?", metavar="TARGET", help=f"the same as --target ({DEFAULT})")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    add_run_options(parser.group_titled)
    for each in COMMAND_OPTIONS:
        each.add(parser.group_titled)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    command_line = shown(arguments)
    if arguments[:1] == [BASELINE]:
        given = baseline_parser().parse_args(arguments[1:])
        given.command_line = command_line
        return ended(f"bookplate {BASELINE}", lambda: expect_failures(given))
    given = parser().parse_args(arguments[1:] if arguments[:1] == ["check"] else arguments)
    given.command_line = command_line
    if given.list and not targets_of(given):
        # A list of laws needs no target; the default one is only where its document would stand.
        given.target = [REFERENCE]
    return ended("bookplate", lambda: work(given))


def work(given: argparse.Namespace) -> int:
    """Do what was asked for and return the exit code."""
    options = Options.of(given)
    if not (given.quiet or given.list or given.dry_run):
        # To read a document and all laws takes longer than somebody waits without a word.
        print(f"{0:6.1f} s  reading the document and the laws", flush=True)
    run = plan(options)
    print_notices(run.document)
    if given.list:
        return list_laws(run)
    return rehearse(run) if given.dry_run else check(run, given)[1]


def print_notices(document: Document) -> None:
    """Say on the error stream what of a document is left unread, and whether there is nothing to check at all."""
    for line in notice_lines(document.notices):
        print(f"bookplate: {line}", file=sys.stderr)
    if not document.operations:
        print(f"bookplate: {document.location}: {NOTHING}", file=sys.stderr)


def list_laws(run: Run) -> int:
    """Print each law with where it applies."""
    for law in sorted(run.laws(), key=lambda law: law.id):
        where = "the document" if isinstance(law, DocumentLaw) else f"{len(run.operations(law))} operations"
        print(f"{law.id:<10} {law.level:<6} {law.text}\n{'':<17} {law.kind}, {where}; {law.source}")
    return 0


def rehearse(run: Run) -> int:
    """Print what a run would do to its target."""
    print("\n".join(rehearsed(run)))
    return 0


def expect_failures(given: argparse.Namespace) -> int:
    """Check a target and write what failed into its settings; return 0 where the next check has only that to expect."""
    run = plan(Options.of(given))
    today = datetime.date.today()
    until = today + datetime.timedelta(days=given.days)
    settings = Baseline(run.config.path, run.catalogue, until, given.reason or f"failed on {today}")
    settings.require_writable()
    findings, code = check(run, given)
    return code if code in (SET_UP_ERROR, INTERRUPTED) else settings.write(findings)


def check(run: Run, given: argparse.Namespace) -> tuple[list[Finding], int]:
    """Try the laws on the target and write the reports; return what was found and the exit code."""
    started = time.monotonic()
    earlier = earlier_run(given.compare)
    with kept(given.output) as output:
        run.files = output / "work"
        run.target.logs = output / "servers"
        try:
            run.launch(law for law in run.laws() if run.operations(law))
            from .report import Report
            from .report.terminal import Terminal

            colour = has_colour(given.color, is_terminal=sys.stdout.isatty())
            terminal = Terminal(sys.stdout, colour=colour, quiet=given.quiet)
            terminal.progress(f"{len(run.document.operations)} operations of {run.document.location}", 0)
            # Importing schemathesis and pytest takes as long as a server takes to start.
            from . import checking

            reports = Report(
                run.document,
                run.catalogue,
                output,
                seed=given.seed,
                target=run.options.target,
                terminal=terminal,
                command=given.command_line,
                settings=str(run.config.path or ""),
                earlier=earlier,
            )
            terminal.notify(run.notices)
            run.progress = reports.progress
            run.admission.on_wait = terminal.wait
            findings, is_interrupted = tried(run, checking)
        finally:
            run.stop()
        findings, stale = judged(run, findings)
        missing = [] if is_interrupted else run.judging.missing_evidence(findings)
        code = exit_code(
            findings, strict=given.strict, stale=bool(stale), strict_parts=given.strict_parts, missing=missing
        )
        if is_interrupted:
            code = INTERRUPTED
        if code == CONFORMANT and not run.document.operations:
            code = UNCHECKED
        reports.finish(
            findings,
            run.generation.known,
            stale=stale,
            missing=missing,
            notices=run.notices,
            is_whole=run.is_full,
            code=code,
            seconds=time.monotonic() - started,
        )
    return findings, code


def earlier_run(path: Path | None) -> "Earlier | None":
    """Return the run to compare with, before anything is sent; None where none is named."""
    if path is None:
        return None
    from .report.comparison import Earlier

    return Earlier.read(path)


def tried(run: Run, checking: ModuleType) -> tuple[list[Finding], bool]:
    """Let pytest try the laws; return what was found, and whether the user ended the run."""
    try:
        return checking.check(run), False
    except checking.Interrupted as interrupted:
        print("bookplate: interrupted: the reports say what was found by then", file=sys.stderr)
        return interrupted.findings, True


def judged(run: Run, findings: Iterable[Finding]) -> tuple[list[Finding], list[str]]:
    """Return the findings as the settings have them judged, and what of the settings is stale."""
    today = datetime.date.today()
    adjusted, expired = lowered(merged(findings), run.config.rules, today)
    adjusted, stale = expect(adjusted, run.config.expected, today)
    return adjusted, [*stale, *expired, *(run.judging.unobserved or ({}, []))[1]]
