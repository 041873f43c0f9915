"""The command `bookplate diff`: what a change of the document breaks for clients."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..contract.document import Document
from ..contract.reading import is_url
from ..options import ended
from .changes import NONE, compare, verdict_of
from .finding import BREAKING, COMPATIBLE, Finding, by_cause
from .output import show
from .versions import check_name, check_version, last_released

COMMAND = "bookplate diff"
SUMMARIES = {
    BREAKING: "breaks clients of",
    COMPATIBLE: "is compatible with",
    NONE: "changes nothing for clients of",
}


def diff(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; return 0 if nothing breaks, 1 if something does, 2 if it cannot run."""
    options = parser().parse_args(arguments)
    return ended(COMMAND, lambda: compare_documents(options.old, options.new, announced=options.announced))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description="Say what a change of an OpenAPI document breaks for its clients, one line for each change.",
        epilog="Exit codes: 0 nothing breaks; 1 something breaks; 2 the documents cannot be read or compared.",
    )
    add = parser.add_argument
    add(
        "old",
        metavar="OLD",
        help="what was released: a file, a URL, or a folder of VERSION.yaml (the last counts)",
    )
    add("new", metavar="NEW", help="the document as it is now: a file or URL")
    add(
        "--announced",
        action="store_true",
        help="accept what breaks if info.version announces it; exit with 1 if the version must rise further",
    )
    return parser


def compare_documents(released: str | Path, now: str | Path, *, announced: bool) -> int:
    """Print what changed, and return the exit code. Raises SetUpError and DocumentError."""
    in_folder = not is_url(str(released)) and Path(released).is_dir()
    old = Document.load(last_released(Path(released)) if in_folder else released)
    new = Document.load(now)
    changes = compare(old, new)
    verdict = verdict_of(changes)
    show_changes(changes, "notice" if announced else "error")
    print(f"{new.location}: {SUMMARIES[verdict]} {old.location}")
    if not announced:
        return 1 if verdict == BREAKING else 0
    faults = [*(check_name(old) if in_folder else ()), *check_version(old, new, verdict)]
    for fault in faults:
        show(fault, label="version")
    if not faults:
        print(f"{new.location}: info.version is as it should be")
    return 1 if faults else 0


def show_changes(changes: list[Finding], annotation: str) -> None:
    """Print the changes, those that break first; only these are annotated."""
    for change, operations in by_cause(changes):
        show(change, operations, label=change.level, annotation=annotation if change.level == BREAKING else "")
