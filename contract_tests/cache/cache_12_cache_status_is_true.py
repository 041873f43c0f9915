"""CACHE-12: cache status is true."""

import re

from bookplate import expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, prepare_read
from bookplate.wire import Exchange

FIELD = "Cache-Status"
HIT = re.compile(r";\s*hit\b")


def tells_of_its_cache(operation: Operation) -> bool:
    """The document lets the server keep its answers, and the answers say where they come from."""
    return operation.cache is not None and operation.success.header(FIELD) is not None


@experiment("CACHE-12", source="RFC 9211, section 2.1; x-cache", applies=tells_of_its_cache)
def test_cache_status_is_true(operation: Operation, resources: Resources) -> None:
    """
    The first answer about a new item is no hit in Cache-Status, nor is one to a user who goes around the cache.

    `bypass` of `x-cache` names the parameter, or the directive of the request, that goes around the cache. It is sent with
    a token, after the same request without it was sent twice. A list, of which somebody may have asked before, is tried
    with the bypass alone.

    Why it matters: people look at this field to find out whether they see what is stored or what is true. An operator who
    goes around the cache, and is shown it all the same, looks for a mistake in the wrong place.
    """
    # Somebody may have asked about an account that other laws use too.
    prepared = resources.prepare(operation) if operation.path_parameters else prepare_read(resources, operation)
    first = resources.call(prepared)
    resources.call(prepared)

    if prepared.item is not None:
        expect.that(not says_hit(first), f"the first answer: {first.header(FIELD)}", expected="no hit", shown=[first])
    bypass = operation.cache.bypass if operation.cache else None
    if bypass is not None:
        is_parameter = operation.has_parameter(bypass, "query")
        query = {bypass: "true"} if is_parameter else {}
        headers = {} if is_parameter else {"Cache-Control": bypass}
        around = resources.ask(prepared, resources.users.owner, headers, **query)
        observed = f"with {bypass}: {around.header(FIELD)}"
        expect.that(not says_hit(around), observed, expected="no hit", shown=[first, around])


def says_hit(answer: Exchange) -> bool:
    return HIT.search(answer.header(FIELD) or "") is not None


@fault(test_cache_status_is_true)
def everything_is_a_hit(request: Request, answer: Answer) -> None:
    """Every answer says that it comes from the cache."""
    answer.edit("cache-status", ".+", "bookplate; hit")


@fault(test_cache_status_is_true)
def nobody_goes_around_the_cache(request: Request) -> None:
    """The parameter that goes around the cache is ignored."""
    request.query.pop("nocache", None)
