"""Faults of what an id in a path may look like, and of what a conflict says that a change of an item meets."""

import unicodedata

from bookplate.faults import Answer, Request

from ._written import breaks


@breaks("P-020", laws="ERR-11 STATE-04 ROBUST-05")
def ids_may_end_with_a_line_feed(request: Request) -> None:
    """An id with an encoded line feed behind it is the id, as the pattern of the route ends with `$`."""
    request.path = request.path.removesuffix("\n")


@breaks("P-020", laws="ERR-11 STATE-04 ROBUST-05")
def ids_may_end_with_an_encoded_slash(request: Request) -> None:
    """A slash at the end of a path is taken away after it was decoded, so that `7%2F` is 7."""
    request.path = request.path.rstrip("/")


@breaks("P-019", "P-020", laws="ERR-11 STATE-04 ROBUST-05")
def ids_may_have_other_digits(request: Request) -> None:
    """An id in digits of full width is read as a number, as `int` does."""
    request.path = unicodedata.normalize("NFKC", request.path)


@breaks("P-020", laws="ERR-11 STATE-04 ROBUST-05")
def ids_may_have_spaces(request: Request) -> None:
    """An id with a space behind it is the id, as `int` reads it."""
    request.path = request.path.rstrip(" ")


@breaks("P-183", laws="CONC-01 ERR-08", statuses=(409,))
def a_change_conflicts_with_its_path(request: Request, answer: Answer) -> None:
    """Where a change takes the value of another item, the conflict points at the id in the path."""
    listed = answer.members.get("errors") or []
    if request.method in ("PUT", "PATCH"):
        answer.put(errors=[{**each, "pointer": "/path/book_id"} for each in listed])
