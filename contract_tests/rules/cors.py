"""Cross-origin requests, as the Fetch standard has them: pages of an allowed origin may, pages of no other."""

import re

from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, has_body, is_conditional_read, takes_tokens
from ..rule import SHOULD, Violation, experiment
from ..shelf import Shelf
from ..surfaces import reading

UNTOLD = "contract.toml names no allowed origin"
READABLE = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
ALLOW, BAD_TOKEN = "access-control-allow-", {"Authorization": "Bearer of-nothing"}


def listed(answer: Exchange, name: str) -> set[str]:
    """Return the parts of a header that is a list, in lower case."""
    return {part.strip() for part in (answer.header(name) or "").lower().split(",")}


def lets(answer: Exchange, origin: str) -> bool:
    return answer.header(f"{ALLOW}origin") in (origin, "*")


def ask(shelf: Shelf, of: Operation, method: str, headers: dict[str, str], body: bytes | None = None) -> Exchange:
    """Send a request that leads to no item."""
    path = of.path.format_map(of.nowhere)
    return shelf.client.send(method, path, [*headers.items()], body, operation=of)


def preflight(shelf: Shelf, operation: Operation, origin: str) -> tuple[Exchange, set[str]]:
    """Ask, as browsers do, for a request of an operation, and return which headers it would have."""
    fields = {p["name"].lower() for p in operation.parameters if p["in"] == "header"}
    fields |= {name for name, sent in (("authorization", takes_tokens), ("content-type", has_body)) if sent(operation)}
    asked = {"Origin": origin, "Access-Control-Request-Method": operation.method}
    asked |= {"Access-Control-Request-Headers": ",".join(sorted(fields))} if fields else {}
    return ask(shelf, operation, "OPTIONS", asked), fields


@experiment("CORS-01", source="OWASP API8:2023; #/paths")
def preflights_are_answered(operation: Operation, shelf: Shelf) -> str:
    """A preflight of an allowed origin, without credentials, is told that the operation's method and headers may come."""
    if (origin := shelf.accounts.config.origin) is None:
        return UNTOLD
    answer, fields = preflight(shelf, operation, origin)
    methods, headers = listed(answer, f"{ALLOW}methods") | {"get", "post"}, listed(answer, f"{ALLOW}headers")
    fields -= headers if "*" not in headers else fields - {"authorization"} | headers  # `*` does not mean it
    wanted = {f"answered {answer.status}": 200 <= answer.status < 300, f"not for {origin}": lets(answer, origin)}
    wanted |= {f"not for {operation.method}": bool(methods & {operation.method.lower(), "*"})}
    for observed, is_so in {**wanted, f"not for {min(fields, default='')}": not fields}.items():
        if not is_so:
            raise Violation(f"the preflight is {observed}", expected="a 2xx that allows it", exchanges=[answer])
    return ""


def look_alikes(origin: str) -> list[str]:
    """Return origins that are not this one, by ever so little."""
    scheme, _, host = origin.partition("://")
    near = (f"{host}.evil.test", f"evil{host}", host.replace(".", "x", 1), f"{host.partition(':')[0]}:8444")
    return ["null", f"http{'' if scheme == 'https' else 's'}://{host}", *(f"{scheme}://{each}" for each in near)]


@experiment("CORS-02", source="OWASP API8:2023; RFC 9110, section 12.5.5")
def no_other_origin_is_allowed(operation: Operation, shelf: Shelf) -> str:
    """
    Neither `null` nor a look-alike of an allowed origin is allowed, and `*` never goes with credentials.

    Where the origin is echoed, `Vary: Origin` says so.
    """
    if (origin := shelf.accounts.config.origin) is None:
        return UNTOLD
    for other in (*look_alikes(origin), origin):
        answers = [preflight(shelf, operation, other)[0]]
        answers += [ask(shelf, operation, "GET", {"Origin": other})] if operation.method == "GET" else []
        for answer in answers:
            allowed, credentials = answer.header(f"{ALLOW}origin"), answer.header(f"{ALLOW}credentials")
            if allowed == other != origin or (allowed == "*" and credentials == "true"):
                raise Violation(f"{allowed} is allowed", expected=f"nobody but {origin}", exchanges=[answer])
            if allowed == origin and not listed(answer, "vary") & {"origin", "*"}:
                raise Violation("Vary does not say that it counts", expected="Vary: Origin", exchanges=[answer])
    return ""


@experiment("CORS-03", source="OWASP API8:2023; #/paths")
def errors_can_be_read(operation: Operation, shelf: Shelf) -> str:
    """Pages of an allowed origin may read errors too: no token, no item, no such method, bad content; and a 304."""
    if (origin := shelf.accounts.config.origin) is None:
        return UNTOLD
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


@experiment("CORS-04", source="OWASP API8:2023; #/paths", level=SHOULD)
def declared_headers_are_exposed(operation: Operation, shelf: Shelf) -> str:
    """Pages of an allowed origin can read every declared header of an answer: Access-Control-Expose-Headers names it."""
    if (origin := shelf.accounts.config.origin) is None:
        return UNTOLD
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
