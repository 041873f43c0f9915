"""Two documents side by side, operation by operation."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.place import Place
from .finding import BREAKING, COMPATIBLE, Finding


@dataclass(frozen=True)
class Pair:
    """One operation as it was released and as it is now."""

    old: Operation
    new: Operation
    old_document: Document
    new_document: Document

    @property
    def before(self) -> Place:
        return Place.of(self.old_document, self.old)

    @property
    def after(self) -> Place:
        return Place.of(self.new_document, self.new)

    def found(self, level: str, message: str, *keys: str | int, at: Place | None = None) -> Finding:
        """Return a finding at a node of the new operation, or at the operation where that is gone."""
        place = at or self.after.below(*keys) or self.after
        return Finding(level, place.where, message, self.new.id)

    def breaking(self, message: str, *keys: str | int, at: Place | None = None) -> Finding:
        return self.found(BREAKING, message, *keys, at=at)

    def compatible(self, message: str, *keys: str | int, at: Place | None = None) -> Finding:
        return self.found(COMPATIBLE, message, *keys, at=at)


def pairs(old: Document, new: Document) -> Iterator[Pair]:
    """Yield the operations that stand in both documents, by method and path, with what these declare and no guess."""
    released = {(operation.method, operation.path): operation for operation in old.operations}
    for operation in new.operations:
        before = released.get((operation.method, operation.path))
        if before is not None:
            yield Pair(before.as_declared, operation.as_declared, old, new)
