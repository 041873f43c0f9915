"""PROBE-01: versions of software stay unsaid."""

import re

from bookplate import SHOULD, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange

# Fields by which servers and frameworks name themselves.
NAMING = ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-runtime-version")
VERSION = re.compile(r"\d+\.\d+")


@invariant("PROBE-01", source="RFC 9110, section 17.12; OWASP API8:2023", owasp=("API8:2023",), level=SHOULD)
def versions_of_software_stay_unsaid(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    No header field of an answer says which version of a server or a framework is running.

    Why it matters: a version tells an attacker which known mistakes to try, and tells a client nothing that it needs.

    To mend it: switch off the fields by which servers and frameworks name themselves, such as Server and
    X-Powered-By, or remove them in the proxy in front.
    """
    said = [f"{name}: {value}" for name, value in exchange.headers if name in NAMING and VERSION.search(value)]
    expect.that(
        not said,
        ", ".join(said),
        expected="no version of software",
        shown=[exchange],
        defect="header fields say which software runs, and in which version",
    )


@fault(versions_of_software_stay_unsaid)
def framework_names_its_version(request: Request, answer: Answer) -> None:
    """X-Powered-By names a framework and its version."""
    answer.headers["x-powered-by"] = "Express/4.18.2"
