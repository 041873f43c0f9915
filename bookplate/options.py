"""What the user asked for, and how a command ends."""

import argparse
import os
import re
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

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
OUTPUT = "build/contract"  # where all files go, unless it is told otherwise
# The variable by which whoever starts this command for somebody, such as tox, says what that person has typed.
TYPED = "BOOKPLATE_COMMAND"
FEW_EXAMPLES, USUAL_EXAMPLES = 8, 25  # generated cases for each operation
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


def program(command: str) -> str:
    """Return how the user calls a command of this program: by tox, from a clone or by its name."""
    typed = os.environ.get(TYPED) or ("python -m bookplate" if is_clone() else "bookplate")
    # A check is what the program does if no command is named; the installed one names it all the same.
    return typed if command == "check" and typed != "bookplate" else f"{typed} {command}"


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


def targets_of(given: argparse.Namespace) -> list[str]:
    """Return the targets that were named, in their order: the one without an option first."""
    named = getattr(given, "named", None)
    by_option = given.target or []
    return [*([named] if named else []), *([by_option] if isinstance(by_option, str) else by_option)]


@dataclass(frozen=True)
class Options:
    """
    What the user asked for.

    Empty `rules`, `groups`, `operations` and `include` mean all; a file that is None is found by the target, and `found`
    is the document that a target shows itself. `others` are the addresses of its replicas that were named, and
    `replicas` is how many servers of it are to be started; None means what the settings say. `wait`, `patience`,
    `timeout` and `time_budget` are seconds, `rate` is requests a second; None sets no limit.
    """

    target: str
    others: Sequence[str] = ()
    replicas: int | None = None
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
    output: str = OUTPUT

    def asks_for(self, law: Law) -> bool:
        """Tell whether a law is tried where none is named."""
        return self.timing if law.is_timed else self.probe or not law.is_probe

    @classmethod
    def of(cls, given: argparse.Namespace) -> "Options":
        """Return the options that a parser has read; SetUpError where they name no target and there is no default."""
        named = {each.name: getattr(given, each.name) for each in fields(cls) if hasattr(given, each.name)}
        targets = targets_of(given) or [default_target()]
        for target in targets:
            refuse_credentials(target)
        named["target"], *named["others"] = targets
        named["laws"] = [str(folder) for folder in given.laws]
        named["output"] = str(getattr(given, "output", OUTPUT))
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
            seed=self.seed,
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

    @property
    def examples(self) -> int:
        """How many cases are generated for each operation."""
        usual = FEW_EXAMPLES if self.fast or self.rules else USUAL_EXAMPLES
        return self.max_examples or usual

    @property
    def how(self) -> str:
        """The options that say how a run goes and where its files go, as they are written on a command line."""
        switches = [
            ("--no-tls-verify", not self.verify),
            ("--read-only", self.read_only),
            ("--no-destructive", self.no_destructive),
            ("--keep", self.keep),
            ("--strict-inference", self.strict_inference),
            ("--fast", self.fast),
        ]
        values = [
            ("--wait-for-service", f"{self.wait:g}", self.wait != 0),
            ("--request-timeout", f"{self.timeout:g}", self.timeout != type(self).timeout),
            ("--patience", f"{self.patience:g}", self.patience != type(self).patience),
            ("--rate-limit", f"{self.rate or 0:g}/s", self.rate is not None),
            ("--shuffle", f"{self.shuffled}", self.shuffled is not None),
            ("--seed", f"{self.seed}", self.seed != type(self).seed),
            ("--output", shlex.quote(self.output), self.output != OUTPUT),
        ]
        words = [name for name, is_on in switches if is_on]
        words += [f"{name} {value}" for name, value, is_given in values if is_given]
        return "".join(f" {word}" for word in words)

    @property
    def named_target(self) -> str:
        """
        The target as it is written on a command line, with its replicas.

        Nothing of it where it is the one that a clone has by itself.
        """
        first = "" if is_clone() and self.target == REFERENCE else f" {shlex.quote(self.target)}"
        others = "".join(f" --target {shlex.quote(each)}" for each in self.others)
        servers = f" --replicas {self.replicas}" if self.replicas is not None else ""
        return f"{first}{others}{servers}"

    def again(self, law: Law, operation: Operation | None, *, is_generated: bool = False) -> str:
        """
        Return the command that checks one law for one operation again, with the options that were given.

        Where a law looks at generated requests, as many of them are asked for as in this run.
        """
        where = f" --operation {shlex.quote(operation.id)}" if operation else ""
        is_more = is_generated and self.examples != FEW_EXAMPLES
        examples = f" --max-examples {self.examples}" if is_more else ""
        how = f"{self.files}{self.how}{self.identity}{examples}"
        return f"{program('check')}{self.named_target}{how} --rule {law.id}{where}"

    def to_start(self, *, has_limits: bool) -> str:
        """Return the command that starts the target as this run has started it: with the limits of the document, or none."""
        files = replace(self, laws=(), ca=None).files
        limits = "" if has_limits else " --limits relaxed"
        return f"{program('serve')}{self.named_target}{files}{limits}"
