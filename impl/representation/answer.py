"""An answer as a value: what the steps of the edge hand to each other, and what goes over the wire in the end."""

from dataclasses import dataclass, field

Field = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer: its status, its fields in the order in which they are sent (names in small letters), its content."""

    status: int
    fields: list[Field] = field(default_factory=list)
    body: bytes = b""

    def value(self, name: bytes) -> str | None:
        """Return a field's value; None without the field."""
        return next((value.decode("latin-1") for key, value in self.fields if key == name), None)

    def adding(self, *fields: Field) -> "Answer":
        """Return this answer with more fields behind its own."""
        return Answer(self.status, [*self.fields, *fields], self.body)
