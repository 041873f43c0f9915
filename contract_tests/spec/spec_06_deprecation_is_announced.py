"""SPEC-06: deprecation is announced."""

import re
from email.utils import mktime_tz, parsedate_tz

from bookplate import SHOULD, Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange


@invariant("SPEC-06", level=SHOULD, source="RFC 9745, sections 2 and 4; RFC 8594, section 3")
def deprecation_is_announced(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """An answer says that it is deprecated if and only if its operation is, and its Sunset is not before that."""
    deprecation, sunset = exchange.header("deprecation"), exchange.header("sunset")
    deprecated = operation is not None and operation.deprecated
    if (deprecation is not None) != deprecated and exchange.status < 300:
        expected = "a Deprecation" if deprecated else "none: the operation is not deprecated"
        raise Violation(f"Deprecation: {deprecation}", expected=expected)
    told = re.fullmatch(r"@(-?\d+)", deprecation or "")
    ends = parsedate_tz(sunset or "")
    if told and ends and mktime_tz(ends) < int(told[1]):
        raise Violation(f"Sunset: {sunset} is before Deprecation: {deprecation}", expected="Sunset after Deprecation")


@fault(deprecation_is_announced)
def deprecated_unannounced(request: Request, answer: Answer) -> None:
    """Answers say that they are deprecated, and the document does not."""
    answer.headers["deprecation"] = "@1688169599"
