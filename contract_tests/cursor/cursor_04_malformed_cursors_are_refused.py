"""CURSOR-04: malformed cursors are refused."""

import re

from bookplate import experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection

# None can be of a walk: they are neither numbers nor empty, and what they decode to is no place.
NONSENSE = ("not-a-cursor", "eyJ4IjpbXX0", "AAAAAAAA", "..", "~")


@experiment("CURSOR-04", source="x-pagination; OWASP API8:2023", applies=has_cursors)
def test_malformed_cursors_are_refused(collection: Collection) -> None:
    """What was never a cursor gets a documented 4xx: no crash, and never the beginning of the walk."""
    for text in NONSENSE:
        collection.refused(f"the cursor {text}", collection.get({collection.page.place: text}))


@fault(test_malformed_cursors_are_refused)
def nonsense_is_the_beginning(request: Request) -> None:
    """What cannot be read is left out."""
    if not re.search(r"\w\.\w", request.query.get("cursor", "a.b")):
        request.query.pop("cursor")


@fault(test_malformed_cursors_are_refused, statuses=(400,))
def nonsense_crashes(request: Request, answer: Answer) -> None:
    """What cannot be decoded is nobody's to catch."""
    answer.become(500, where="cursor" in request.query)
