"""CURSOR-04: malformed cursors are refused."""

import re

from bookplate import control, experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection

# None can be a cursor: they are neither numbers nor empty, and what they decode to is no position.
MALFORMED = ("not-a-cursor", "eyJ4IjpbXX0", "AAAAAAAA", "..", "~")


@experiment("CURSOR-04", source="x-pagination; OWASP API8:2023", applies=has_cursors)
def test_malformed_cursors_are_refused(collection: Collection) -> None:
    """
    A request with a text that was never a cursor gets a documented 4xx.

    Neither the first page nor a server error is a good answer. Where the document declares neither 400 nor 422 nor 4XX,
    or where cursors are values of items, every answer but a server error is accepted.

    Why it matters: when a damaged cursor is ignored, the client reads the list from the beginning again and sees no
    error. A crash on such a text shows attackers a weak place.

    To mend it: decode the cursor within one function that raises one error for all that can be wrong: coding, JSON,
    signature and types. Answer it with the documented 4xx, and never with the first page.
    """
    control(collection.get({}), "a refusal of a malformed cursor")

    for text in MALFORMED:
        answer = collection.get({collection.page.place: text})
        is_due = not collection.page.begins_after_an_item
        collection.require_refusal(f"the cursor {text}", answer, due=is_due)


@fault(test_malformed_cursors_are_refused)
def nonsense_is_the_beginning(request: Request) -> None:
    """A cursor that cannot be read is ignored."""
    cursor = request.query.get("cursor")
    # Cursors of the reference are two parts with a dot between them.
    if cursor is not None and not re.search(r"\w\.\w", cursor):
        request.query.pop("cursor")


@fault(test_malformed_cursors_are_refused, statuses=(400,))
def nonsense_crashes(request: Request, answer: Answer) -> None:
    """A cursor that cannot be decoded is an unhandled exception."""
    if "cursor" in request.query:
        answer.become(500)
