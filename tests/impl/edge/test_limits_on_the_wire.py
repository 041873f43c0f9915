"""Limits as a client meets them: what counts, what does not, and that nobody talks himself out of them."""

from collections.abc import Callable
from dataclasses import replace

from ..people import PASSWORD, log_in, new_person, unused_name
from ..wire import Client, compose

MakeStranger = Callable[[], Client]
BOOK = "/api/books/1000000"
THREE_WINDOWS = '"reads";q=60;w=60, "reads-hour";q=1000;w=3600, "reads-day";q=5000;w=86400'
BAD_LOG_IN = compose("POST", "/api/auth/login", "Content-Type: application/json", body=b"{")


def test_refused_requests_count(stranger: MakeStranger) -> None:
    """400, 401, 404, 405 and HEAD spend what a read spends."""
    client = stranger()
    before = client.ask("GET", BOOK).remaining("reads")
    answers = [client.ask("GET", f"{BOOK}?nope=1") for _ in range(5)]
    answers += [replace(client, token="bad").ask("GET", "/api/users/me") for _ in range(4)]
    answers += [client.ask("GET", "/api/nothing"), client.ask("DELETE", "/api/books"), client.ask("HEAD", BOOK)]
    after = client.ask("GET", BOOK).remaining("reads")

    assert [answer.status for answer in answers] == [400] * 5 + [401] * 4 + [404, 405, 404]
    assert before - after == len(answers) + 1


def test_429_says_when_to_come_back(stranger: MakeStranger) -> None:
    """A refusal is a problem whose Retry-After, retry_after and RateLimit agree."""
    client = stranger()
    statuses = [client.send(BAD_LOG_IN).status for _ in range(20)]
    answer = client.send(BAD_LOG_IN)

    assert statuses == [400] * 20
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert answer.header("Retry-After") == str(answer.json()["retry_after"])
    assert answer.header("RateLimit") == f'"log-in-address";r=0;t={answer.header("Retry-After")}'
    assert answer.header("RateLimit-Policy") == '"log-in-address";q=20;w=60'


def test_unknown_paths_run_dry(stranger: MakeStranger) -> None:
    """Who has spent the reads gets 429 for unknown paths and methods too."""
    client = stranger()
    statuses = [client.ask("GET", "/api/nothing").status for _ in range(61)]

    assert statuses == [404] * 60 + [429]
    assert client.ask("DELETE", "/api/books").status == 429
    assert client.ask("GET", BOOK).status == 429


def test_three_windows_count_at_once(stranger: MakeStranger) -> None:
    """A read that names no policies is counted by the minute, the hour and the day; what one refuses, the others count."""
    client = stranger()
    answers = [client.ask("GET", BOOK) for _ in range(65)]
    left = [[answer.remaining(each) for each in ("reads", "reads-hour", "reads-day")] for answer in answers]

    assert [answer.status for answer in answers] == [404] * 60 + [429] * 5
    assert answers[0].header("RateLimit-Policy") == THREE_WINDOWS
    assert left == [[max(59 - number, 0), 999 - number, 4999 - number] for number in range(65)]
    assert {answer.header("Retry-After") for answer in answers[60:]} <= {str(wait) for wait in range(1, 61)}


def test_lists_are_tighter_than_items(stranger: MakeStranger) -> None:
    """Whom the lists refuse may go on reading items, and both are counted by the same hour and day."""
    client = stranger()
    lists = [client.ask("GET", "/api/books").status for _ in range(21)]
    answers = [
        client.ask("GET", path) for path in ("/api/books/feed", "/api/books/popular", BOOK, "/api/books/search?q=x")
    ]

    assert lists == [200] * 20 + [429]
    assert [answer.status for answer in answers] == [429, 429, 404, 200]
    assert (answers[2].remaining("reads"), answers[2].remaining("reads-hour")) == (59, 1000 - 24)


def test_an_empty_list_is_no_limit(stranger: MakeStranger) -> None:
    """Health names an empty list: nobody is refused, and nothing is announced, while the default is spent."""
    client = stranger()
    spent = [client.ask("GET", BOOK).status for _ in range(61)]
    answers = [client.ask("GET", "/api/health/live") for _ in range(70)]

    assert spent[-1] == 429
    assert {answer.status for answer in answers} == {200}
    assert {answer.header("RateLimit") for answer in answers} == {None}


def test_forwarded_addresses_are_not_believed(stranger: MakeStranger) -> None:
    """Nobody escapes a limit by fields that claim another address."""
    client = stranger()
    names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP")
    values = [[f"{name}: {'for=' * (name == 'Forwarded')}9.9.9.{number}" for name in names] for number in range(21)]
    requests = [BAD_LOG_IN.replace(b"Host:", "\r\n".join([*fields, "Host:"]).encode()) for fields in values]

    assert [client.send(request).status for request in requests] == [400] * 20 + [429]


def test_what_is_free_spends_nothing(stranger: MakeStranger) -> None:
    """Sizes that are refused, preflights and health spend nothing."""
    client = stranger()
    preflight = ("Origin: https://app.example.com", "Access-Control-Request-Method: GET")
    before = client.ask("GET", BOOK).remaining("reads")
    answers = [
        client.send(compose("GET", "/api/books?" + "x" * 9000)),
        client.send(compose("GET", "/api/books", "Content-Length: 70000")),
        client.send(compose("GET", "/api/books", f"X-Padding: {'x' * 17000}")),
        client.ask("OPTIONS", "/api/books", None, *preflight),
        client.ask("GET", "/api/health"),
        client.ask("GET", "/api/health/live"),
    ]

    assert [answer.status for answer in answers] == [414, 413, 431, 204, 200, 200]
    assert [answer.header("RateLimit") for answer in answers] == [None] * 6
    assert client.ask("GET", BOOK).remaining("reads") == before - 1


def test_failures_of_a_user_count(stranger: MakeStranger) -> None:
    """After five failures a user is refused from everywhere, right password and other spelling included."""
    person = new_person(stranger())
    first, second = stranger(), stranger()
    failures = [log_in(first, person.email, "a wrong password").status for _ in range(5)]
    answers = [log_in(second, person.email), log_in(second, person.email.upper())]

    assert failures == [401] * 5
    assert [(answer.status, answer.json()["retry_after"] > 0) for answer in answers] == [(429, True)] * 2


def test_successes_of_a_user_do_not_count(stranger: MakeStranger) -> None:
    """Who logs in rightly six times is not refused."""
    person = new_person(stranger())
    client = stranger()

    assert [log_in(client, person.email).status for _ in range(6)] == [200] * 6


def test_unknown_users_have_the_same_limit(stranger: MakeStranger) -> None:
    """A user who does not exist is refused after five failures like any other, so that nobody can tell."""
    client, email = stranger(), f"{unused_name('nobody')}@example.com"

    assert [log_in(client, email, PASSWORD).status for _ in range(6)] == [401] * 5 + [429]


def test_signed_in_callers_have_their_own_bucket(stranger: MakeStranger) -> None:
    """A verified subject is counted for itself, a bad token for its address."""
    anonymous = stranger()
    person = new_person(anonymous)
    spent = [anonymous.ask("GET", "/api/nothing").status for _ in range(61)]

    assert spent[-1] == 429
    assert person.me().status == 200
    assert replace(anonymous, token="bad").ask("GET", "/api/users/me").status == 429
