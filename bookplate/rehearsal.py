"""What a run would do to its target: the command's --dry-run."""

from collections import defaultdict
from collections.abc import Iterator

from .contract.operation import Operation
from .contract.predicates import is_creator
from .inference.look import MOST_REQUESTS
from .laws.law import DocumentLaw, Experiment, Law
from .looking import looks
from .run import Run, floods
from .wire.connection import SAFE_METHODS

SIGN_IN = ("register", "log-in", "refresh")
KINDS = {
    "writes": "would be sent, and may make or change what the target keeps",
    "deletes": "would be sent, and may delete what the target keeps",
    "floods": "would be asked until a rate limit is reached",
    "reads": "would be sent, and should change nothing",
}


def rehearsed(run: Run) -> Iterator[str]:
    """Yield the lines that say what a run would write, delete, flood and read; nothing is sent."""
    laws = [law for law in run.laws() if not isinstance(law, DocumentLaw)]
    touched = {operation.id for law in laws for operation in run.operations(law)}
    operations = [operation for operation in run.document.operations if operation.id in touched]
    times = f", {run.target.processes} servers of it" if run.target.processes > 1 else ""
    yield f"target    {' and '.join((run.target.name, *run.target.others))}{times}"
    yield f"document  {run.document.path}: {counted(len(operations), 'operation')}, {counted(len(laws), 'law')}"
    for kind, meaning in KINDS.items():
        found = sorted_by(kind, operations, laws, run)
        yield ""
        yield f"{kind}: {counted(len(found), 'operation')} {meaning}"
        for operation, tried in found.items():
            yield f"  {operation.method:<7} {operation.path}  ({operation.id})"
            yield f"          {counted(len(tried), 'law')}: {', '.join(law.id for law in tried)}"
    if left_out := [operation for operation in operations if operation.id in run.left_out]:
        yield ""
        yield f"left alone: {counted(len(left_out), 'operation')} would never be sent"
        for operation in left_out:
            yield f"  {operation.method:<7} {operation.path}  ({operation.id})"
            yield f"          {run.left_out[operation.id]}"
    yield ""
    yield f"generated requests: at least {run.options.examples} for each operation that is not left out"
    yield from set_up(run, laws)
    if looks(run):
        yield (
            f"at first a look of at most {MOST_REQUESTS} requests that change nothing, at what the document does not say; "
            "more laws may apply then, and limits that answers announce are reached too"
        )
    yield "Nothing was written, deleted or flooded."


def set_up(run: Run, laws: list[Law]) -> Iterator[str]:
    """Yield the lines that say what is called beside the operations asked for, so that there is something to try on."""
    callable_ones = [operation for operation in run.document.operations if allowed(operation, run)]
    if not any(isinstance(law, Experiment) for law in laws):
        return
    if makers := [operation.id for operation in callable_ones if is_creator(operation)]:
        yield f"items to try on are made by: {', '.join(makers)}"
    if roles := [operation.id for operation in callable_ones if operation.role in SIGN_IN]:
        yield f"users are made and signed in by: {', '.join(roles)}"


def sorted_by(kind: str, operations: list[Operation], laws: list[Law], run: Run) -> dict[Operation, list[Law]]:
    """Return the operations of a kind, each with the laws that are tried at it."""
    tried: dict[Operation, list[Law]] = defaultdict(list)
    for law in laws:
        for operation in run.operations(law):
            if operation in operations and allowed(operation, run) and kind == kind_of(operation, law, run):
                tried[operation].append(law)
    return dict(tried)


def kind_of(operation: Operation, law: Law, run: Run) -> str:
    if floods(law):
        return "" if run.options.read_only else "floods"
    if operation.method == "DELETE":
        return "deletes"
    return "reads" if operation.method in SAFE_METHODS else "writes"


def allowed(operation: Operation, run: Run) -> bool:
    """Whether a request of an operation may be sent."""
    if operation.id in run.left_out:
        return False
    return operation.method in SAFE_METHODS or not run.options.read_only


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
