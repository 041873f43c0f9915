"""CORS-02: no origin is allowed but those of bookplate.toml."""

import re

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW_CREDENTIALS,
    ALLOW_ORIGIN,
    Config,
    Resources,
    allows_origin,
    field_members,
    missing_origin,
    origins_of,
    requested_fields,
    send_preflight,
    send_to_no_item,
)
from bookplate.wire import Exchange


@experiment(
    "CORS-02", source="OWASP API8:2023; RFC 9110, section 12.5.5", owasp=("API8:2023",), applies=is_open_to_pages
)
def test_other_origins_are_not_allowed(operation: Operation, resources: Resources, config: Config) -> None:
    """
    The origin `null`, or one that only resembles an allowed origin, is not allowed.

    `*` is never combined with credentials. An answer that names the origin of its request carries `Vary: Origin`.
    Preflights are tried, and answers to GET. A service that lets every origin read, without credentials, names none but
    could as well answer `*`: where the document declares no groups of origins, that is left alone.

    Why it matters: a page of an attacker's domain can otherwise read what the API shows to a visitor. Without
    `Vary`, a cache gives one site the answer for another, which the browser then blocks.

    To mend it: compare the whole origin with each entry of a list: scheme, host and port. No search for a part, no
    beginning, no end, no pattern without anchors, and never `null`. Send `Vary: Origin` with each answer.
    """
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(missing_origin(operation))
    allowed = origins[0]
    is_public = operation.origins is None and lets_everybody_read(operation, resources)
    others = [] if is_public else look_alikes(allowed)
    is_ever_allowed = False

    for origin in (*others, allowed):
        answers = [send_preflight(resources, operation, origin, fields=requested_fields(operation))]
        if operation.method == "GET":
            answers.append(send_to_no_item(resources, operation, "GET", {"Origin": origin}))

        for answer in answers:
            one_origin_is_allowed(answer, origin, allowed)
            is_ever_allowed = is_ever_allowed or allows_origin(answer, allowed)
    if not is_ever_allowed:
        raise NotChecked(f"not even {allowed} is allowed, which bookplate.toml names: correct its origin")


def lets_everybody_read(operation: Operation, resources: Resources) -> bool:
    """Tell whether an origin that resembles none is allowed, without credentials."""
    answer = send_preflight(resources, operation, UNRELATED, fields=requested_fields(operation))
    return allows_origin(answer, UNRELATED) and answer.header(ALLOW_CREDENTIALS) != "true"


# An origin that nobody can have (RFC 6761, section 6.4).
UNRELATED = "https://unrelated.invalid"


def one_origin_is_allowed(answer: Exchange, origin: str, allowed: str) -> None:
    """Expect the answer to a request of an origin to allow no other than the allowed one."""
    named = answer.header(ALLOW_ORIGIN)
    if origin != allowed:
        expect.that(
            named != origin,
            f"{answer.summary()} and lets pages of {origin} read it",
            expected=f"no origin but {allowed}",
            shown=[answer],
        )
    expect.that(
        named != "*" or answer.header(ALLOW_CREDENTIALS) != "true",
        "every origin is allowed, with credentials",
        expected=f"no origin but {allowed}",
        shown=[answer],
    )
    if named == allowed:
        expect.that(
            bool(field_members(answer, "vary") & {"origin", "*"}),
            f"{answer.summary()} with Vary: {answer.header('vary') or 'none'}, although it names the origin of the request",
            expected="Vary: Origin",
            shown=[answer],
        )


def look_alikes(origin: str) -> list[str]:
    """
    Return origins that resemble this one: `null`, the other scheme, and hosts and ports that differ a little.

    On the own machine all ports and schemes belong to one developer.
    """
    scheme, _, host = origin.partition("://")
    other_scheme = "http" if scheme == "https" else "https"
    name = host.partition(":")[0]
    same_host = [f"{other_scheme}://{host}", f"{scheme}://{name}:8444"]
    return [
        "null",
        f"{scheme}://{host}.evil.test",
        f"{scheme}://evil{host}",
        f"{scheme}://{host.replace('.', 'x', 1)}",
        *([] if name in ("localhost", "127.0.0.1") else same_host),
    ]


def allow_matching(request: Request, answer: Answer, pattern: str) -> None:
    """Allow the origin of a request where a pattern finds something in it."""
    origin = request.headers.get("origin", "")
    if re.search(pattern, origin):
        answer.headers[ALLOW_ORIGIN] = origin


@fault(test_other_origins_are_not_allowed)
def origins_are_compared_by_their_end(request: Request, answer: Answer) -> None:
    """Every origin that ends like an allowed one is allowed."""
    allow_matching(request, answer, r"app\.example\.com$")


@fault(test_other_origins_are_not_allowed)
def origins_are_compared_by_their_beginning(request: Request, answer: Answer) -> None:
    """Every origin that begins like an allowed one is allowed."""
    allow_matching(request, answer, r"^https://app\.example\.com")


@fault(test_other_origins_are_not_allowed)
def the_null_origin_is_allowed(request: Request, answer: Answer) -> None:
    """The origin of local files and sandboxed frames, `null`, is allowed."""
    allow_matching(request, answer, "^null$")


@fault(test_other_origins_are_not_allowed)
def any_origin_with_credentials(request: Request, answer: Answer) -> None:
    """Every origin is allowed, with credentials."""
    answer.headers[ALLOW_ORIGIN] = "*"
    answer.headers[ALLOW_CREDENTIALS] = "true"


@fault(test_other_origins_are_not_allowed)
def vary_does_not_name_the_origin(request: Request, answer: Answer) -> None:
    """Vary is left out, so that caches ignore the origin."""
    answer.headers.pop("vary", None)
