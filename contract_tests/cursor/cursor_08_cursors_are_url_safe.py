"""CURSOR-08: cursors are url safe."""

import re

from bookplate import SHOULD, expect, experiment, fault
from bookplate.contract import has_opaque_cursors
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection

from ._shared import first_cursor, is_feed


@experiment("CURSOR-08", source="RFC 3986, section 2.3", level=SHOULD, applies=has_opaque_cursors)
def test_cursors_are_url_safe(collection: Collection) -> None:
    """
    A cursor consists of unreserved characters: letters, digits, `-`, `.`, `_` and `~`.

    Why it matters: many clients put the cursor into a URL as it is. There `+` and `&` mean something else, so that the
    server receives another cursor.

    To mend it: encode the cursor as base64url without `=`, or percent-encode it in links. `+`, `/` and `=` have
    another meaning in a query.
    """
    cursor = first_cursor(collection)

    reserved = re.findall(r"[^\w.~-]", cursor)

    expect.equal(reserved, [], what="reserved characters in a cursor", shown=collection.evidence)


@fault(test_cursors_are_url_safe)
def cursors_are_padded(request: Request) -> Steps:
    """Cursors are base64 with its padding."""
    if "cursor" in request.query:
        request.query["cursor"] = request.query["cursor"].rstrip("=")
    answer = yield
    if is_feed(request, answer) and answer.members["next_cursor"]:
        padded = f"{answer.members['next_cursor']}=="
        answer.put(next_cursor=padded)
