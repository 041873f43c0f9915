"""SPEC-06: deprecation is announced."""

import re
from email.utils import mktime_tz, parsedate_tz

from bookplate import SHOULD, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange


@invariant("SPEC-06", level=SHOULD, source="RFC 9745, sections 2 and 4; RFC 8594, section 3")
def deprecation_is_announced(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    A success has a Deprecation field if and only if its operation is deprecated, and Sunset is not before Deprecation.

    Other answers may have the field or not. Deprecation is a time since 1970, such as @1688169599, and Sunset a date.

    Why it matters: developers of clients rarely read the document again. The field is the only notice that reaches their
    logs before the operation ends; a false one makes them change code that works.

    To mend it: send Deprecation from `deprecated` of the document, in one layer, and take it out with the mark. Set
    Sunset to a date that lies behind that of Deprecation.
    """
    deprecation = exchange.header("deprecation")
    sunset = exchange.header("sunset")
    is_deprecated = operation is not None and operation.deprecated

    is_as_documented = (deprecation is not None) == is_deprecated
    expected = "a Deprecation" if is_deprecated else "none: the operation is not deprecated"
    expect.that(is_as_documented or exchange.status >= 300, f"Deprecation: {deprecation}", expected=expected)

    since = re.fullmatch(r"@(-?\d+)", deprecation or "")
    ends = parsedate_tz(sunset or "")
    if since and ends:
        observed = f"Sunset: {sunset} is before Deprecation: {deprecation}"
        expect.that(mktime_tz(ends) >= int(since[1]), observed, expected="Sunset after Deprecation")


@fault(deprecation_is_announced)
def deprecation_of_a_current_operation(request: Request, answer: Answer) -> None:
    """Answers announce a deprecation that the document does not have."""
    answer.headers["deprecation"] = "@1688169599"
