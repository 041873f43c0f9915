"""What a document does not say: names and shapes let guess it, or answers of the service have shown it."""

from .answers import Said, said_of, with_health, with_what_was_seen
from .inferred import with_guessed_access, with_guessed_pages, with_guessed_roles
from .unique import with_guessed_unique

__all__ = [
    "Said",
    "said_of",
    "with_guessed_access",
    "with_guessed_pages",
    "with_guessed_roles",
    "with_guessed_unique",
    "with_health",
    "with_what_was_seen",
]
