"""The command `bookplate lint`: what is wrong with a document."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..contract.document import Document
from ..contract.lines import DocumentError
from ..contract.reading import is_url
from ..options import ended
from ..target.config import SetUpError
from .finding import ERROR, Finding, by_cause
from .laws import PLACED, check_laws
from .linters import run_redocly, run_spectral, run_yamllint
from .node import NotInstalled, install_linters
from .output import show

Check = Callable[[Document], Iterable[Finding]]
CHECKS: dict[str, Check] = {
    "laws": check_laws,
    "yamllint": run_yamllint,
    "redocly": run_redocly,
    "spectral": run_spectral,
}
FOR_URLS = ("laws",)
FROM_NPM = {"redocly", "spectral"}
RETIRED = {
    "changes": "`bookplate diff OLD NEW` says what changed",
    "owasp": "this check is called spectral now",
    "workflows": "`tox -e spec` checks GitHub's workflows, and there is no option for it",
}
DEFAULT = Path("openapi/openapi.yaml")
COMMAND = "bookplate lint"


def lint(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; return 0 if nothing is to mend, 1 if something is, 2 if it cannot run."""
    options = parser().parse_args(arguments)
    return ended(COMMAND, lambda: lint_document(options))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description="Say what is wrong with an OpenAPI document, one line for each finding. No service is needed.",
        epilog="Exit codes: 0 nothing to mend; 1 something to mend; 2 a file or a linter is missing.",
    )
    add = parser.add_argument
    add("document", nargs="?", metavar="DOCUMENT", help=f"a file or URL (default {DEFAULT}, if it is there)")
    add("--overlay", type=Path, metavar="FILE", help="an OpenAPI Overlay, which the laws see laid over the document")
    checks = ", ".join(CHECKS)
    add("--only", action="append", type=check_name, metavar="CHECK", help=f"run one check (repeatable): {checks}")
    add(
        "--strict", action="store_true", help="require every linter: install those from npm, and fail if one is missing"
    )
    return parser


def check_name(name: str) -> str:
    """Return the name of a check; argparse prints the error of a name that is unknown or retired."""
    if name not in CHECKS:
        raise argparse.ArgumentTypeError(
            RETIRED.get(name, f"there is no check {name}: choose from {', '.join(CHECKS)}")
        )
    return name


def lint_document(options: argparse.Namespace) -> int:
    """Check what the options name, print what is found, and return the exit code. Raises SetUpError."""
    path = options.document or str(default_document())
    for file in filter(None, (path, options.overlay)):
        require_readable(file)
    names = options.only or list(FOR_URLS if is_url(path) else CHECKS)
    if is_url(path) and (others := set(names).difference(FOR_URLS)):
        raise SetUpError(f"{', '.join(sorted(others))} can read files alone: save {path} and name the file")
    if options.strict and FROM_NPM.intersection(names):
        install_linters()
    try:
        document = Document.load(path, options.overlay)
    except DocumentError as mistake:
        return conclude(path, [finding_of(mistake)], "the other checks wait for this")
    findings, missing = run_checks(document, names)
    if missing:
        remedies = "; ".join(dict.fromkeys(missing.values()))
        message = f"not installed: {', '.join(missing)} ({remedies})"
        if options.strict:
            raise SetUpError(message)
        print(f"{COMMAND}: {message}", file=sys.stderr)
    return conclude(path, findings, ", ".join(name for name in names if name not in missing))


def default_document() -> Path:
    if not DEFAULT.is_file():
        raise SetUpError(f"there is no {DEFAULT} here: name a document, as in `{COMMAND} openapi.yaml`")
    return DEFAULT


def require_readable(path: str | Path) -> None:
    """Raise SetUpError for a file that cannot be opened: that is no mistake in the document."""
    if is_url(str(path)):
        return
    try:
        Path(path).open("rb").close()
    except OSError as problem:
        raise SetUpError(f"{path}: cannot be read: {problem.strerror}") from problem


def finding_of(mistake: DocumentError) -> Finding:
    """Return a mistake that has a line as a finding; any other is raised again."""
    placed = PLACED.fullmatch(str(mistake))
    if placed is None:
        raise mistake
    return Finding(ERROR, placed["place"], placed["message"])


def run_checks(document: Document, names: Iterable[str]) -> tuple[list[Finding], dict[str, str]]:
    """Return what the checks of these names find, and for each linter that is not installed how to get it."""
    findings: list[Finding] = []
    missing: dict[str, str] = {}
    for name in names:
        try:
            findings += CHECKS[name](document)
        except NotInstalled as problem:
            missing[name] = str(problem)
    return findings, missing


def conclude(path: str, findings: list[Finding], remark: str) -> int:
    """Print the findings and their number, and return the exit code."""
    causes = by_cause(findings)
    for finding, operations in causes:
        show(finding, operations)
    print(f"{path}: {f'{len(causes)} to mend' if causes else 'nothing to mend'} ({remark})")
    return 1 if causes else 0
