"""`bookplate clean`: deletes what a run has left on a service, as the journal of the run says."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from .arguments import RUN_OPTIONS, Parser
from .fixtures.clearing import Clearing
from .fixtures.journal import NAME, read_journal
from .options import Options, ended
from .output import kept
from .planning import plan
from .target.config import SetUpError

# What of a run says how its service is reached, and as whom.
TAKEN = {"--config", "--header", "--auth", "--bearer", "--ca", "--no-tls-verify", "--request-timeout", "--rate-limit"}
LEFT = 1


def parser() -> Parser:
    """Return the parser of `bookplate clean`."""
    parser = Parser(
        prog="bookplate clean",
        description="Delete what a run has left on a service. The journal in the folder of its reports says what that is,\n"
        "and which service it is on. No secret is among it: users come from the settings, and from these options.",
        epilog="exit codes: 0 nothing is left; 1 something is; 2 set-up error",
    )
    folder = Path("build/contract")
    parser.add_argument("output", nargs="?", type=Path, default=folder, help=f"the folder of the reports ({folder})")
    for option in RUN_OPTIONS:
        if TAKEN & set(option.names):
            option.add(parser.group_titled)
    return parser


def clean(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    given = parser().parse_args(arguments)
    named = {each.name: getattr(given, each.name) for each in fields(Options) if hasattr(given, each.name)}
    return ended("bookplate clean", lambda: clear(given.output, named))


def clear(output: Path, named: Mapping[str, Any]) -> int:
    """Delete what the journal in a folder has, and print what became of it."""
    file = output / NAME
    head, entries = read_journal(file)
    if not entries:
        print(f"nothing is left: {output} has no journal of things that a run has made")
        return 0
    if not head:
        raise SetUpError(f"{file}: its first line does not say what was checked: delete by hand what it lists")
    with kept(output):
        run = plan(options_of(head, named))
        run.is_careful = False
        run.files = output / "work"
        try:
            cleared = Clearing(run.sessions.on("experiments"), file).clear()
        finally:
            run.stop()
    print(f"{cleared.deleted} deleted, {cleared.left.total()} left on {head['target']}")
    for line in cleared.lines(""):
        print(line)
    return LEFT if cleared.left else 0


def options_of(head: Mapping[str, Any], named: Mapping[str, Any]) -> Options:
    """Return the options of a run that goes to the service of a journal, with those that were named now."""
    found = Options(**{name: value for name, value in head.items() if value is not None})
    return replace(found, **{name: value for name, value in named.items() if value is not None})
