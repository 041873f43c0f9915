"""Bounds: the sizes, numbers and cursors that may be asked for, and that all others are refused."""

import re

from ..collection import Collection
from ..fault import Answer, Request
from ..operation import has_cursors, is_collection
from ..rule import experiment

HUGE = 10**30
# None can be of a walk: they are neither numbers nor empty, and what they decode to is no place.
NONSENSE = ("not-a-cursor", "eyJ4IjpbXX0", "AAAAAAAA", "..", "~")


@experiment("PAGE-03", source="x-pagination; OWASP API4:2023", applies=is_collection)
def sizes_and_numbers_have_bounds(collection: Collection) -> None:
    """
    A size or a page number that its schema forbids gets a documented 4xx: it is neither obeyed, nor bent, nor a crash.

    One so large or so small that nothing was said of it is no crash either.
    """
    for name in filter(None, map(collection.page.get, ("size", "page"))):
        schema = collection.schema_of(name)
        for value in ("text", -1, schema.get("minimum", 1) - 1, schema.get("maximum", HUGE) + 1, HUGE):
            forbidden = bool(collection.shelf.document.violations(schema, value))
            collection.refused(f"{name}={value}", collection.get({name: value}), due=forbidden)


@experiment("CURSOR-04", source="x-pagination; OWASP API8:2023", applies=has_cursors)
def nonsense_is_no_cursor(collection: Collection) -> None:
    """What was never a cursor gets a documented 4xx: no crash, and never the beginning of the walk."""
    for text in NONSENSE:
        collection.refused(f"the cursor {text}", collection.get({collection.page["cursor"]: text}))


@sizes_and_numbers_have_bounds.broken_by
def too_large_is_clamped(request: Request) -> None:
    """Sizes beyond the largest are silently taken for the largest."""
    request.query |= {"per_page": "100"} if request.query.get("per_page") == "101" else {}


@sizes_and_numbers_have_bounds.broken_by
def any_size_is_allowed(request: Request, answer: Answer) -> None:
    """A size of zero is granted, by pages without items."""
    answer.become(200, {"items": []}, where=request.query.get("per_page", request.query.get("limit")) == "0")


@sizes_and_numbers_have_bounds.broken_by
def pages_before_the_first_crash(request: Request, answer: Answer) -> None:
    """An offset below zero is the database's to refuse."""
    answer.become(500, where=request.query.get("page", "").startswith("-"))


@nonsense_is_no_cursor.broken_by
def nonsense_is_the_beginning(request: Request) -> None:
    """What cannot be read is left out."""
    if not re.search(r"\w\.\w", request.query.get("cursor", "a.b")):
        request.query.pop("cursor")


@nonsense_is_no_cursor.broken_at(400)
def nonsense_crashes(request: Request, answer: Answer) -> None:
    """What cannot be decoded is nobody's to catch."""
    answer.become(500, where="cursor" in request.query)
