"""Groups of origins (`x-cors`): each may call what the document says, and nothing else."""

import re

from ..config import Config
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, has_origins, is_closed_to_some_pages
from ..preflights import ALLOW, SAFELISTED_METHODS, ask, fields_of, lets, methods, origins_of, preflight, to_name
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf
from ..surfaces import reading

BAD_TOKEN = {"Authorization": "Bearer of-nothing"}
UNSAFE_METHODS = ("PUT", "DELETE", "PATCH")


@experiment("CORS-05", source="OWASP API8:2023; #/x-cors", applies=has_origins)
def a_preflight_allows_the_methods_of_its_path(operation: Operation, shelf: Shelf) -> None:
    """
    A preflight allows exactly the methods of its path that the groups of its origin may call.

    Each is asked for by itself, and so is one that the document does not have there. HEAD beside GET, and OPTIONS, are
    nobody's secret.
    """
    config = shelf.accounts.config
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(to_name(operation))
    on_path = [each for each in shelf.document.operations if each.path == operation.path]
    absent = [method for method in UNSAFE_METHODS if method not in {each.method for each in on_path}]
    for origin in origins:
        callable_here = [each for each in on_path if origin in origins_of(each, config)]
        wanted = {each.method for each in callable_here}
        harmless = {"OPTIONS", *(["HEAD"] if "GET" in wanted else [])}
        unsaid = {each.method for each in on_path if each.origins is None}

        for method in [*(each.method for each in on_path), *absent[:1]]:
            answer = preflight(shelf, operation, origin, method)
            allowed = methods(answer) if lets(answer, origin) else set()
            if extra := allowed - wanted - harmless - unsaid:
                observed = f"{min(extra)} is allowed to {origin} on {operation.path}"
                raise Violation(observed, expected=f"only {', '.join(sorted(wanted))}", exchanges=[answer])
            if method in wanted - SAFELISTED_METHODS - allowed:
                observed = f"{method} is not allowed to {origin} on {operation.path}"
                raise Violation(observed, expected=f"{', '.join(sorted(wanted))}", exchanges=[answer])


@experiment("CORS-06", source="OWASP API8:2023; #/x-cors", applies=is_closed_to_some_pages)
def other_groups_may_not_call(operation: Operation, shelf: Shelf) -> None:
    """
    An origin whose groups may not call an operation is allowed neither by the preflight nor by the answer.

    This needs an origin of each group in contract.toml.
    """
    config = shelf.accounts.config
    strangers = foreign_origins(operation, config)
    if not strangers:
        raise NotChecked(two_to_name(operation))
    for origin in strangers:
        asked = preflight(shelf, operation, origin, fields=fields_of(operation))
        method_is_allowed = operation.method in methods(asked) | SAFELISTED_METHODS or "*" in methods(asked)
        if lets(asked, origin) and method_is_allowed:
            raise refused_too_little(operation, origin, asked)
        answers = [ask(shelf, operation, operation.method, {"Origin": origin} | BAD_TOKEN)]
        if operation.method == "GET":
            visit = reading(shelf, operation)
            answers.append(shelf.ask(visit, visit.caller if operation.secured else None, {"Origin": origin}))
        for answer in answers:
            if lets(answer, origin):
                raise refused_too_little(operation, origin, answer)


def foreign_origins(operation: Operation, config: Config) -> list[str]:
    """Return the origins that contract.toml names for other groups and for none that may call an operation."""
    own = origins_of(operation, config)
    others = dict.fromkeys(config.origin_of(group) for group in operation.other_origins)
    return [origin for origin in others if origin is not None and origin not in own]


def two_to_name(operation: Operation) -> str:
    """Return what contract.toml has to say so that groups of origins can be told apart."""
    groups = sorted({*(operation.origins or ()), *operation.other_origins})
    wanted = ", ".join(f'{group} = "https://..."' for group in groups)
    return f"contract.toml names no origin that may not call it: write [origins] with {wanted}, each its own"


def refused_too_little(operation: Operation, origin: str, answer: Exchange) -> Violation:
    groups = ", ".join(operation.origins or ()) or "nobody"
    return Violation(f"{origin} is allowed", expected=f"only origins of {groups}", exchanges=[answer])


def from_a_group(request: Request) -> str:
    """Return the origin of a request, if one of the groups has it."""
    origin = request.headers.get("origin", "")
    return origin if re.fullmatch(r"https://(app|office)\.example\.com", origin) else ""


@a_preflight_allows_the_methods_of_its_path.broken_by
def every_method_of_the_service(request: Request, answer: Answer) -> None:
    """Preflights allow whatever method the service has anywhere."""
    answer.edit(f"{ALLOW}methods", ".+", "DELETE, GET, HEAD, PATCH, POST, PUT")


@a_preflight_allows_the_methods_of_its_path.broken_by
def every_method_of_the_path(request: Request, answer: Answer) -> None:
    """Preflights allow the methods of the path to every group that may call one of them."""
    if re.search(r"/users/\d+$", request.path):
        answer.edit(f"{ALLOW}methods", ".+", "DELETE, GET, HEAD, PATCH")


@a_preflight_allows_the_methods_of_its_path.broken_by
def whatever_is_asked_for(request: Request, answer: Answer) -> None:
    """Preflights allow the method that they are asked for."""
    if from_a_group(request) and (method := request.headers.get("access-control-request-method")):
        answer.headers |= {f"{ALLOW}origin": from_a_group(request), f"{ALLOW}methods": method}


@a_preflight_allows_the_methods_of_its_path.broken_by
def any_method_by_a_wildcard(request: Request, answer: Answer) -> None:
    """Preflights allow `*`."""
    answer.edit(f"{ALLOW}methods", ".+", "*")


@a_preflight_allows_the_methods_of_its_path.broken_by
def the_path_has_one_method(request: Request, answer: Answer) -> None:
    """Preflights allow the first method of the path alone."""
    answer.edit(f"{ALLOW}methods", ",.*", "")


@other_groups_may_not_call.broken_by
def one_list_for_all_operations(request: Request, answer: Answer) -> None:
    """An origin that may call one operation may call all."""
    if origin := from_a_group(request):
        answer.headers |= {f"{ALLOW}origin": origin, f"{ALLOW}methods": "DELETE, GET, HEAD, PATCH, POST, PUT"}


@other_groups_may_not_call.broken_by
def only_preflights_look_at_groups(request: Request, answer: Answer) -> None:
    """Answers can be read by every group."""
    if request.method != "OPTIONS" and (origin := from_a_group(request)):
        answer.headers |= {f"{ALLOW}origin": origin}


@other_groups_may_not_call.broken_by
def only_answers_look_at_groups(request: Request, answer: Answer) -> None:
    """Preflights allow every group, and the request takes effect."""
    if request.method == "OPTIONS" and (origin := from_a_group(request)):
        method = request.headers.get("access-control-request-method", "")
        answer.headers |= {f"{ALLOW}origin": origin, f"{ALLOW}methods": method}
