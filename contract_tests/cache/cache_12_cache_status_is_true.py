"""CACHE-12: cache status is true."""

from collections.abc import Mapping

from bookplate import NotChecked, expect, experiment, fault, partly, rests_on
from bookplate.contract import Fact, Operation, Origin
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, prepare_read
from bookplate.wire import Exchange

from ._shared import STATUS, says_hit, tells_of_its_cache


@experiment("CACHE-12", source="RFC 9211, section 2.1; x-cache", applies=tells_of_its_cache)
def test_cache_status_is_true(operation: Operation, resources: Resources) -> None:
    """
    The first answer about a new item is no hit in Cache-Status, nor is one to a user who goes around the cache.

    `bypass` of `x-cache` names the parameter, or the directive of the request, that goes around the cache. It is sent with
    a token, after the same request without it was sent twice. A list, of which somebody may have asked before, is tried
    with the bypass alone. Where `bypass-for` is user, the bypass is as nothing without a token: what is kept is still a hit. That
    none of three equal requests is a hit, although `store` lets the server keep answers, is advice.

    Why it matters: people look at this field to find out whether they see what is stored or what is true. An operator who
    goes around the cache, and is shown it all the same, looks for a mistake in the wrong place.

    To mend it: write Cache-Status where the cache is asked, by what it said: a hit where a stored answer was sent,
    else the reason for the forward. Let the way around the cache be open to signed-in callers alone, and look
    nothing up there.
    """
    # Somebody may have asked about an account that other laws use too.
    prepared = resources.prepare(operation) if operation.path_parameters else prepare_read(resources, operation)
    first = resources.call(prepared)
    resources.call(prepared)

    if prepared.item is not None:
        expect.that(not says_hit(first), told(first, "that was asked for first"), expected="no hit", shown=[first])
    bypass = operation.cache.bypass if operation.cache else None
    if bypass is not None:
        refuse_nobody(operation, resources)
        is_parameter = operation.has_parameter(bypass, "query")
        query = {bypass: "true"} if is_parameter else {}
        headers = {} if is_parameter else {"Cache-Control": bypass}
        around = resources.ask(prepared, resources.users.owner, headers, **query)
        observed = told(around, f"with {bypass}, which goes around the cache")
        expect.that(not says_hit(around), observed, expected="no hit", shown=[first, around])
        if operation.cache is not None and operation.cache.bypass_for is not None and not operation.secured:
            expect_ignored_without_a_token(resources, prepared, query, headers)
    expect_some_hit(operation, resources, prepared)


def refuse_nobody(operation: Operation, resources: Resources) -> None:
    """Raise NotChecked where the bypass is for signed-in callers, and nobody could be signed in."""
    owner = resources.users.owner
    is_for_users = operation.cache is not None and operation.cache.bypass_for is not None
    if is_for_users and not owner.has_credentials:
        raise NotChecked(owner.lacks)


def expect_ignored_without_a_token(
    resources: Resources, prepared: PreparedRequest, query: Mapping[str, str], headers: Mapping[str, str]
) -> None:
    """Expect what goes around the cache to be as nothing without a token; as a part of a URL, it may be kept by itself."""
    before = [resources.ask(prepared, None) for _ in range(2)][1]
    around = [resources.ask(prepared, None, headers, **query) for _ in range(2)][1]
    after = resources.ask(prepared, None)
    if not (says_hit(before) and says_hit(after)):
        partly("the bypass without a token: nothing is kept to go around", tested="the bypass with a token")
        return
    what = around.url.partition("?")[2] or "the bypass"
    observed = told(around, f"without a token and with {what}, which is for signed-in callers")
    expect.that(says_hit(around), observed, expected="a hit, as without it", shown=[before, around, after])


def told(answer: Exchange, which: str) -> str:
    """Return in words what an answer says of the cache; `which` tells the request from others."""
    return f"{answer.method} {answer.path} {which}: {STATUS} is {answer.header(STATUS) or 'missing'}"


def expect_some_hit(operation: Operation, resources: Resources, prepared: PreparedRequest) -> None:
    """Expect one of three equal requests to be a hit where answers are kept; a cache may forget at any time."""
    answers = [resources.call(prepared) for _ in range(3)] if operation.cache and operation.cache.store else []
    if answers and not any(map(says_hit, answers)):
        rests_on(Fact((), Origin.GUESSED, f"`store` in x-cache of {operation.id} lets the server keep answers"))
        expect.that(False, told(answers[-1], "sent three times"), expected="a hit", shown=answers)


@fault(test_cache_status_is_true)
def everything_is_a_hit(request: Request, answer: Answer) -> None:
    """Every answer says that it comes from the cache."""
    answer.edit("cache-status", ".+", "bookplate; hit")


@fault(test_cache_status_is_true)
def nobody_goes_around_the_cache(request: Request) -> None:
    """The parameter that goes around the cache is ignored."""
    request.query.pop("nocache", None)


@fault(test_cache_status_is_true)
def anybody_goes_around_the_cache(request: Request, answer: Answer) -> None:
    """The parameter that goes around the cache does so without a token too."""
    if "nocache" in request.query and "authorization" not in request.headers:
        answer.edit("cache-status", ".+", "bookplate; fwd=request")


@fault(test_cache_status_is_true)
def everything_is_a_miss(request: Request, answer: Answer) -> None:
    """Every answer says that it does not come from the cache."""
    answer.edit("cache-status", ".+", "bookplate; fwd=uri-miss")
