"""Which draft of the RateLimit fields a document speaks of: it is no RFC yet, and drafts differ in form."""

import json
import re

from .source import Source

# The drafts are named so: draft-ietf-httpapi-ratelimit-headers-07, and draft-polli-ratelimit-headers-05 before them.
DRAFT = re.compile(r"ratelimit-headers-(\d\d)\b")


def named_draft(source: Source) -> int | None:
    """Return the number of the draft that a document names anywhere; None where it names none, or several."""
    numbers = {int(number) for number in DRAFT.findall(json.dumps(source.raw, default=str))}
    return numbers.pop() if len(numbers) == 1 else None
