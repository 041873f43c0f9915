"""What several CORS laws use."""

import re

from bookplate.contract import Operation
from bookplate.faults import Request
from bookplate.fixtures import Resources, prepare_read
from bookplate.wire import Exchange

BAD_TOKEN = {"Authorization": "Bearer of-nothing"}


def read_from_page(operation: Operation, resources: Resources, origin: str) -> Exchange:
    """Read what an operation shows, as a page of an origin does: with a token only where one is needed."""
    prepared = prepare_read(resources, operation)
    caller = prepared.caller if operation.secured else None
    return resources.ask(prepared, caller, {"Origin": origin})


def origin_of_a_group(request: Request) -> str:
    """Return the origin of a request where one of the reference's groups has it; an empty text where none does."""
    origin = request.headers.get("origin", "")
    return origin if re.fullmatch(r"https://(app|office)\.example\.com", origin) else ""
