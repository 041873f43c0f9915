"""Of many who want the same thing at once, one gets it; and what ends a session ends all of it."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from .people import PASSWORD, Person, add_book, book, isbn_10, isbn_13, new_person, refresh, unused_name
from .wire import Answer, Client

MANY = 32
NEW_PASSWORD = "a wholly different secret"


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Start every call at the same moment, each in a thread of its own."""
    start = threading.Barrier(len(calls))

    def call(each: Callable[[], Answer]) -> Answer:
        start.wait(10)
        return each()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def statuses(answers: Sequence[Answer]) -> Counter[int]:
    """Count the answers by status."""
    return Counter(answer.status for answer in answers)


def test_one_email_in_two_spellings_is_registered_once(client: Client) -> None:
    """Of 32 registrations of one email in two spellings one succeeds and 31 conflict."""
    name = unused_name("twin")
    spellings = [f"{name}@example.com", f"{name.title()}@EXAMPLE.com"] * (MANY // 2)

    def register(email: str) -> Answer:
        content = {"email": email, "username": unused_name("twin"), "password": PASSWORD}
        return client.ask("POST", "/api/auth/register", content)

    answers = at_once([partial(register, email) for email in spellings])

    assert statuses(answers) == {201: 1, 409: MANY - 1}
    assert {fault["pointer"] for answer in answers if answer.status == 409 for fault in answer.json()["errors"]} == {
        "/email"
    }


def test_one_isbn_in_two_spellings_is_added_once(person: Person) -> None:
    """Of 32 new books with one ISBN in two spellings one is added and 31 conflict."""
    isbn = isbn_13(100_000_001)
    contents = [book(isbn=isbn if number % 2 else isbn_10(isbn)) for number in range(MANY)]

    answers = at_once([partial(person.client.ask, "POST", "/api/books", each) for each in contents])

    assert statuses(answers) == {201: 1, 409: MANY - 1}


def test_one_tag_admits_one_update(person: Person) -> None:
    """Of 32 updates with one ETag one is made and 31 are told that the book has changed."""
    added = add_book(person.client)
    target = f"/api/books/{added.json()['id']}"
    patches = [{"price": f"{number}.00"} for number in range(MANY)]

    def update(patch: dict[str, Any]) -> Answer:
        return person.client.ask("PATCH", target, patch, f"If-Match: {added.header('ETag')}")

    answers = at_once([partial(update, patch) for patch in patches])
    winner = next(answer for answer in answers if answer.status == 200)

    assert statuses(answers) == {200: 1, 412: MANY - 1}
    assert person.client.ask("GET", target).json() == winner.json()


def test_one_tag_admits_one_deletion(person: Person) -> None:
    """Of 16 deletions at once one succeeds; the rest find no book or a changed one."""
    added = add_book(person.client)
    target = f"/api/books/{added.json()['id']}"

    answers = at_once([lambda: person.client.ask("DELETE", target, None, f"If-Match: {added.header('ETag')}")] * 16)

    assert statuses(answers)[204] == 1
    assert set(statuses(answers)) <= {204, 404, 412}


@pytest.mark.parametrize("_number", range(40))
def test_of_two_refreshes_at_once_the_winner_keeps_its_session(client: Client, _number: int) -> None:
    """Of two refreshes at once with one token one succeeds, the other is 401, and the tokens of the first work."""
    person = new_person(client)

    answers = at_once([lambda: refresh(client, person.tokens["refresh_token"])] * 2)
    winner = next(answer.json() for answer in answers if answer.status == 200)

    assert statuses(answers) == {200: 1, 401: 1}
    assert replace(client, token=winner["access_token"]).ask("GET", "/api/users/me").status == 200
    assert refresh(client, winner["refresh_token"]).status == 200


def test_reuse_of_an_older_refresh_token_ends_the_session(client: Client) -> None:
    """A refresh token that was spent before the last one ends its session at once, and no other of the same user."""
    person = new_person(client)
    other = person.again()
    second = refresh(client, person.tokens["refresh_token"])
    third = refresh(client, second.json()["refresh_token"])

    reused = refresh(client, person.tokens["refresh_token"])

    assert (second.status, third.status, reused.status) == (200, 200, 401)
    assert refresh(client, third.json()["refresh_token"]).status == 401
    assert person.me().code == "invalid_token"
    assert other.me().status == 200


def test_log_out_ends_both_tokens_of_its_session(client: Client) -> None:
    """After log-out neither the access nor the refresh token of the session is good; other sessions live on."""
    person = new_person(client)
    other = person.again()

    answer = person.client.ask("POST", "/api/auth/logout")

    assert answer.status == 204
    assert person.me().code == "invalid_token"
    assert refresh(client, person.tokens["refresh_token"]).status == 401
    assert other.me().status == 200


def test_a_new_password_ends_the_other_sessions(client: Client) -> None:
    """A change of the password ends every other session and not the one that made it."""
    person = new_person(client)
    other = person.again()
    patch = {"password": NEW_PASSWORD, "current_password": PASSWORD}

    answer = person.client.ask("PATCH", "/api/users/me", patch, f"If-Match: {person.me().header('ETag')}")

    assert answer.status == 200
    assert person.me().status == 200
    assert refresh(client, person.tokens["refresh_token"]).status == 200
    assert other.me().code == "invalid_token"
    assert refresh(client, other.tokens["refresh_token"]).status == 401


def test_a_deleted_user_takes_books_and_sessions_along(client: Client) -> None:
    """Deleting a user ends the sessions and deletes the books of that user, and nobody gets the id again."""
    person = new_person(client)
    target = f"/api/books/{add_book(person.client).json()['id']}"

    answer = person.client.ask("DELETE", "/api/users/me", None, f"If-Match: {person.me().header('ETag')}")

    assert answer.status == 204
    assert person.me().code == "invalid_token"
    assert client.ask("GET", target).status == 404
    assert new_person(client).user["id"] > person.user["id"]
