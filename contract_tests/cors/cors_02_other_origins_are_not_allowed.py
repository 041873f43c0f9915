"""CORS-02: other origins are not allowed."""

import re

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW,
    Resources,
    ask,
    fields_of,
    listed,
    origins_of,
    preflight,
    to_name,
)


@experiment("CORS-02", source="OWASP API8:2023; RFC 9110, section 12.5.5", applies=is_open_to_pages)
def test_other_origins_are_not_allowed(operation: Operation, resources: Resources) -> str:
    """
    Neither `null` nor a look-alike of an allowed origin is allowed, and `*` never goes with credentials.

    Where the origin is echoed, `Vary: Origin` says so.
    """
    if not (origins := origins_of(operation, resources.users.config)):
        return to_name(operation)
    origin = origins[0]
    for other in (*look_alikes(origin), origin):
        answers = [preflight(resources, operation, other, fields=fields_of(operation))]
        answers += [ask(resources, operation, "GET", {"Origin": other})] if operation.method == "GET" else []
        for answer in answers:
            allowed, credentials = answer.header(f"{ALLOW}origin"), answer.header(f"{ALLOW}credentials")
            if allowed == other != origin or (allowed == "*" and credentials == "true"):
                raise Violation(f"{allowed} is allowed", expected=f"nobody but {origin}", exchanges=[answer])
            if allowed == origin and not listed(answer, "vary") & {"origin", "*"}:
                raise Violation("Vary does not say that it counts", expected="Vary: Origin", exchanges=[answer])
    return ""


def look_alikes(origin: str) -> list[str]:
    """Return origins that are not this one, by ever so little."""
    scheme, _, host = origin.partition("://")
    near = (f"{host}.evil.test", f"evil{host}", host.replace(".", "x", 1), f"{host.partition(':')[0]}:8444")
    return ["null", f"http{'' if scheme == 'https' else 's'}://{host}", *(f"{scheme}://{each}" for each in near)]


def let_in(request: Request, answer: Answer, origins: str) -> None:
    """Allow all origins that a pattern finds."""
    origin = request.headers.get("origin", "")
    answer.headers |= {f"{ALLOW}origin": origin} if re.search(origins, origin) else {}


@fault(test_other_origins_are_not_allowed)
def whatever_ends_so(request: Request, answer: Answer) -> None:
    """Origins are compared by their end."""
    let_in(request, answer, r"app\.example\.com$")


@fault(test_other_origins_are_not_allowed)
def whatever_begins_so(request: Request, answer: Answer) -> None:
    """Origins are compared by their beginning."""
    let_in(request, answer, r"^https://app\.example\.com")


@fault(test_other_origins_are_not_allowed)
def sandboxes_are_allowed(request: Request, answer: Answer) -> None:
    """The origin of files and sandboxes, `null`, is allowed."""
    let_in(request, answer, "^null$")


@fault(test_other_origins_are_not_allowed)
def everybody_with_credentials(request: Request, answer: Answer) -> None:
    """Everybody is allowed, with their cookies."""
    answer.headers.update({f"{ALLOW}origin": "*", f"{ALLOW}credentials": "true"})


@fault(test_other_origins_are_not_allowed)
def vary_names_nothing(request: Request, answer: Answer) -> None:
    """Caches are not told that the origin counts."""
    answer.headers.pop("vary", None)
