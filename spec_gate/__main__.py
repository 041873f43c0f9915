"""The command: `python -m spec_gate` says what is wrong with the contract, and what changed since its last release."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bookplate.contract.document import Document
from bookplate.contract.lines import DocumentError
from bookplate.report.github import message_text, property_text

from .changes import Outcome, compare
from .finding import BREAKING, Finding, Missing, by_cause
from .linters import keep_laws, please_github, please_owasp, please_redocly, please_yamllint
from .versions import last_released

Check = Callable[[Document], Iterable[Finding]]
LINTERS: dict[str, Check] = {
    "laws": keep_laws,
    "yamllint": please_yamllint,
    "workflows": please_github,
    "redocly": please_redocly,
    "owasp": please_owasp,
}
CHANGES = "changes"
PROOFS = ("tests/spec", "tests/test_tutorial.py")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spec_gate",
        description="Check the contract itself, without a service: its laws, linters, and its changes.",
        epilog="Exit codes: 0 nothing to mend; 1 something to mend, or a version that has not moved; 2 something is missing.",
    )
    say = parser.add_argument
    say(
        "--only",
        action="append",
        choices=[*LINTERS, CHANGES],
        metavar="CHECK",
        help=f"{', '.join(LINTERS)} or {CHANGES}",
    )
    say("--document", type=Path, default=Path("openapi/openapi.yaml"), metavar="FILE", help="the contract")
    say(
        "--released",
        type=Path,
        default=Path("openapi/released"),
        metavar="DIR",
        help="the documents it is compared with",
    )
    say("--prove", action="store_true", help="prove the gate itself too, on seeded changes and on the tutorial")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    given = parser().parse_args(arguments)
    chosen = given.only or [*LINTERS, CHANGES]
    try:
        document = Document.load(given.document)
        faults = sum(lint(name, document) for name in LINTERS if name in chosen)
        if CHANGES in chosen:
            version, path = last_released(given.released)
            faults += tell(str(version), compare(Document.load(path), document))
        if given.prove:
            faults += subprocess.call([sys.executable, "-m", "pytest", *PROOFS, "--junit-xml=build/spec/junit.xml"])
        return min(faults, 1)
    except (Missing, DocumentError) as problem:
        print(f"spec_gate: {' '.join(str(problem).split())}", file=sys.stderr)
        return 2


def lint(name: str, document: Document) -> int:
    """Print what one linter finds, and return how much that is."""
    causes = by_cause(LINTERS[name](document))
    print(f"{name:<9} {f'{len(causes)} to mend' if causes else 'nothing to mend'}", flush=True)
    show(causes)
    return len(causes)


def tell(released: str, outcome: Outcome) -> int:
    """Print what changed since the release, and return how many faults the version has."""
    print(f"{CHANGES:<9} {outcome.verdict} since {released}")
    causes = by_cause(outcome.changes)
    show(causes, annotate=False)
    print(f"{'version':<9} {'to mend' if outcome.faults else 'is as it should be'}")
    show(by_cause(outcome.faults))
    return len(outcome.faults)


def show(causes: list[tuple[Finding, list[str]]], *, annotate: bool = True) -> None:
    for finding, operations in causes:
        level = f"{finding.level}: " if not annotate else ""
        where = f" ({', '.join(operations)})" if operations else ""
        print(f"  {finding.place}: {level}{finding.message}{where}")
        if os.environ.get("GITHUB_ACTIONS") == "true" and (annotate or finding.level == BREAKING):
            file, _, line = finding.place.rpartition(":")
            kind = "error" if annotate else "notice"
            print(f"::{kind} file={property_text(file)},line={line}::{message_text(finding.message)}")


if __name__ == "__main__":
    sys.exit(main())
