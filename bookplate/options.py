"""What the user asked for, and how a command ends."""

import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .contract.lines import DocumentError
from .contract.operation import Operation
from .laws.catalogue import CatalogueError
from .laws.law import Law
from .laws.verdict import SET_UP_ERROR
from .target.config import SetUpError


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


@dataclass(frozen=True)
class Options:
    """What the user asked for, `files` as it was written; empty `rules` and `operations` mean all."""

    target: str
    files: str = ""
    rules: Sequence[str] = ()
    operations: Sequence[str] = ()
    group: str | None = None
    seed: int = 1
    fast: bool = False
    patience: float = 60
    shuffled: int | None = None

    @property
    def full(self) -> bool:
        """Whether everything is checked, so that what was not seen is missing."""
        return not (self.rules or self.operations or self.group or self.fast)

    def again(self, rule: Law, operation: Operation | None) -> str:
        """Return the command that checks one rule for one operation again."""
        where = f" --operation {operation.id}" if operation else ""
        what = f"{shlex.quote(self.target)}{self.files} --rule {rule.id}{where}"
        return f"python -m bookplate {what} --seed {self.seed}"
