"""What the user asked for, and how a command ends."""

import argparse
import re
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from .contract.lines import DocumentError
from .contract.operation import Operation
from .laws.catalogue import CatalogueError, is_clone
from .laws.law import Law
from .laws.verdict import SET_UP_ERROR
from .target.config import SetUpError
from .target.secret import is_named
from .wire.connection import Connection

REFERENCE = "impl:create_app"
DEFAULT = f"in a clone the default is {REFERENCE}"
# Exit code of a command that a signal has ended, as a shell counts it.
INTERRUPTED = 128 + signal.SIGINT


def ended(name: str, work: Callable[[], int]) -> int:
    """Do the work of a command and return its exit code; one line says what of the set-up is to be mended."""
    # Told to end, it ends as on Ctrl-C: with the servers it has started.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return work()
    except (SetUpError, DocumentError, CatalogueError) as problem:
        print(f"{name}: {' '.join(str(problem).split())}", file=sys.stderr)
        return SET_UP_ERROR
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


def default_target() -> str:
    """Return the reference implementation, which only a clone has; raise SetUpError outside of one."""
    if not is_clone():
        raise SetUpError(
            "give a target: an address, a command with {port} or an import string, "
            "such as `bookplate check http://127.0.0.1:8080`"
        )
    return REFERENCE


def without_value(field: str) -> str:
    """Return a header field of the command line with a variable in place of its value; one of a file as it is."""
    name = field.partition(":")[0]
    return field if is_named(field) else f"{name}: ${re.sub('[^A-Z0-9]', '_', name.upper())}"


# The options whose value may be a secret, with what stands for it where it is not the name of one.
SECRETS: dict[str, Callable[[str], str]] = {
    "--auth": lambda value: "$AUTH",
    "--bearer": lambda value: "$TOKEN",
    "--header": without_value,
    "-H": without_value,
}


# -H, also behind -q in one word, with or without its value.
SHORT_OPTION = re.compile("-q*H")
SHORT_FIELD = re.compile("(?P<option>-q*H)(?P<value>.+)", re.DOTALL)


def shown(arguments: Sequence[str]) -> str:
    """Return the command line of a run as a shell reads it, with no secret of its options in it."""
    words: list[str] = []
    hides: Callable[[str], str] | None = None
    for word in arguments:
        option, equals, value = word.partition("=")
        if hides is not None:
            words.append(without_secret(word, hides))
            hides = None
        elif equals and option in SECRETS:
            words.append(f"{option}={without_secret(value, SECRETS[option])}")
        elif short := SHORT_FIELD.fullmatch(word):
            words.append(f"{short['option']}{without_secret(short['value'], without_value)}")
        else:
            words.append(word)
            hides = SECRETS.get("-H" if SHORT_OPTION.fullmatch(word) else word)
    program = "python -m bookplate" if is_clone() else "bookplate"
    return " ".join([program, *map(shlex.quote, words)])


def without_secret(value: str, hides: Callable[[str], str]) -> str:
    """Return the value of an option, hidden unless it is the name of a variable or of a file."""
    return value if is_named(value) else hides(value)


def refuse_credentials(target: str) -> None:
    """Raise SetUpError where an address holds a user or a password: each report and each script has the address."""
    if target.startswith(("http://", "https://")) and "@" in re.split("[/?#]", target, maxsplit=3)[2]:
        raise SetUpError("the address of the target holds a user or a password: give them by --auth USER:PASSWORD")


@dataclass(frozen=True)
class Options:
    """
    What the user asked for.

    Empty `rules`, `groups`, `operations` and `include` mean all; a file that is None is found by the target, and `found`
    is the document that a target shows itself. `wait`, `patience`, `timeout` and `time_budget` are seconds, `rate` is
    requests a second; None sets no limit.
    """

    target: str
    config: str | None = None
    document: str | None = None
    found: str | None = None
    overlay: str | None = None
    laws: Sequence[str] = ()
    rules: Sequence[str] = ()
    groups: Sequence[str] = ()
    operations: Sequence[str] = ()
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    seed: int = 1
    fast: bool = False
    patience: float = 60
    shuffled: int | None = None
    wait: float = 0
    timeout: float = 10
    ca: str | None = None
    verify: bool = True
    read_only: bool = False
    no_destructive: bool = False
    keep: bool = False
    rate: float | None = None
    max_requests: int | None = None
    time_budget: float | None = None
    max_examples: int | None = None
    max_failures: int | None = None
    headers: Sequence[str] = ()
    auth: str | None = None
    bearer: str | None = None
    strict_inference: bool = False
    probe: bool = False
    timing: bool = False

    def asks_for(self, law: Law) -> bool:
        """Tell whether a law is tried where none is named."""
        return self.timing if law.is_timed else self.probe or not law.is_probe

    @classmethod
    def of(cls, given: argparse.Namespace) -> "Options":
        """Return the options that a parser has read; SetUpError where they name no target and there is no default."""
        named = {each.name: getattr(given, each.name) for each in fields(cls) if hasattr(given, each.name)}
        named["target"] = given.target or default_target()
        refuse_credentials(named["target"])
        named["laws"] = [str(folder) for folder in given.laws]
        return cls(**named)

    @property
    def connection(self) -> Connection:
        """How requests travel."""
        return Connection(
            timeout=self.timeout,
            ca=self.ca,
            verify=self.verify,
            rate=self.rate,
            most_requests=self.max_requests,
            time_budget=self.time_budget,
            read_only=self.read_only,
        )

    @property
    def full(self) -> bool:
        """Whether everything is checked, so that what was not seen is missing."""
        selects = self.rules or self.groups or self.operations or self.include or self.exclude
        stops = self.max_requests or self.time_budget or self.max_examples or self.max_failures
        return not (selects or stops or self.fast or self.read_only or self.no_destructive)

    @property
    def files(self) -> str:
        """The files that were named, as they are written on a command line."""
        named = [("config", self.config), ("document", self.document), ("overlay", self.overlay), ("ca", self.ca)]
        named += [("laws", folder) for folder in self.laws]
        return "".join(f" --{name} {shlex.quote(file)}" for name, file in named if file)

    @property
    def identity(self) -> str:
        """The options that say who user A is, as they are written on a command line, with no secret in them."""
        named = [("--auth", self.auth, "$AUTH"), ("--bearer", self.bearer, "$TOKEN")]
        shown = [
            f" {option} {shlex.quote(value if is_named(value) else name)}" for option, value, name in named if value
        ]
        shown += [f" -H {shlex.quote(without_value(field))}" for field in self.headers]
        return "".join(shown)

    def again(self, law: Law, operation: Operation | None) -> str:
        """Return the command that checks one law for one operation again."""
        where = f" --operation {shlex.quote(operation.id)}" if operation else ""
        how = "" if self.verify else " --no-tls-verify"
        how += " --read-only" if self.read_only else ""
        how += " --no-destructive" if self.no_destructive else ""
        what = f"{shlex.quote(self.target)}{self.files}{how}{self.identity} --rule {law.id}{where}"
        program = "python -m bookplate" if is_clone() else "bookplate check"
        return f"{program} {what} --seed {self.seed}"
