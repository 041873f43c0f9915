"""CURSOR-08: cursors are url safe."""

import re

from bookplate import SHOULD, experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection

from ._shared import fed, start


@experiment("CURSOR-08", source="RFC 3986, section 2.3", level=SHOULD, applies=has_cursors)
def test_cursors_are_url_safe(collection: Collection) -> None:
    """A cursor is made of unreserved characters, so that it can stand in a URL as it is."""
    collection.expect("reserved characters in a cursor", re.findall(r"[^\w.~-]", start(collection)), [])


@fault(test_cursors_are_url_safe)
def cursors_are_padded(request: Request) -> Steps:
    """The alphabet is that of base64, with its padding."""
    request.query |= {name: value.rstrip("=") for name, value in request.query.items() if name == "cursor"}
    yield from fed(request, lambda body: body["next_cursor"] and {"next_cursor": f"{body['next_cursor']}=="})
