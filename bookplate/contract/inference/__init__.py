"""What a document does not say and names and shapes let guess: pages, filters, roles for signing in, owners."""

from .inferred import with_guessed_access, with_guessed_pages, with_guessed_roles

__all__ = ["with_guessed_access", "with_guessed_pages", "with_guessed_roles"]
