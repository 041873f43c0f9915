"""Facts: what is known of a service, and how."""

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")


class Origin(Enum):
    """How a fact came to be known, the strongest first."""

    DECLARED = "declared"  # the document says it, or its overlay
    CONFIRMED = "confirmed"  # it was inferred, and requests have shown it
    GUESSED = "guessed"  # it was inferred from names and shapes alone


@dataclass(frozen=True)
class Fact(Generic[T]):
    """A value with its origin; `evidence` says in a few words what it rests on."""

    value: T
    origin: Origin
    evidence: str

    @property
    def is_declared(self) -> bool:
        """Whether the document says it itself, or its overlay."""
        return self.origin is Origin.DECLARED


def declared(value: T, evidence: str) -> Fact[T]:
    """Return a fact that the document says itself."""
    return Fact(value, Origin.DECLARED, evidence)
