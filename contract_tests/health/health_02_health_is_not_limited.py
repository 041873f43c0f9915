"""HEALTH-02: health is fresh and always answered."""

import re

from bookplate import Needs, expect, experiment, fault, listed, partly
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Samples, Users
from bookplate.wire import PATIENCE, Client, Exchange, in_a_row, lifetime

from ._shared import DRAFT, is_health

BAD_TOKEN = {"Authorization": "Bearer of-nothing"}


@experiment("HEALTH-02", source=f"{DRAFT}, section 5; #/paths", applies=is_health, needs={Needs.DOCUMENTED_LIMITS})
def test_health_is_not_limited(
    operation: Operation, tried_operations: tuple[Operation, ...], client: Client, users: Users, document: Document
) -> None:
    """
    Health without a documented rate limit answers more requests than any limit of other operations admits.

    The last health operation is asked more often than the largest quota of the document that a thousand requests exceed, the
    others more often than its small quotas. Afterwards a read that has a smaller quota still admits the same caller. Health
    may be cached no longer than its documented Cache-Control says. Where no 401 is documented, an invalid token changes
    nothing.

    Why it matters: monitors ask every few seconds, often all from one address. A limit or a check of tokens makes
    them restart a service that works. An old answer from a cache hides one that does not.

    To mend it: take the paths of health out of the limiter and out of every count, by the document or by a list,
    and send `Cache-Control: no-store`.
    """
    largest = LARGEST_QUOTA if operation is tried_operations[-1] else LARGEST_ELSEWHERE
    quotas = quotas_of_others(operation, document, largest)
    address = users.new_client_address()

    first = client.call(operation, address=address, wait=False)
    allowed = documented_lifetime(operation, first)
    expect.that(
        lifetime(first) <= allowed,
        f"it may be used for {lifetime(first)} s",
        expected=f"at most {allowed} s, as documented",
        shown=[first],
    )
    answers = [first]
    most = max(quotas, default=0)
    for _ in range(min(most, LARGEST_ELSEWHERE)):
        answers.append(client.call(operation, address=address, wait=False))
        expect_as_the_first(answers, is_unlimited=bool(quotas))
    expect_none_refused(client, first, most - len(answers) + 1)
    expect_reads_admitted(document, client, users.samples, address, most)
    if operation.response_to(401) is None:
        expect_as_the_first([first, client.call(operation, headers=BAD_TOKEN, wait=False)], is_unlimited=False)


def expect_as_the_first(answers: list[Exchange], *, is_unlimited: bool) -> None:
    """Expect the last of these answers to have the status of the first one, and to announce no limit where there is none."""
    first, last = answers[0], answers[-1]
    shown = answers[-MOST_SHOWN:]
    expect.that(
        last.status == first.status, last.describe(), expected=f"{first.status}, as the first answer", shown=shown
    )
    announced = last.header("ratelimit")
    expect.that(not (is_unlimited and announced), f"RateLimit: {announced}", expected="no limit", shown=shown)


# How many of a flood of answers show what is wrong.
MOST_SHOWN = 200
# How many requests go on one connection.
ROW = 100


def expect_none_refused(client: Client, first: Exchange, count: int) -> None:
    """Send a request so many times more, many on one connection, and expect the status of the first answer for each."""
    path = first.url.removeprefix(client.url)
    for start in range(0, count, ROW):
        length = min(ROW, count - start)
        for _ in range(length - 1):
            client.admission.admit("GET")
        row = client.send_bytes(path, in_a_row(first, length), address=first.address, patience=PATIENCE)
        others = [status for status in row.statuses if status != first.status]
        observed = f"after some {start + LARGEST_ELSEWHERE} requests on few connections, GET {path} is answered {listed(map(str, others[:1]))}"
        expect.that(not others, observed, expected=f"{first.status}, as the first answer", shown=[first, row])
        if row.answers < length:
            partly(f"more than {start + row.answers} requests: the server answers no more on one connection")
            return


# A flood of requests is sent once; at other operations a limit is looked for that a small flood finds.
LARGEST_QUOTA = 1000
LARGEST_ELSEWHERE = 60


def quotas_of_others(operation: Operation, document: Document, largest: int) -> list[int]:
    """Return the quotas, up to the largest, that health could be held to by mistake; none where it has limits of its own."""
    if operation.policies:
        return []
    return [policy.quota for policy in document.policies.values() if policy.quota <= largest]


def expect_reads_admitted(document: Document, client: Client, samples: Samples, address: str, count: int) -> None:
    """Read once what a caller may read less often than it has asked for health; an exhausted quota would refuse it."""
    for other in document.operations:
        is_public_read = other.method == "GET" and not other.secured and not other.path_parameters
        if is_public_read and other.policies and min(policy.quota for policy in other.policies) <= count:
            read = client.call(other, query=samples.query(other), address=address, wait=False)
            expect.no_status(429, [read], because=f"{count} requests to health count for no limit of {other.id}")
            return


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
