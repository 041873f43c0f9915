"""The options of a run as they are typed: one list for the command, for pytest and for the page of settings."""

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from .laws.verdict import SET_UP_ERROR
from .nearest import did_you_mean
from .options import DEFAULT, OUTPUT

# Gives the method that adds an option to the group with a title, by argparse or by pytest.
Groups = Callable[[str], Callable[..., Any]]

TARGET = "target"
SELECTION = "what is checked"
SAFETY = "what may be done to the target"
IDENTITY = "who user A is ('$VARIABLE' and '@FILE' name a secret)"
CONNECTION = "requests"
GENERATED = "generated requests and order"
REPORT = "reports"


@dataclass(frozen=True)
class Option:
    """An option: the group that it stands in, its names, what it says, and how it is read."""

    group: str
    names: tuple[str, ...]
    help: str
    how: dict[str, Any] = field(default_factory=dict)

    def add(self, groups: Groups) -> None:
        groups(self.group)(*self.names, help=self.help, **self.how)


def option(group: str, *names: str, help: str, **how: Any) -> Option:
    return Option(group, names, help, how)


def repeated(metavar: str, destination: str = "") -> dict[str, Any]:
    """Return how an option is read that may be given several times."""
    named = {"dest": destination} if destination else {}
    return {"action": "append", "default": [], "metavar": metavar, **named}


def positive(text: str) -> float:
    """Read a number above zero."""
    number = float(text)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError
    return number


