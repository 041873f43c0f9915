"""CORS-05: preflight lists the methods of its path."""

import re

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, has_origins
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW,
    SAFELISTED_METHODS,
    Resources,
    lets,
    methods,
    origins_of,
    preflight,
    to_name,
)

from ._shared import from_a_group

UNSAFE_METHODS = ("PUT", "DELETE", "PATCH")


@experiment("CORS-05", source="OWASP API8:2023; #/x-cors", applies=has_origins)
def test_preflight_lists_the_methods_of_its_path(operation: Operation, resources: Resources) -> None:
    """
    A preflight allows exactly the methods of its path that the groups of its origin may call.

    Each is asked for by itself, and so is one that the document does not have there. HEAD beside GET, and OPTIONS, are
    nobody's secret.
    """
    config = resources.users.config
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(to_name(operation))
    on_path = [each for each in resources.document.operations if each.path == operation.path]
    absent = [method for method in UNSAFE_METHODS if method not in {each.method for each in on_path}]
    for origin in origins:
        callable_here = [each for each in on_path if origin in origins_of(each, config)]
        wanted = {each.method for each in callable_here}
        harmless = {"OPTIONS", *(["HEAD"] if "GET" in wanted else [])}
        unsaid = {each.method for each in on_path if each.origins is None}

        for method in [*(each.method for each in on_path), *absent[:1]]:
            answer = preflight(resources, operation, origin, method)
            allowed = methods(answer) if lets(answer, origin) else set()
            if extra := allowed - wanted - harmless - unsaid:
                observed = f"{min(extra)} is allowed to {origin} on {operation.path}"
                raise Violation(observed, expected=f"only {', '.join(sorted(wanted))}", exchanges=[answer])
            if method in wanted - SAFELISTED_METHODS - allowed:
                observed = f"{method} is not allowed to {origin} on {operation.path}"
                raise Violation(observed, expected=f"{', '.join(sorted(wanted))}", exchanges=[answer])


@fault(test_preflight_lists_the_methods_of_its_path)
def every_method_of_the_service(request: Request, answer: Answer) -> None:
    """Preflights allow whatever method the service has anywhere."""
    answer.edit(f"{ALLOW}methods", ".+", "DELETE, GET, HEAD, PATCH, POST, PUT")


@fault(test_preflight_lists_the_methods_of_its_path)
def every_method_of_the_path(request: Request, answer: Answer) -> None:
    """Preflights allow the methods of the path to every group that may call one of them."""
    if re.search(r"/users/\d+$", request.path):
        answer.edit(f"{ALLOW}methods", ".+", "DELETE, GET, HEAD, PATCH")


@fault(test_preflight_lists_the_methods_of_its_path)
def whatever_is_asked_for(request: Request, answer: Answer) -> None:
    """Preflights allow the method that they are asked for."""
    if from_a_group(request) and (method := request.headers.get("access-control-request-method")):
        answer.headers |= {f"{ALLOW}origin": from_a_group(request), f"{ALLOW}methods": method}


@fault(test_preflight_lists_the_methods_of_its_path)
def any_method_by_a_wildcard(request: Request, answer: Answer) -> None:
    """Preflights allow `*`."""
    answer.edit(f"{ALLOW}methods", ".+", "*")


@fault(test_preflight_lists_the_methods_of_its_path)
def the_path_has_one_method(request: Request, answer: Answer) -> None:
    """Preflights allow the first method of the path alone."""
    answer.edit(f"{ALLOW}methods", ",.*", "")
