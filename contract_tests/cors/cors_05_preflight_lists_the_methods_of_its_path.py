"""CORS-05: a preflight allows the methods that its origin may call, and no others."""

import re

from bookplate import NotChecked, Severity, expect, experiment, fault
from bookplate.contract import Operation, has_origins
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    SAFELISTED_METHODS,
    Config,
    Resources,
    allowed_methods,
    allows_origin,
    missing_origin,
    origins_of,
    send_preflight,
)

from ._shared import origin_of_a_group


@experiment("CORS-05", source="OWASP API8:2023; #/x-cors", applies=has_origins, severity=Severity.CONTRACT)
def test_preflight_lists_the_methods_of_its_path(operation: Operation, resources: Resources, config: Config) -> None:
    """
    A preflight allows exactly the methods of its path that the groups of its origin may call.

    A preflight is sent for each method of the path, and for one that the path does not have. HEAD, where there is GET,
    and OPTIONS may be listed. A method whose operation declares no groups may be listed or not.

    Why it matters: a page of one application could otherwise delete or change what only another one may. When a
    method is missing, pages that may call it fail.

    To mend it: choose the methods by path and by the groups of the origin, from the document or from the table of
    routes. Do not send what was asked for back, and no list for the whole service.
    """
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(missing_origin(operation))
    on_path = [each for each in resources.document.operations if each.path == operation.path]

    for origin in origins:
        wanted = {each.method for each in on_path if origin in origins_of(each, config)}
        tolerated = wanted | harmless_methods(wanted) | {each.method for each in on_path if each.origins is None}
        for method in [*(each.method for each in on_path), *absent_method(on_path)]:
            answer = send_preflight(resources, operation, origin, method)

            listed = allowed_methods(answer) if allows_origin(answer, origin) else set()
            expected = f"{', '.join(sorted(wanted))} on {operation.path} for {origin}"
            extra = listed - tolerated
            expect.that(not extra, f"allowed too: {', '.join(sorted(extra))}", expected=expected, shown=[answer])
            if method in wanted - SAFELISTED_METHODS:
                expect.that(method in listed, f"not allowed: {method}", expected=expected, shown=[answer])


def harmless_methods(methods: set[str]) -> set[str]:
    """Return the methods that may be listed beside these, since they do no more."""
    if "GET" in methods:
        return {"OPTIONS", "HEAD"}
    return {"OPTIONS"}


UNSAFE_METHODS = ("PUT", "DELETE", "PATCH")


def absent_method(on_path: list[Operation]) -> list[str]:
    """Return an unsafe method that no operation of a path has, as a list; an empty one where they have all."""
    present = {each.method for each in on_path}
    return [method for method in UNSAFE_METHODS if method not in present][:1]


@fault(test_preflight_lists_the_methods_of_its_path)
def every_method_of_the_service(request: Request, answer: Answer) -> None:
    """Preflights allow every method that the service has on any path."""
    answer.edit(ALLOW_METHODS, ".+", "DELETE, GET, HEAD, PATCH, POST, PUT")


@fault(test_preflight_lists_the_methods_of_its_path)
def every_method_of_the_path(request: Request, answer: Answer) -> None:
    """Preflights allow all methods of the path to every group that may call one of them."""
    if re.search(r"/users/\d+$", request.path):
        answer.edit(ALLOW_METHODS, ".+", "DELETE, GET, HEAD, PATCH")


@fault(test_preflight_lists_the_methods_of_its_path)
def the_requested_method_is_allowed(request: Request, answer: Answer) -> None:
    """Preflights allow the method that they ask for."""
    origin = origin_of_a_group(request)
    method = request.headers.get("access-control-request-method")
    if origin and method:
        answer.headers[ALLOW_ORIGIN] = origin
        answer.headers[ALLOW_METHODS] = method


@fault(test_preflight_lists_the_methods_of_its_path)
def any_method_by_a_wildcard(request: Request, answer: Answer) -> None:
    """Preflights allow the methods `*`."""
    answer.edit(ALLOW_METHODS, ".+", "*")


@fault(test_preflight_lists_the_methods_of_its_path)
def only_the_first_method_is_listed(request: Request, answer: Answer) -> None:
    """Preflights allow the first method of the path alone."""
    answer.edit(ALLOW_METHODS, ",.*", "")
