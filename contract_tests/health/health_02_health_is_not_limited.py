"""HEALTH-02: health is fresh and always answered."""

import re

from bookplate import Needs, expect, experiment, fault
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Users
from bookplate.wire import Client, Exchange, lifetime

from ._shared import DRAFT, is_health

BAD_TOKEN = {"Authorization": "Bearer of-nothing"}


@experiment("HEALTH-02", source=f"{DRAFT}, section 5; #/paths", applies=is_health, needs={Needs.DOCUMENTED_LIMITS})
def test_health_is_not_limited(operation: Operation, client: Client, users: Users, document: Document) -> None:
    """
    Health without a documented rate limit answers more requests than the limits of other operations admit.

    It may be cached no longer than its documented Cache-Control says. Where no 401 is documented, an invalid token
    changes nothing.

    Why it matters: monitors ask every few seconds, often all from one address. A limit or a check of tokens makes
    them restart a service that works. An old answer from a cache hides one that does not.
    """
    quotas = quotas_of_others(operation, document)
    address = users.new_client_address()

    answers = [client.call(operation, address=address, wait=False) for _ in range(max(quotas, default=0) + 1)]
    if operation.response_to(401) is None:
        answers.append(client.call(operation, headers=BAD_TOKEN, wait=False))

    first = answers[0]
    allowed = documented_lifetime(operation, first)
    for count, answer in enumerate(answers, start=1):
        expect.that(
            answer.status == first.status,
            answer.describe(),
            expected=f"{first.status}, as the first answer",
            shown=answers[:count],
        )
        expect.that(
            not quotas or not answer.header("ratelimit"),
            f"RateLimit: {answer.header('ratelimit')}",
            expected="no limit",
            shown=answers[:count],
        )
        expect.that(
            lifetime(answer) <= allowed,
            f"it may be used for {lifetime(answer)} s",
            expected=f"at most {allowed} s, as documented",
            shown=[answer],
        )


LARGEST_QUOTA = 100


def quotas_of_others(operation: Operation, document: Document) -> list[int]:
    """Return the quotas that health could be held to by mistake; none where it has limits of its own."""
    if operation.policies:
        return []
    return [policy.quota for policy in document.limits.policies.values() if policy.quota <= LARGEST_QUOTA]


def documented_lifetime(operation: Operation, answer: Exchange) -> int:
    """Return for how many seconds health may be cached, as the document says; as the answer says where it does not."""
    header = operation.response(200).header("Cache-Control")
    if header is None:
        return lifetime(answer)
    return max((int(seconds) for seconds in re.findall(r"max-age=(\d+)", header.text)), default=0)


@fault(test_health_is_not_limited)
def health_may_be_cached(request: Request, answer: Answer) -> None:
    """Health may be cached for five minutes."""
    answer.headers["cache-control"] = "max-age=300"


@fault(test_health_is_not_limited)
def health_has_a_limit(request: Request, answer: Answer) -> None:
    """Health has the same limit as reading."""
    if "/health" in request.path and request.times("health") > 60:
        answer.become(429)


@fault(test_health_is_not_limited)
def health_has_the_limit_of_an_hour(request: Request, answer: Answer) -> None:
    """Health has a limit that is ten times as high as that of reading."""
    if "/health" in request.path and request.times("health") > 600:
        answer.become(429)


@fault(test_health_is_not_limited)
def health_spends_what_reads_have(request: Request, answer: Answer) -> None:
    """Each request to health is counted with the reads of its caller."""
    if "/health" in request.path:
        request.times(request.client)
    elif request.method == "GET" and request.memory.get(request.client, 0) > 60:
        answer.become(429)
