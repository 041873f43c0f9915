"""Which laws the options and the service leave no way to be tried."""

from typing import TYPE_CHECKING

from ..contract.operation import Operation
from ..laws.law import CoverageLaw, DocumentLaw, Experiment, Law
from ..wire.connection import SAFE_METHODS
from ..wire.outcomes import NotChecked
from .kinds import floods

if TYPE_CHECKING:
    from .run import Run


def refuse_untryable(run: "Run", law: Law, operation: Operation | None) -> None:
    """Raise NotChecked where the options leave a law no way to be tried at an operation."""
    if isinstance(law, DocumentLaw):
        return
    if operation is not None:
        refuse_at(run, law, operation)
    # The other kinds send nothing: they judge what was seen until then.
    if isinstance(law, Experiment) and run.admission.closed:
        raise NotChecked(run.admission.closed)
    if run.options.read_only and floods(law):
        raise NotChecked("--read-only: it floods the target until a limit is reached")


def refuse_at(run: "Run", law: Law, operation: Operation) -> None:
    """Raise NotChecked where an operation is no place to try a law."""
    if operation.facts.refuted and not law.applies(operation):
        raise NotChecked(operation.facts.refuted)
    if isinstance(law, Experiment | CoverageLaw) and operation.id in run.left_out:
        raise NotChecked(run.left_out[operation.id])
    if run.options.read_only and isinstance(law, CoverageLaw) and operation.method not in SAFE_METHODS:
        raise NotChecked(f"--read-only: it needs a {operation.method}")
