"""Made-up books for development: the same ones for the same number."""

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import insert, select

from ..backends.store import db, now
from ..backends.transactions import Store
from ..users.models import User
from .models import Book
from .schemas import check_digit_13
from .search import search_text
from .service import touched_books

CHUNK = 2000
OWNER = "sample-owner"
FIRST = ("Quiet", "Hidden", "Northern", "Paper", "Copper", "Seventh", "Borrowed", "Distant", "Salted", "Velvet")
SECOND = ("Garden", "Library", "Harbour", "Engine", "Orchard", "Letter", "Mountain", "Clock", "River", "Archive")
NAMES = ("Ada Example", "Ben Sample", "Cleo Madeup", "Dan Fictive", "Eve Placeholder", "Finn Invented", "Gus Nobody")
GENRES = ("fiction", "non_fiction", "science", "history", None)


class SampleBooks:
    """The sample books that are still missing from the store."""

    def __init__(self, store: Store, wanted: int) -> None:
        self._store = store
        self._owner_id = _owner(store)
        present = set(db.session.scalars(select(Book.isbn).where(Book.owner_id == self._owner_id)))
        self._numbers = [number for number in range(wanted) if _isbn(number) not in present]
        self.missing = len(self._numbers)

    def insert_chunks(self) -> Iterator[int]:
        """Insert the missing books; yield how many are done with each chunk."""
        for start in range(0, self.missing, CHUNK):
            rows = [_book(number, self._owner_id) for number in self._numbers[start : start + CHUNK]]
            with self._store.writing(touched_books(self._owner_id)) as session:
                session.execute(insert(Book), rows)
            yield len(rows)


def _owner(store: Store) -> int:
    owner_id = db.session.scalar(select(User.id).where(User.username_key == OWNER))
    if owner_id is not None:
        return owner_id
    # No password has this hash: nobody can log in as the owner of the samples.
    owner = User(email=f"{OWNER}@example.com", email_key=f"{OWNER}@example.com", username=OWNER, username_key=OWNER)
    owner.password_hash = "!"
    with store.writing(()) as session:
        session.add(owner)
        session.flush()
        return owner.id


def _isbn(number: int) -> str:
    twelve = f"979{number:09d}"
    return twelve + check_digit_13(twelve)


def _book(number: int, owner_id: int) -> dict[str, Any]:
    choice = Random(number)
    title = f"The {choice.choice(FIRST)} {choice.choice(SECOND)} {number}"
    author, moment = choice.choice(NAMES), now()
    return {
        "owner_id": owner_id,
        "title": title,
        "author": author,
        "isbn": _isbn(number),
        "published_year": choice.randint(1900, 2026),
        "genre": choice.choice(GENRES),
        "price_cents": choice.randint(100, 9999),
        "search_text": search_text(title, author),
        "created_at": moment,
        "updated_at": moment,
    }
