"""What the user asked for, and how a command ends."""

import argparse
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contract.lines import DocumentError
from .contract.operation import Operation
from .laws.catalogue import CatalogueError, is_clone
from .laws.law import Law
from .laws.verdict import SET_UP_ERROR
from .target.config import SetUpError

REFERENCE = "impl:create_app"
DEFAULT = f"in a clone the default is {REFERENCE}"


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
        return 128 + signal.SIGINT
    finally:
        signal.signal(signal.SIGTERM, before)


def add_run_options(add: Callable[..., Any]) -> None:
    """Add the options of a run, by the method of a parser of argparse or of pytest."""
    add("--target", metavar="TARGET", help=f"import string, command with {{port}}, or URL ({DEFAULT})")
    add("--config", metavar="FILE", help="the target's contract.toml")
    add("--document", metavar="FILE", help="the OpenAPI document, if not the one that contract.toml names")
    add("--overlay", metavar="FILE", help="an OpenAPI Overlay to lay over the document, such as one with x- keys")
    add("--rule", dest="rules", action="append", default=[], metavar="ID", help="check this rule only (repeatable)")
    add(
        "--operation",
        dest="operations",
        action="append",
        default=[],
        metavar="ID",
        help="check this operation only (repeatable)",
    )
    add("--group", help="check the rules of this group only, such as PAGE")
    add(
        "--laws",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="check the laws of this folder too (repeatable)",
    )
    add("--fast", action="store_true", help="the same rules at few operations, with fewer generated cases")
    add("--seed", type=int, default=1, help="seed of the generated cases (default 1)")
    add("--shuffle", dest="shuffled", type=int, metavar="N", help="try the experiments in another order, the Nth")
    add("--patience", type=float, default=60, metavar="S", help="wait up to this long for a limit (default 60)")


def default_target() -> str:
    """Return the reference implementation, which only a clone has; raise SetUpError outside of one."""
    if not is_clone():
        raise SetUpError(
            "give a target: an address, a command with {port} or an import string, "
            "such as `bookplate check http://127.0.0.1:8080 --document openapi.yaml`"
        )
    return REFERENCE


@dataclass(frozen=True)
class Options:
    """What the user asked for; empty `rules` and `operations` mean all, a file that is None is found by the target."""

    target: str
    config: str | None = None
    document: str | None = None
    overlay: str | None = None
    laws: Sequence[str] = ()
    rules: Sequence[str] = ()
    operations: Sequence[str] = ()
    group: str | None = None
    seed: int = 1
    fast: bool = False
    patience: float = 60
    shuffled: int | None = None

    @classmethod
    def of(cls, given: argparse.Namespace) -> "Options":
        """Return the options that a parser has read; SetUpError where they name no target and there is no default."""
        return cls(
            target=given.target or default_target(),
            config=given.config,
            document=given.document,
            overlay=given.overlay,
            laws=[str(folder) for folder in given.laws],
            rules=given.rules,
            operations=given.operations,
            group=given.group,
            seed=given.seed,
            fast=given.fast,
            patience=given.patience,
            shuffled=given.shuffled,
        )

    @property
    def full(self) -> bool:
        """Whether everything is checked, so that what was not seen is missing."""
        return not (self.rules or self.operations or self.group or self.fast)

    @property
    def files(self) -> str:
        """The files that were named, as they are written on a command line."""
        named = [("config", self.config), ("document", self.document), ("overlay", self.overlay)]
        named += [("laws", folder) for folder in self.laws]
        return "".join(f" --{name} {shlex.quote(file)}" for name, file in named if file)

    def again(self, law: Law, operation: Operation | None) -> str:
        """Return the command that checks one law for one operation again."""
        where = f" --operation {operation.id}" if operation else ""
        what = f"{shlex.quote(self.target)}{self.files} --rule {law.id}{where}"
        program = "python -m bookplate" if is_clone() else "bookplate check"
        return f"{program} {what} --seed {self.seed}"
