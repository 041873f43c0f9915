"""The command: `bookplate [check] [TARGET]` checks a target and says what it found."""

import argparse
import datetime
import shlex
import sys
import time
from dataclasses import fields
from pathlib import Path

from .contract.document import Document
from .laws.catalogue import Catalogue, shipped_folder
from .laws.known_failures import expect
from .laws.verdict import exit_code, merged
from .options import Options, ended
from .run import Run
from .target.config import SetUpError
from .target.target import Target, find_config


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bookplate",
        usage="%(prog)s [check] [TARGET] [options]",
        description="Check that a running API keeps the promises of its OpenAPI document.",
        epilog="Exit codes: 0 conformant; 1 a MUST failed, or an expectation is stale; 2 set-up or suite error; "
        "3 a MUST that applies could not be checked.",
    )
    say = parser.add_argument
    say("target", nargs="?", help="import string, command with {port}, or URL (default impl:create_app)")
    say("--target", dest="named", metavar="TARGET", help="the same, by name")
    say("--config", metavar="FILE", help="the target's contract.toml")
    say("--document", metavar="FILE", help="the OpenAPI document, if not the one that contract.toml names")
    say("--overlay", metavar="FILE", help="an OpenAPI Overlay to lay over the document, such as one with x- keys")
    say("--rule", dest="rules", action="append", default=[], metavar="ID", help="check this rule only (repeatable)")
    say(
        "--operation",
        dest="operations",
        action="append",
        default=[],
        metavar="ID",
        help="check this operation only (repeatable)",
    )
    say(
        "--laws",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="check the laws of this folder too (repeatable)",
    )
    say("--group", help="check the rules of this group only, such as PAGE")
    say("--list", action="store_true", help="list the rules and where they apply, and touch no target")
    say("--fast", action="store_true", help="the same rules at few operations, with fewer generated cases")
    say("--seed", type=int, default=1, help="seed of the generated cases (default 1)")
    say("--shuffle", dest="shuffled", type=int, metavar="N", help="play the experiments in another order, the Nth")
    say("--strict", action="store_true", help="let SHOULD count as MUST")
    say("--patience", type=float, default=60, metavar="S", help="wait up to this long for a limit (default 60)")
    say("--output", type=Path, default=Path("build/contract"), metavar="DIR", help="where reports go")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    given = parser().parse_args(arguments[1:] if arguments[:1] == ["check"] else arguments)
    return ended("bookplate", lambda: check(given))


def check(given: argparse.Namespace) -> int:
    name = given.named or given.target or "impl:create_app"
    config = find_config(name, given.config)
    document = Document.load(given.document or config.document, given.overlay or config.overlay)
    files = {each: vars(given)[each] for each in ("config", "document", "overlay") if vars(given)[each]}
    written = "".join(f" --{each} {shlex.quote(file)}" for each, file in files.items())
    asked = {each.name: vars(given)[each.name] for each in fields(Options) if each.name in given}
    options = Options(**{**asked, "target": name, "files": written})
    catalogue = Catalogue.load(shipped_folder(), *given.laws)
    refuse_unknown(options, document, catalogue)
    run = Run(options, document, config, Target(name, config, document), catalogue)
    return list_rules(run) if given.list else play(run, given)


def refuse_unknown(options: Options, document: Document, catalogue: Catalogue) -> None:
    groups = {rule.group for rule in catalogue}
    for rule in options.rules:
        if rule not in catalogue:
            raise SetUpError(f"there is no rule {rule}: --list shows all")
    for operation in options.operations:
        document.operation(operation)
    if options.group is not None and options.group not in groups:
        raise SetUpError(f"there is no group {options.group}: groups are {', '.join(sorted(groups))}")


def list_rules(run: Run) -> int:
    for rule in sorted(run.rules(), key=lambda rule: rule.id):
        where = "the document" if rule.kind == "document" else f"{len(run.operations(rule))} operations"
        print(f"{rule.id:<10} {rule.level:<6} {rule.text}\n{'':<17} {rule.kind}, {where}; {rule.source}")
    return 0


def play(run: Run, given: argparse.Namespace) -> int:
    """Try the laws on the target, write the reports and return the exit code."""
    started = time.monotonic()
    try:
        run.launch()
        # Importing schemathesis and pytest takes as long as a server takes to start.
        from .pytest_plugin import Findings
        from .report import Report

        report = Report(run.document, run.catalogue, given.output, seed=given.seed, target=run.options.target)
        run.progress = report.progress
        run.set_fuzzing_apart()
        findings = Findings(run).play()
    finally:
        run.stop()
    findings, stale = expect(merged(findings), run.config.expected, datetime.date.today())
    stale += (run.unobserved or ({}, []))[1]
    code = exit_code(findings, strict=given.strict, stale=bool(stale))
    report.finish(findings, run.known_fuzzing, stale=stale, code=code, seconds=time.monotonic() - started)
    return code
