"""What the document's schemas cannot say of books: check digits and exact money; and how books are written out."""

from typing import Any

from marshmallow import ValidationError, fields

from ..problems import InvalidContent, fault
from ..representation.content import RowSchema
from ..representation.timestamps import timestamp

LENGTH_OF_ISBN_10 = 10


class Isbn(fields.Field[str]):
    """An ISBN-10 or ISBN-13 with or without hyphens, kept as ISBN-13 (ISO 2108)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        digits = str(value).replace("-", "").upper()
        body = f"978{digits[:9]}" if len(digits) == LENGTH_OF_ISBN_10 else digits[:12]
        check = _check_digit_10(digits[:9]) if len(digits) == LENGTH_OF_ISBN_10 else check_digit_13(body)
        if digits[-1] != check:
            raise ValidationError("The check digit of this ISBN is wrong.")
        return body + check_digit_13(body)


class Cents(fields.Field[int]):
    """A decimal string with two places, kept as a whole number of cents."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        return int(str(value).replace(".", ""))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return decimal(value)


class BookSchema(RowSchema):
    """A book, read and written."""

    id = fields.Int(dump_only=True)
    owner_id = fields.Int(dump_only=True)
    title = fields.Str()
    author = fields.Str()
    isbn = Isbn(allow_none=True, load_default=None)
    published_year = fields.Int(allow_none=True, load_default=None)
    genre = fields.Str(allow_none=True, load_default=None)
    price = Cents(attribute="price_cents")
    created_at = fields.Function(lambda book: timestamp(book.created_at))
    updated_at = fields.Function(lambda book: timestamp(book.updated_at))


_schema = BookSchema()


def load_book(content: dict[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """
    Turn content that follows its schema into column values; `partial` leaves out what is not named.

    Raises InvalidContent with a fault for each semantic rule that is broken.
    """
    try:
        return dict(_schema.load(content, partial=partial))
    except ValidationError as error:
        messages: dict[str, list[str]] = dict(error.messages_dict)
        faults = [fault(f"/{name}", f"invalid_{name}", " ".join(texts)) for name, texts in messages.items()]
        raise InvalidContent(faults=faults) from None


def dump_book(book: Any) -> dict[str, Any]:
    """Write out one book, as the schema does: for each row the library would look all of its fields up anew."""
    return {
        "id": book.id,
        "owner_id": book.owner_id,
        "title": book.title,
        "author": book.author,
        "isbn": book.isbn,
        "published_year": book.published_year,
        "genre": book.genre,
        "price": decimal(book.price_cents),
        "created_at": timestamp(book.created_at),
        "updated_at": timestamp(book.updated_at),
    }


def decimal(cents: int) -> str:
    """Write cents as the decimal that the contract has."""
    return f"{cents // 100}.{cents % 100:02d}"


def _check_digit_10(nine: str) -> str:
    rest = -sum((10 - place) * int(digit) for place, digit in enumerate(nine)) % 11
    return "X" if rest == LENGTH_OF_ISBN_10 else str(rest)


def check_digit_13(twelve: str) -> str:
    """Return the last digit of an ISBN-13 (ISO 2108)."""
    return str(-sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(twelve)) % 10)