def count(text: str) -> int:
    """Read a whole number above zero."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def rate(text: str) -> float:
    """Read a rate such as 10/s, 60/m or 1000/h; return requests a second."""
    number, _, unit = text.partition("/")
    return positive(number) / {"s": 1, "m": 60, "h": 3600, "": 1}[unit]


def readable(read: Callable[[str], Any], form: str) -> Callable[[str], Any]:
    """Return a type for argparse whose message says which form is expected."""

    def given(text: str) -> Any:
        try:
            return read(text)
        except (ValueError, KeyError) as problem:
            raise argparse.ArgumentTypeError(f"'{text}' is no {form}") from problem

    return given


SECONDS = {"type": readable(positive, "number of seconds above zero"), "metavar": "SECONDS"}
COUNT = {"type": readable(count, "whole number above zero"), "metavar": "N"}

# The options that the command and pytest share.
RUN_OPTIONS = (
    option(
        TARGET,
        "--target",
        metavar="TARGET",
        action="append",
        help=f"import string, command with {{port}}, or URL; the same as TARGET ({DEFAULT}). Several URLs are the addresses "
        "of one service that runs more than once: requests go to one after the other",
    ),
    option(
        TARGET,
        "--replicas",
        type=readable(count, "whole number above zero"),
        metavar="N",
        help="start N servers of a target that the suite starts; its settings have to give them one store",
    ),
    option(
        TARGET,
        "--config",
        metavar="FILE",
        help="the settings, if not ./bookplate.toml or [tool.bookplate] of ./pyproject.toml",
    ),
    option(
        TARGET,
        "--document",
        metavar="FILE",
        help="the OpenAPI document; without it, that of the settings, or the one that a URL shows",
    ),
    option(
        TARGET,
        "--overlay",
        metavar="FILE",
        help="an OpenAPI Overlay to lay over the document, such as one with x- keys",
    ),
    option(
        TARGET,
        "--laws",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="check the laws of this folder too (repeatable)",
    ),
    option(
        TARGET,
        "--wait-for-service",
        dest="wait",
        default=0.0,
        help="wait up to this long for a URL to answer (default 0)",
        **SECONDS,
    ),
    option(SELECTION, "--rule", help="check this rule only, in any case (repeatable)", **repeated("ID", "rules")),
    option(
        SELECTION,
        "--group",
        help="check the rules of this group only, such as page (repeatable)",
        **repeated("GROUP", "groups"),
    ),
    option(SELECTION, "--operation", help="check this operation only (repeatable)", **repeated("ID", "operations")),
    option(
        SELECTION,
        "--include",
        help="check these operations only: an id, a tag, a method, a path with *, or several words such as "
        "'method:GET path:/things/*' that all have to match (repeatable)",
        **repeated("WHICH"),
    ),
    option(
        SELECTION,
        "--exclude",
        help="leave these operations out, named as for --include (repeatable)",
        **repeated("WHICH"),
    ),
    option(
        SELECTION, "--fast", action="store_true", help="the same rules at few operations, with fewer generated cases"
    ),
    option(
        SAFETY,
        "--read-only",
        action="store_true",
        help="send GET, HEAD and OPTIONS alone, and no floods; what needs more is not checked. "
        "Such a run may go to the `hosts` of the settings",
    ),
    option(
        SAFETY,
        "--no-destructive",
        action="store_true",
        help="call nothing that deletes, or that may end or change the user who calls; what needs it is not checked",
    ),
    option(
        SAFETY, "--keep", action="store_true", help="leave what was made on the service; `bookplate clean` deletes it"
    ),
    option(
        SELECTION,
        "--probe",
        action="store_true",
        help="try the rules of the group PROBE too: what no document promises and what is advised all the same. They "
        "warn and never fail, and log-in gets 60 wrong passwords of a user made for it",
    ),
    option(
        SELECTION,
        "--timing",
        action="store_true",
        help="try the rules that compare how long answers take, too. They warn and never fail; give them an idle machine",
    ),
    option(
        SELECTION,
        "--strict-inference",
        action="store_true",
        help="let what rests on a guess fail too, where it would only warn",
    ),
    option(SAFETY, "--max-requests", help="send no more than N requests; what is left is not checked", **COUNT),
    option(
        SAFETY,
        "--rate-limit",
        dest="rate",
        type=readable(rate, "rate such as 10/s, 60/m or 1000/h"),
        metavar="N/s",
        help="send no more than N requests a second (or N/m, N/h)",
    ),
    option(SAFETY, "--time-budget", help="stop after this long; what is left is not checked", **SECONDS),
    option(
        CONNECTION,
        "--request-timeout",
        dest="timeout",
        default=10.0,
        help="how long an answer may take (default 10)",
        **SECONDS,
    ),
    option(
        IDENTITY,
        "-H",
        "--header",
        help="send 'Name: value' with every request (repeatable)",
        **repeated("FIELD", "headers"),
    ),
    option(IDENTITY, "--auth", metavar="USER:PASSWORD", help="a user name and a password"),
    option(IDENTITY, "--bearer", metavar="TOKEN", help="a token"),
    option(CONNECTION, "--ca", metavar="FILE", help="trust the certificates of this PEM file, and no others"),
    option(
        CONNECTION,
        "--tls-verify",
        dest="verify",
        action="store_true",
        default=True,
        help="verify the certificate of an https target (default)",
    ),
    option(
        CONNECTION, "--no-tls-verify", dest="verify", action="store_false", default=True, help="take any certificate"
    ),
    option(
        CONNECTION,
        "--patience",
        type=float,
        default=60,
        metavar="S",
        help="wait up to this long for a limit (default 60)",
    ),
    option(
        GENERATED,
        "--max-examples",
        help="generated cases for each operation (default 25; 8 with --fast or --rule)",
        **COUNT,
    ),
    option(GENERATED, "--seed", type=int, default=1, metavar="N", help="seed of the generated cases (default 1)"),
    option(
        GENERATED,
        "--shuffle",
        dest="shuffled",
        type=int,
        metavar="N",
        help="try the experiments in another order, the Nth",
    ),
)

# What the command has beside them: under pytest, pytest's own options do this.
COMMAND_OPTIONS = (
    option(
        SAFETY,
        "--dry-run",
        action="store_true",
        help="say what would be written, deleted and flooded, and send nothing",
    ),
    option(SELECTION, "--list", action="store_true", help="list the laws and where they apply, and touch no target"),
    option(
        REPORT,
        "--output",
        type=Path,
        default=Path(OUTPUT),
        metavar="DIR",
        help=f"where all files go (default {OUTPUT})",
    ),
    option(
        REPORT,
        "--compare",
        type=Path,
        metavar="FILE",
        help="compare with the report.json of an earlier run: which failures are new, fixed and still there",
    ),
    option(REPORT, "--strict", action="store_true", help="let SHOULD count as MUST"),
    option(REPORT, "--strict-parts", action="store_true", help="end with 3 where a MUST passed only in part"),
    option(REPORT, "--fail-fast", action="store_const", dest="max_failures", const=1, help="stop at the first failure"),
    option(REPORT, "--max-failures", help="stop at the Nth failure", **COUNT),
    option(REPORT, "--quiet", "-q", action="store_true", help="show failures and the end alone"),
    option(
        REPORT,
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours on the terminal; auto heeds NO_COLOR and CLICOLOR_FORCE",
    ),
)


def add_run_options(groups: Groups) -> None:
    """Add the options of a run to groups of a parser of argparse or of pytest."""
    for each in RUN_OPTIONS:
        each.add(groups)


class Parser(argparse.ArgumentParser):
    """A parser that tells each mistake in one line, with the nearest option where one was misspelt."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **settings)
        self.titled: dict[str, Callable[..., Any]] = {}

    def group_titled(self, title: str) -> Callable[..., Any]:
        """Return the method that adds an option to the group of a title, which is made where it is new."""
        if title not in self.titled:
            self.titled[title] = self.add_argument_group(title).add_argument
        return self.titled[title]

    # argparse declares overloads for namespaces of other types, which nobody here gives.
    def parse_args(self, arguments: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        given, unknown = self.parse_known_args(arguments, namespace)
        if unknown:
            name = unknown[0].partition("=")[0]
            if not name.startswith("-"):
                self.error(f"'{name}' is one word too many: a text with spaces stands in quotes, --help shows the rest")
            known = [option for action in self._actions for option in action.option_strings]
            self.error(f"there is no option {name}: {did_you_mean(name, known, '--help shows all')}")
        return given

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {' '.join(message.split())}", file=sys.stderr)
        sys.exit(SET_UP_ERROR)


def has_colour(asked: str, *, is_terminal: bool) -> bool:
    """Tell whether to write colours: as asked, else by NO_COLOR (no-color.org), CLICOLOR_FORCE, and on a terminal."""
    if asked != "auto":
        return asked == "always"
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("CLICOLOR_FORCE", "")
    return forced not in ("", "0") or (is_terminal and os.environ.get("TERM") != "dumb")
