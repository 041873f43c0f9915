"""What several COND laws use."""

from bookplate import Violation
from bookplate.wire import Exchange

# An entity tag that no representation has.
UNKNOWN_TAG = '"of-nothing-at-all"'


def etag_of(answer: Exchange) -> str:
    """Return the ETag of an answer; Violation where it has none."""
    tag = answer.header("etag")
    if tag is None:
        raise Violation(f"{answer.summary()} without an ETag", expected="an ETag", exchanges=[answer])
    return tag
