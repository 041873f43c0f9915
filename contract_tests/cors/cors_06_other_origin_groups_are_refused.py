"""CORS-06: an operation is closed to origins of other groups."""

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_closed_to_some_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    Config,
    Resources,
    allows_method,
    allows_origin,
    origins_of,
    requested_fields,
    send_preflight,
    send_to_no_item,
)
from bookplate.wire import Exchange

from ._shared import BAD_TOKEN, origin_of_a_group, read_from_page


@experiment("CORS-06", source="OWASP API8:2023; #/x-cors", owasp=("API8:2023",), applies=is_closed_to_some_pages)
def test_other_origin_groups_are_refused(operation: Operation, resources: Resources, config: Config) -> None:
    """
    An origin whose groups may not call an operation is allowed neither by the preflight nor by the answer itself.

    This needs an origin of each group in bookplate.toml.

    Why it matters: a script on a page of one application, such as the public one, could otherwise call operations
    of another. A flaw in the public page then opens the back office too.

    To mend it: look up the groups of the origin for the operation, in the preflight and in the answer itself, by
    one function. Send no Access-Control-Allow-Origin where it may not call it, and let the request have no effect.
    """
    origins = foreign_origins(operation, config)
    if not origins:
        raise NotChecked(missing_origins(operation))

    for origin in origins:
        preflight = send_preflight(resources, operation, origin, fields=requested_fields(operation))
        if allows_method(preflight, operation.method):
            origin_is_refused(operation, origin, preflight)

        answers = [send_to_no_item(resources, operation, operation.method, {"Origin": origin} | BAD_TOKEN)]
        if operation.method == "GET":
            answers.append(read_from_page(operation, resources, origin))
        for answer in answers:
            origin_is_refused(operation, origin, answer)
    for origin in origins_of(operation, config)[:1]:
        own = send_preflight(resources, operation, origin, fields=requested_fields(operation))
        if not allows_origin(own, origin):
            raise NotChecked(f"not even {origin} is allowed, which may call it: correct it in bookplate.toml")


def origin_is_refused(operation: Operation, origin: str, answer: Exchange) -> None:
    """Expect an answer not to allow an origin."""
    groups = ", ".join(operation.origins or ()) or "no group"
    expect.that(
        not allows_origin(answer, origin),
        f"{origin} is allowed",
        expected=f"only origins of {groups}",
        shown=[answer],
    )


def foreign_origins(operation: Operation, config: Config) -> list[str]:
    """Return the origins that bookplate.toml names for other groups and for none that may call an operation."""
    own = origins_of(operation, config)
    others = dict.fromkeys(config.origin_of(group) for group in operation.other_origins)
    return [origin for origin in others if origin is not None and origin not in own]


def missing_origins(operation: Operation) -> str:
    """Return what is missing in bookplate.toml where it names no origin that may not call an operation."""
    groups = sorted({*(operation.origins or ()), *operation.other_origins})
    wanted = ", ".join(f'{group} = "https://..."' for group in groups)
    return f"bookplate.toml names no origin that may not call it: write [origins] with {wanted}, each its own"


@fault(test_other_origin_groups_are_refused)
def one_list_for_all_operations(request: Request, answer: Answer) -> None:
    """An origin that may call one operation may call all."""
    origin = origin_of_a_group(request)
    if origin:
        answer.headers[ALLOW_ORIGIN] = origin
        answer.headers[ALLOW_METHODS] = "DELETE, GET, HEAD, PATCH, POST, PUT"


@fault(test_other_origin_groups_are_refused)
def answers_ignore_groups(request: Request, answer: Answer) -> None:
    """Only preflights look at groups: pages of every group can read the answers."""
    origin = origin_of_a_group(request)
    if origin and request.method != "OPTIONS":
        answer.headers[ALLOW_ORIGIN] = origin


@fault(test_other_origin_groups_are_refused)
def preflights_ignore_groups(request: Request, answer: Answer) -> None:
    """Only answers look at groups: preflights allow every group, and the request takes effect."""
    origin = origin_of_a_group(request)
    if origin and request.method == "OPTIONS":
        answer.headers[ALLOW_ORIGIN] = origin
        answer.headers[ALLOW_METHODS] = request.headers.get("access-control-request-method", "")
