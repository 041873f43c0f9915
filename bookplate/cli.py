"""The command: `bookplate [check] [TARGET]` checks a target and says what it found."""

import argparse
import datetime
import sys
import time
from pathlib import Path

from . import __version__
from .explain import explain
from .gate.diff import diff
from .gate.lint import lint
from .laws.known_failures import expect
from .laws.law import DocumentLaw
from .laws.verdict import exit_code, merged
from .options import DEFAULT, REFERENCE, Options, add_run_options, ended
from .planning import plan
from .run import Run

COMMANDS = {"explain": explain, "lint": lint, "diff": diff}


def parser() -> argparse.ArgumentParser:
    """Return the parser of `bookplate check`."""
    parser = argparse.ArgumentParser(
        prog="bookplate",
        usage="%(prog)s [check] [TARGET] [options]\n       %(prog)s explain RULE\n"
        "       %(prog)s lint [DOCUMENT]\n       %(prog)s diff OLD NEW",
        description="Check that a running API keeps the promises of its OpenAPI document. "
        "`explain` says what a rule is about; `lint` and `diff` read documents alone.",
        epilog="Exit codes: 0 conformant; 1 a MUST failed, or an expectation is stale; 2 set-up or suite error; "
        "3 a MUST that applies could not be checked.",
    )
    parser.add_argument("named", nargs="?", metavar="TARGET", help=f"the same as --target ({DEFAULT})")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    add_run_options(parser.add_argument)
    parser.add_argument("--list", action="store_true", help="list the laws and where they apply, and touch no target")
    parser.add_argument("--strict", action="store_true", help="let SHOULD count as MUST")
    parser.add_argument("--output", type=Path, default=Path("build/contract"), metavar="DIR", help="where reports go")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    given = parser().parse_args(arguments[1:] if arguments[:1] == ["check"] else arguments)
    # A list of laws needs no target; the default one is only where its document would stand.
    given.target = given.target or given.named or (REFERENCE if given.list else None)
    return ended("bookplate", lambda: work(given))


def work(given: argparse.Namespace) -> int:
    """Do what was asked for and return the exit code."""
    run = plan(Options.of(given))
    return list_laws(run) if given.list else check(run, given)


def list_laws(run: Run) -> int:
    """Print each law with where it applies."""
    for law in sorted(run.laws(), key=lambda law: law.id):
        where = "the document" if isinstance(law, DocumentLaw) else f"{len(run.operations(law))} operations"
        print(f"{law.id:<10} {law.level:<6} {law.text}\n{'':<17} {law.kind}, {where}; {law.source}")
    return 0


def check(run: Run, given: argparse.Namespace) -> int:
    """Try the laws on the target, write the reports and return the exit code."""
    started = time.monotonic()
    run.files = given.output / "work"
    try:
        run.launch(law for law in run.laws() if run.operations(law))
        # Importing schemathesis and pytest takes as long as a server takes to start.
        from . import checking
        from .report import Report

        report = Report(run.document, run.catalogue, given.output, seed=given.seed, target=run.options.target)
        run.progress = report.progress
        findings = checking.check(run)
    finally:
        run.stop()
    findings, stale = expect(merged(findings), run.config.expected, datetime.date.today())
    stale += (run.unobserved or ({}, []))[1]
    code = exit_code(findings, strict=given.strict, stale=bool(stale))
    report.finish(findings, run.known_fuzzing, stale=stale, code=code, seconds=time.monotonic() - started)
    return code
