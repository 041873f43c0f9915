"""Cross-origin requests, as the Fetch standard has them: pages of an allowed origin may, pages of no other."""

import re

from ..fault import Answer, Request
from ..operation import Operation, has_body, is_conditional_read, is_open_to_pages
from ..preflights import (
    ALLOW,
    SAFELISTED_METHODS,
    ask,
    fields_of,
    lets,
    listed,
    methods,
    origins_of,
    preflight,
    to_name,
)
from ..rule import SHOULD, Violation, experiment
from ..shelf import Shelf
from ..surfaces import reading

READABLE = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
BAD_TOKEN = {"Authorization": "Bearer of-nothing"}


@experiment("CORS-01", source="OWASP API8:2023; #/paths", applies=is_open_to_pages)
def preflights_are_answered(operation: Operation, shelf: Shelf) -> str:
    """A preflight of an allowed origin, without credentials, is told that the operation's method and headers may come."""
    origins = origins_of(operation, shelf.accounts.config)
    for origin in origins:
        fields = fields_of(operation)
        answer = preflight(shelf, operation, origin, fields=fields)
        allowed = listed(answer, f"{ALLOW}headers")
        # `*` stands for every field but this one.
        missing = fields - allowed if "*" not in allowed else (fields & {"authorization"}) - allowed

        observed = ""
        if not 200 <= answer.status < 300:
            observed = f"answered {answer.status}"
        elif not lets(answer, origin):
            observed = f"not for {origin}"
        elif not (methods(answer) | SAFELISTED_METHODS) & {operation.method, "*"}:
            observed = f"not for {operation.method}"
        elif missing:
            observed = f"not for {min(missing)}"
        if observed:
            raise Violation(f"the preflight is {observed}", expected="a 2xx that allows it", exchanges=[answer])
    return "" if origins else to_name(operation)


def look_alikes(origin: str) -> list[str]:
    """Return origins that are not this one, by ever so little."""
    scheme, _, host = origin.partition("://")
    near = (f"{host}.evil.test", f"evil{host}", host.replace(".", "x", 1), f"{host.partition(':')[0]}:8444")
    return ["null", f"http{'' if scheme == 'https' else 's'}://{host}", *(f"{scheme}://{each}" for each in near)]


@experiment("CORS-02", source="OWASP API8:2023; RFC 9110, section 12.5.5", applies=is_open_to_pages)
def no_other_origin_is_allowed(operation: Operation, shelf: Shelf) -> str:
    """
    Neither `null` nor a look-alike of an allowed origin is allowed, and `*` never goes with credentials.

    Where the origin is echoed, `Vary: Origin` says so.
    """
    if not (origins := origins_of(operation, shelf.accounts.config)):
        return to_name(operation)
    origin = origins[0]
    for other in (*look_alikes(origin), origin):
        answers = [preflight(shelf, operation, other, fields=fields_of(operation))]
        answers += [ask(shelf, operation, "GET", {"Origin": other})] if operation.method == "GET" else []
        for answer in answers:
            allowed, credentials = answer.header(f"{ALLOW}origin"), answer.header(f"{ALLOW}credentials")
            if allowed == other != origin or (allowed == "*" and credentials == "true"):
                raise Violation(f"{allowed} is allowed", expected=f"nobody but {origin}", exchanges=[answer])
            if allowed == origin and not listed(answer, "vary") & {"origin", "*"}:
                raise Violation("Vary does not say that it counts", expected="Vary: Origin", exchanges=[answer])
    return ""


@experiment("CORS-03", source="OWASP API8:2023; #/paths", applies=is_open_to_pages)
def errors_can_be_read(operation: Operation, shelf: Shelf) -> str:
    """Pages of an allowed origin may read errors too: no token, no item, no such method, bad content; and a 304."""
    if not (origins := origins_of(operation, shelf.accounts.config)):
        return to_name(operation)
    origin = origins[0]
    page, method = {"Origin": origin}, operation.method
    known = {"Content-Type": "text/plain"} | ({} if operation.auth_role else shelf.accounts.a.headers())
    answers = [ask(shelf, operation, "TRACE", page), ask(shelf, operation, method, page | BAD_TOKEN)]
    if has_body(operation) or operation.path_parameters:
        answers.append(ask(shelf, operation, method, page | known, b"{" if has_body(operation) else None))
    if is_conditional_read(operation):
        visit = reading(shelf, operation)
        answers.append(shelf.ask(visit, visit.caller, page | {"If-None-Match": "*"}))
    for answer in answers:
        if answer.status >= 300 and not lets(answer, origin):
            raise Violation(f"{answer.status} cannot be read by {origin}", expected="it can", exchanges=[answer])
    return ""


