"""The command `bookplate report`: writes reports from report.json again, merges those of many services, compares two runs."""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .arguments import Parser
from .laws.verdict import CONFORMANT, NONCONFORMANT
from .nearest import did_you_mean
from .options import ended
from .output import kept
from .target.config import SetUpError

COMMAND = "bookplate report"
DESCRIPTION = """Work with the report.json of runs; no service is asked.

  write FILE               writes its page, JUnit, SARIF, HAR and Markdown again
  merge FILE FILE ...      writes one report over many services
  compare OLD NEW          says which failures are new, fixed and still there"""
EXAMPLES = """examples:
  bookplate report write build/contract/report.json --compare last/report.json --output build/again
  bookplate report merge orders/report.json users/report.json --output build/all
  bookplate report compare last/report.json build/contract/report.json

exit codes: write and merge: the gravest of the runs (2, 130, 1, 3, 0); compare: 1 where a failure is new, else 0;
            2 where a file cannot be read, or written"""


def report(arguments: Sequence[str]) -> int:
    """Run the command with these arguments."""
    given = list(arguments)
    if given[:1] and given[0] in ACTIONS:
        name = given[0]
        read, work = ACTIONS[name]
        options = read().parse_args(given[1:])
        return ended(f"{COMMAND} {name}", lambda: work(options))
    parser = Parser(prog=COMMAND, usage="%(prog)s write|merge|compare ...", description=DESCRIPTION, epilog=EXAMPLES)
    parser.add_argument("action", metavar="write|merge|compare", help="what to do; each has a --help of its own")
    named, _ = parser.parse_known_args(given)
    parser.error(f"'{named.action}' is nothing it does: {did_you_mean(named.action, ACTIONS, '--help shows all')}")


def write_parser() -> Parser:
    parser = Parser(prog=f"{COMMAND} write", description="Write the reports of a run from its report.json again.")
    parser.add_argument("file", type=Path, metavar="FILE", help="the report.json of a run")
    parser.add_argument(
        "--compare", type=Path, metavar="OLD", help="the report.json of an earlier run, to compare with"
    )
    add_output(parser)
    return parser


def merge_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} merge",
        description="Write one report over many services, each named after the folder of its report.json.\n"
        "The exit code is the gravest of the runs: 2, 130, 1, 3, 0.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="the report.json of a run")
    add_output(parser)
    return parser


def compare_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} compare",
        description="Say which failures are new, fixed and still there. The exit code is 1 where one is new, else 0.",
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="the report.json of the earlier run")
    parser.add_argument("new", type=Path, metavar="NEW", help="the report.json of the later run")
    return parser


def add_output(parser: Parser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("build/report"),
        metavar="DIR",
        help="where all files go (default build/report)",
    )


def write(options: argparse.Namespace) -> int:
    """Write the reports of a run again, and return the exit code that the run had."""
    # Importing jinja2 takes longer than reading the command line.
    from .report.comparison import Earlier, comparison, comparison_lines
    from .report.files import REPORT
    from .report.files import write as write_files
    from .report.merging import sound_report

    results = sound_report(options.file)
    if options.compare:
        results["comparison"] = comparison(results, Earlier.read(options.compare))
        print("\n".join(comparison_lines(results)))
    with kept(options.output) as output:
        refuse_own(output / REPORT, [options.file])
        write_files(results, output, workspace=os.environ.get("GITHUB_WORKSPACE", ""))
    print(f"{results['verdict']}: {options.output / 'report.html'}")
    return int(results["exit_code"])


def merge(options: argparse.Namespace) -> int:
    """Write one report over many services, and return the gravest exit code of their runs."""
    from .report.files import REPORT
    from .report.merging import services_of, write_merged

    services = services_of(options.files)
    with kept(options.output) as output:
        places = [output / REPORT, *(output / service.folder / REPORT for service in services)]
        for place in places:
            refuse_own(place, options.files)
        overview = write_merged(services, output, os.environ.get("GITHUB_WORKSPACE", ""))
    for service in services:
        print(f"{service.name}: {service.results['verdict']}: {service.counted}")
    print(f"{overview['verdict']}: {len(services)} services; {options.output / 'report.html'}")
    return int(overview["exit_code"])


def refuse_own(place: Path, given: Sequence[Path]) -> None:
    """Raise SetUpError where a file would be written over that is read."""
    if place.exists() and any(place.samefile(path) for path in given):
        raise SetUpError(f"{place} is one of the files to read: name another folder with --output")


def compare(options: argparse.Namespace) -> int:
    """Print what has changed between two runs; return 1 where a failure is new."""
    from .report.comparison import Earlier, comparison, comparison_lines, read_report

    results = read_report(options.new)
    changes = comparison(results, Earlier.read(options.old))
    print("\n".join(comparison_lines({"comparison": changes})))
    return NONCONFORMANT if changes["new"] else CONFORMANT


ACTIONS: dict[str, tuple[Callable[[], Parser], Callable[[argparse.Namespace], int]]] = {
    "write": (write_parser, write),
    "merge": (merge_parser, merge),
    "compare": (compare_parser, compare),
}
