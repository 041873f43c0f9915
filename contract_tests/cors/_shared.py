"""What several CORS laws use."""

import re

from bookplate.faults import Request

BAD_TOKEN = {"Authorization": "Bearer of-nothing"}


def from_a_group(request: Request) -> str:
    """Return the origin of a request, if one of the groups has it."""
    origin = request.headers.get("origin", "")
    return origin if re.fullmatch(r"https://(app|office)\.example\.com", origin) else ""