@experiment("CORS-04", source="OWASP API8:2023; #/paths", level=SHOULD, applies=is_open_to_pages)
def declared_headers_are_exposed(operation: Operation, shelf: Shelf) -> str:
    """Pages of an allowed origin can read every declared header of an answer: Access-Control-Expose-Headers names it."""
    if not (origins := origins_of(operation, shelf.accounts.config)):
        return to_name(operation)
    origin = origins[0]
    answer = ask(shelf, operation, operation.method, {"Origin": origin} | BAD_TOKEN)
    if operation.method == "GET":
        visit = reading(shelf, operation)
        answer = shelf.ask(visit, visit.caller if operation.secured else None, {"Origin": origin})
    declared = {name.lower() for name in operation.responses.get(str(answer.status), {}).get("headers", {})}
    exposed = listed(answer, "access-control-expose-headers")
    hidden = (declared & {name for name, _ in answer.headers}) - READABLE - exposed
    if hidden and "*" not in exposed:
        raise Violation(f"{min(hidden)} is not exposed", expected="it is named", exchanges=[answer])
    return ""


@preflights_are_answered.broken_by
def preflights_need_a_token(request: Request, answer: Answer) -> None:
    """A preflight without a token is answered 401."""
    answer.status = 401 if request.method == "OPTIONS" else answer.status


@preflights_are_answered.broken_by
def nobody_may_change(request: Request, answer: Answer) -> None:
    """Methods that change something are not among the allowed."""
    answer.edit(f"{ALLOW}methods", ".+", "GET, POST, HEAD")


@preflights_are_answered.broken_by
def tokens_may_not_come(request: Request, answer: Answer) -> None:
    """The allowed headers are `*`, which does not mean Authorization."""
    answer.edit(f"{ALLOW}headers", ".+", "*")


def let_in(request: Request, answer: Answer, origins: str) -> None:
    """Allow all origins that a pattern finds."""
    origin = request.headers.get("origin", "")
    answer.headers |= {f"{ALLOW}origin": origin} if re.search(origins, origin) else {}


@no_other_origin_is_allowed.broken_by
def whatever_ends_so(request: Request, answer: Answer) -> None:
    """Origins are compared by their end."""
    let_in(request, answer, r"app\.example\.com$")


@no_other_origin_is_allowed.broken_by
def whatever_begins_so(request: Request, answer: Answer) -> None:
    """Origins are compared by their beginning."""
    let_in(request, answer, r"^https://app\.example\.com")


@no_other_origin_is_allowed.broken_by
def sandboxes_are_allowed(request: Request, answer: Answer) -> None:
    """The origin of files and sandboxes, `null`, is allowed."""
    let_in(request, answer, "^null$")


@no_other_origin_is_allowed.broken_by
def everybody_with_credentials(request: Request, answer: Answer) -> None:
    """Everybody is allowed, with their cookies."""
    answer.headers.update({f"{ALLOW}origin": "*", f"{ALLOW}credentials": "true"})


@no_other_origin_is_allowed.broken_by
def vary_names_nothing(request: Request, answer: Answer) -> None:
    """Caches are not told that the origin counts."""
    answer.headers.pop("vary", None)


@errors_can_be_read.broken_by
def errors_come_from_outside(request: Request, answer: Answer) -> None:
    """Errors, and 304, are answered outside of what adds the headers."""
    if answer.status >= 300:
        answer.headers.pop(f"{ALLOW}origin", None)


@declared_headers_are_exposed.broken_by
def nothing_is_exposed(request: Request, answer: Answer) -> None:
    """Access-Control-Expose-Headers is left out."""
    answer.headers.pop("access-control-expose-headers", None)
