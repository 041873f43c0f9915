"""CACHE-13: clearing forgets every answer."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, User, Users, announced, prepare_read
from bookplate.wire import Exchange, succeeded

from ._shared import says_hit, tells_of_its_cache

# So much of a quota comes back by itself within moments where it is given back little by little.
BY_ITSELF = 2


def clears_a_cache(operation: Operation) -> bool:
    return operation.clears == "cache"


@experiment("CACHE-13", source="x-clears; RFC 9211, section 2.1", applies=clears_a_cache)
def test_clearing_forgets_every_answer(operation: Operation, users: Users, resources: Resources) -> None:
    """
    After a success of an operation that clears the cache, no answer is a hit that was a hit before, and nothing else is lost.

    `x-clears: cache` names such an operation, and Cache-Status says what is a hit. Who clears the cache and user A are
    still signed in. No limit of what user A reads has more left than before, within the same window.

    Why it matters: an operator clears the cache because it shows what is wrong. Where something stays in it, people see
    the wrong thing for as long as it is kept. Where more is lost, everybody has to sign in again.

    To mend it: empty the store of answers alone: sessions and counters of limits belong to other stores, or to keys
    with another prefix. Delete by prefix, and look whether all of it is gone before the answer says so.
    """
    kept = list(answers_kept(resources))
    if not kept:
        raise NotChecked("no answer is a hit in Cache-Status when it is asked for again: nothing to write")
    clearing = resources.prepare(operation)
    signed_in = [user for user in (clearing.caller, users.owner) if is_signed_in(users, user)]

    cleared = succeeded(resources.call(clearing), "the cache was not cleared")

    for (prepared, before), trial in expect.each(kept):
        with trial:
            after = resources.call(prepared)
            observed = f"{prepared.operation.id} is still a hit: {after.header('cache-status')}"
            expect.that(not says_hit(after), observed, expected="no hit", shown=[before, cleared, after])
            expect_nothing_given_back(prepared.operation, before, cleared, after)
    for user, trial in expect.each(signed_in):
        with trial:
            answer = users.probe(user)
            observed = f"the token of user {user.name}: {answer.describe()}"
            expect.that(answer.status != 401, observed, expected="still signed in", shown=[cleared, answer])


def answers_kept(resources: Resources) -> Iterator[tuple[PreparedRequest, Exchange]]:
    """Ask for each answer that may be kept until it is a hit, and yield what was sent and the hit."""
    for operation in filter(tells_of_its_cache, resources.document.operations):
        with suppress(NotChecked):
            prepared = prepare_read(resources, operation)
            answers = [resources.call(prepared) for _ in range(2)]
            if says_hit(answers[-1]):
                yield prepared, answers[-1]


def is_signed_in(users: Users, user: User) -> bool:
    return user.has_credentials and users.probe(user).status != 401


def expect_nothing_given_back(operation: Operation, before: Exchange, cleared: Exchange, after: Exchange) -> None:
    """Expect no policy to have more left than before, unless another window has begun."""
    one, other = left_by(operation, before), left_by(operation, after)
    given_back = [
        name
        for name in one.keys() & other.keys()
        if other[name]["t"] <= one[name]["t"] and other[name]["r"] > one[name]["r"] + BY_ITSELF
    ]
    expect.equal(
        given_back, [], what="clearing the cache has given back requests of the limits", shown=[before, cleared, after]
    )


def left_by(operation: Operation, answer: Exchange) -> dict[str, Mapping[str, int]]:
    """Return what RateLimit says of each policy that has both: what is left, and when the window ends."""
    said = announced(answer, policies=operation.policies)
    return {name: each for name, each in said.items() if all(isinstance(each.get(member), int) for member in "rt")}


@fault(test_clearing_forgets_every_answer)
def nothing_is_forgotten(request: Request) -> Steps:
    """The cache is left as it is, and the answer says that it was cleared."""
    is_clearing = request.path.endswith("/cache/clear") and request.method == "POST"
    if is_clearing:
        request.method, request.path = "GET", "/api/health/live"
    answer = yield
    if is_clearing:
        answer.become(204)


@fault(test_clearing_forgets_every_answer)
def lists_are_not_forgotten(request: Request, answer: Answer) -> None:
    """Only answers about one thing are forgotten: lists are hits all the same."""
    if request.path.endswith("/cache/clear"):
        request.memory["cleared"] = True
    if "cleared" in request.memory and "items" in answer.members:
        answer.edit("cache-status", ".+", "bookplate; hit")


@fault(test_clearing_forgets_every_answer)
def sessions_are_in_the_cache(request: Request, answer: Answer) -> None:
    """Sessions are kept in the cache that is cleared: nobody is signed in any more."""
    if request.path.endswith("/cache/clear") and answer.status == 204:
        request.memory["cleared"] = True
    elif "cleared" in request.memory and "authorization" in request.headers:
        answer.become(401)


@fault(test_clearing_forgets_every_answer)
def quotas_are_in_the_cache(request: Request, answer: Answer) -> None:
    """Counters of limits are kept in the cache that is cleared: everybody has the whole quota again."""
    if request.path.endswith("/cache/clear") and answer.status == 204:
        request.memory["cleared"] = True
    elif "cleared" in request.memory:
        answer.edit("ratelimit", r"r=\d+", "r=9000000")
