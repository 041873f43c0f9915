"""CORS-06: other origin groups are refused."""

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_closed_to_some_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW,
    SAFELISTED_METHODS,
    Resources,
    ask,
    fields_of,
    lets,
    methods,
    origins_of,
    preflight,
    reading,
)
from bookplate.target import Config
from bookplate.wire import Exchange

from ._shared import from_a_group

BAD_TOKEN = {"Authorization": "Bearer of-nothing"}


@experiment("CORS-06", source="OWASP API8:2023; #/x-cors", applies=is_closed_to_some_pages)
def test_other_origin_groups_are_refused(operation: Operation, resources: Resources) -> None:
    """
    An origin whose groups may not call an operation is allowed neither by the preflight nor by the answer.

    This needs an origin of each group in contract.toml.
    """
    config = resources.users.config
    strangers = foreign_origins(operation, config)
    if not strangers:
        raise NotChecked(two_to_name(operation))
    for origin in strangers:
        asked = preflight(resources, operation, origin, fields=fields_of(operation))
        method_is_allowed = operation.method in methods(asked) | SAFELISTED_METHODS or "*" in methods(asked)
        if lets(asked, origin) and method_is_allowed:
            raise refused_too_little(operation, origin, asked)
        answers = [ask(resources, operation, operation.method, {"Origin": origin} | BAD_TOKEN)]
        if operation.method == "GET":
            prepared = reading(resources, operation)
            answers.append(resources.ask(prepared, prepared.caller if operation.secured else None, {"Origin": origin}))
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


@fault(test_other_origin_groups_are_refused)
def one_list_for_all_operations(request: Request, answer: Answer) -> None:
    """An origin that may call one operation may call all."""
    if origin := from_a_group(request):
        answer.headers |= {f"{ALLOW}origin": origin, f"{ALLOW}methods": "DELETE, GET, HEAD, PATCH, POST, PUT"}


@fault(test_other_origin_groups_are_refused)
def only_preflights_look_at_groups(request: Request, answer: Answer) -> None:
    """Answers can be read by every group."""
    if request.method != "OPTIONS" and (origin := from_a_group(request)):
        answer.headers |= {f"{ALLOW}origin": origin}


@fault(test_other_origin_groups_are_refused)
def only_answers_look_at_groups(request: Request, answer: Answer) -> None:
    """Preflights allow every group, and the request takes effect."""
    if request.method == "OPTIONS" and (origin := from_a_group(request)):
        method = request.headers.get("access-control-request-method", "")
        answer.headers |= {f"{ALLOW}origin": origin, f"{ALLOW}methods": method}
