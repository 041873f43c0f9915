"""CACHE-03: cache key is the whole request."""

import re
from typing import Any

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, look_up
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Collection, Resources, origins_of
from bookplate.wire import Exchange

from ._shared import kept

VARIES = re.compile(r"\borigin\b|\*", re.IGNORECASE)


@experiment("CACHE-03", source="RFC 9111, sections 4 and 4.1; x-pagination", applies=lambda o: o.pagination is not None)
def test_cache_key_is_the_whole_request(operation: Operation, resources: Resources, collection: Collection) -> str:
    """
    Answers to one path that differ in page, size or filter are each what was asked for, one after another.

    Where an Origin makes a difference, `Vary` says so, also in the answer to who sends none.
    """
    if collection.bounds[0] > 1 or collection.bounds[1] < 2:
        return "the document allows no page small enough"
    collection.plant(2)
    page, narrow, answers = collection.page, collection.narrow, list[Exchange]()

    def ask(query: dict[str, Any], headers: dict[str, str] | None = None) -> list[Any]:
        answers.append(resources.call(collection.prepared, headers, query={**narrow, page.size: 1, **query}))
        return list(look_up(answers[-1].json(), page.items) or [])

    one, two = ask({}), ask({page.size: 2})
    second = {"page": collection.first + 1, "offset": 1, "cursor": look_up(answers[0].json(), page.next or "/-")}
    turned = {page.place: second[page.style]}
    right = {page.size: len(two) == 2 and one == two[:1], "page": ask(turned) == two[1:]}
    right |= {name: not ask({name: f"Nobody {resources.samples.unique()}"}) for name in narrow}
    origins = origins_of(operation, resources.users.config)
    ask({}, {"Origin": origins[0] if origins else "null"})
    allowed = {answer.header("access-control-allow-origin") for answer in answers}
    right["Origin"] = len(allowed) == 1 or all(VARIES.search(each.header("vary") or "") for each in answers)
    if wrong := [what for what, is_right in right.items() if not is_right]:
        raise Violation(f"'{wrong[0]}' does not count", expected="what was asked for", exchanges=answers)
    return ""


@fault(test_cache_key_is_the_whole_request)
def key_is_the_path(request: Request) -> Steps:
    """Queries are no part of the key."""
    yield from kept(request, request.path)


@fault(test_cache_key_is_the_whole_request)
def key_lacks_the_page(request: Request) -> Steps:
    """Which page, or from which cursor on, is no part of the key."""
    yield from kept(request, request.path, str({**request.query, "page": "", "cursor": ""}))


@fault(test_cache_key_is_the_whole_request)
def vary_is_silent(request: Request, answer: Answer) -> None:
    """Vary is left out."""
    answer.headers.pop("vary", None)
