"""The shape that errors have, where a document says the same of most of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .operation import Operation
from .schema import Schema

MEANT = 3  # statuses that say the same of errors: one or two may do so by chance


@dataclass(frozen=True)
class ErrorShape:
    """The media type and the schema that most errors of a document have."""

    media_type: str
    schema: Schema

    def is_like(self, other: "ErrorShape") -> bool:
        """Tell whether two places say the same of errors."""
        return self.media_type == other.media_type and self.schema.says_the_same_as(other.schema)


def most_common_shape(operations: Iterable[Operation]) -> ErrorShape | None:
    """Return the shape that most error answers declare; None where no two statuses share one."""
    groups: list[tuple[ErrorShape, list[str]]] = []
    for status, shape in declared_shapes(operations):
        alike = next((statuses for known, statuses in groups if known.is_like(shape)), None)
        if alike is None:
            groups.append((shape, [status]))
        else:
            alike.append(status)
    shared = [(len(statuses), shape) for shape, statuses in groups if len(set(statuses)) > 1]
    return max(shared, key=lambda each: each[0])[1] if shared else None


def is_meant_for_all(shape: ErrorShape | None, operations: Iterable[Operation]) -> bool:
    """Tell whether every error that is declared has a shape, over so many statuses that it is meant so."""
    found = list(declared_shapes(operations))
    statuses = {status for status, _ in found}
    return shape is not None and len(statuses) >= MEANT and all(shape.is_like(other) for _, other in found)


def declared_shapes(operations: Iterable[Operation]) -> Iterator[tuple[str, ErrorShape]]:
    """Yield each media type of each error answer with its status."""
    for operation in operations:
        for status, answer in operation.responses.items():
            for media in answer.content.values() if status[0] in "45" else ():
                if media.schema is not None:
                    yield status, ErrorShape(media.name, media.schema)
