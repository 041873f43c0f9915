"""The Python client against the reference, from the first account to the deleted book."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from bookplate_client import AuthenticatedClient, Client
from bookplate_client.api.auth import log_in, register_user
from bookplate_client.api.books import (
    create_book,
    delete_book,
    get_book,
    list_books,
    list_books_feed,
    search_books,
    update_book,
)
from bookplate_client.api.users import get_me
from bookplate_client.models import (
    Book,
    BookFeed,
    BookInput,
    BookPage,
    BookPatch,
    Credentials,
    Genre,
    Problem,
    ProblemCode,
    Role,
    Tokens,
    User,
    UserInput,
)
from bookplate_client.types import UNSET, Response, Unset

from tests.sdk.answers import expect, expect_nothing, expect_problem

PASSWORD = "correct horse battery"
BOOKS = 7
DUNE = BookInput(title="Dune", author="Frank Herbert", price="9.99", genre=Genre.FICTION)


@dataclass
class Account:
    user: User
    client: AuthenticatedClient


@dataclass
class Shelf:
    """A book that Ada owns, and the ETag of its present state."""

    book: Book
    etag: str


def test_registering_twice_is_a_conflict(anonymous: Client, ada: Account) -> None:
    body = UserInput(email=ada.user.email, username="ada-twice", password=PASSWORD)
    expect_problem(409, ProblemCode.CONFLICT, register_user.sync_detailed(client=anonymous, body=body))


def test_the_token_leads_to_the_account(ada: Account) -> None:
    me = expect(User, 200, get_me.sync_detailed(client=ada.client))
    assert me == ada.user
    assert isinstance(me.role, Role)
    assert isinstance(me.created_at, datetime)


def test_a_bad_token_is_refused(base_url: str) -> None:
    with AuthenticatedClient(base_url=base_url, token="not.a.token") as stranger:
        expect_problem(401, ProblemCode.INVALID_TOKEN, get_me.sync_detailed(client=stranger))


def test_a_repeated_idempotency_key_gets_the_first_answer(ada: Account) -> None:
    answers = [create_book.sync_detailed(client=ada.client, body=DUNE, idempotency_key="order-1") for _ in range(2)]
    first, second = (expect(Book, 201, answer) for answer in answers)
    assert first == second
    assert first.genre is Genre.FICTION
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_content_that_breaks_the_schema_is_named_by_pointer(ada: Account) -> None:
    wrong = BookInput(title="", author="Frank Herbert", price="cheap")
    problem = expect_problem(422, ProblemCode.INVALID_CONTENT, create_book.sync_detailed(client=ada.client, body=wrong))
    assert not isinstance(problem.errors, Unset)
    assert {fault.pointer for fault in problem.errors} == {"/title", "/price"}


def test_a_stale_etag_is_refused(ada: Account, shelf: Shelf) -> None:
    answer = update_book.sync_detailed(shelf.book.id, client=ada.client, body=BookPatch(price="1.00"), if_match='"old"')
    expect_problem(412, ProblemCode.PRECONDITION_FAILED, answer)


def test_a_current_copy_is_not_sent_again(anonymous: Client, shelf: Shelf) -> None:
    answer = get_book.sync_detailed(shelf.book.id, client=anonymous, if_none_match=shelf.etag)
    expect_nothing(304, answer)
    assert answer.headers["ETag"] == shelf.etag


def test_a_patch_tells_null_from_absent(ada: Account, shelf: Shelf) -> None:
    patch = BookPatch(genre=None)
    assert patch.price is UNSET
    answer = update_book.sync_detailed(shelf.book.id, client=ada.client, body=patch, if_match=shelf.etag)
    book = expect(Book, 200, answer)
    assert book.genre is None
    assert book.price == shelf.book.price


def test_pages_lead_to_the_total(anonymous: Client, library: str) -> None:
    found: list[int] = []
    page: int | None = 1
    while page is not None:
        answer = list_books.sync_detailed(client=anonymous, author=library, page=page, per_page=3)
        content = expect(BookPage, 200, answer)
        found += [book.id for book in content.items]
        page = content.pagination.next_page
    assert len(set(found)) == len(found) == content.pagination.total_items == BOOKS


def test_cursors_lead_to_the_end(anonymous: Client, library: str) -> None:
    found: list[int] = []
    cursor: str | Unset | None = UNSET
    while cursor is not None:
        answer = list_books_feed.sync_detailed(client=anonymous, author=library, cursor=cursor, limit=3)
        content = expect(BookFeed, 200, answer)
        found += [book.id for book in content.items]
        cursor = content.next_cursor
    assert not content.has_more
    assert found == sorted(set(found), reverse=True)
    assert len(found) == BOOKS


def test_page_zero_is_a_bad_parameter(anonymous: Client) -> None:
    problem = expect_problem(400, ProblemCode.INVALID_PARAMETER, list_books.sync_detailed(client=anonymous, page=0))
    assert not isinstance(problem.errors, Unset)
    assert [fault.pointer for fault in problem.errors] == ["/query/page"]


def test_the_book_of_another_is_refused(grace: Account, shelf: Shelf) -> None:
    answer = delete_book.sync_detailed(shelf.book.id, client=grace.client, if_match=shelf.etag)
    expect_problem(403, ProblemCode.FORBIDDEN, answer)


def test_after_retry_after_the_limit_admits_again(grace: Account) -> None:
    def search() -> Response[BookPage | Problem]:
        return search_books.sync_detailed(client=grace.client, q="dune")

    answers = (search() for _ in range(100))
    refused = next(answer for answer in answers if answer.status_code != 200)
    problem = expect_problem(429, ProblemCode.RATE_LIMITED, refused)
    assert isinstance(problem.retry_after, int)
    assert refused.headers["Retry-After"] == str(problem.retry_after)
    time.sleep(problem.retry_after)
    expect(BookPage, 200, search())


def test_a_deleted_book_is_gone(ada: Account, shelf: Shelf) -> None:
    expect_nothing(204, delete_book.sync_detailed(shelf.book.id, client=ada.client, if_match=shelf.etag))
    expect_problem(404, ProblemCode.NOT_FOUND, get_book.sync_detailed(shelf.book.id, client=ada.client))


@pytest.fixture(scope="module")
def anonymous(base_url: str) -> Iterator[Client]:
    with Client(base_url=base_url) as client:
        yield client


@pytest.fixture(scope="module")
def ada(anonymous: Client, base_url: str) -> Iterator[Account]:
    with open_account(anonymous, base_url, "ada-scenario") as account:
        yield account


@pytest.fixture(scope="module")
def grace(anonymous: Client, base_url: str) -> Iterator[Account]:
    with open_account(anonymous, base_url, "grace") as account:
        yield account


@pytest.fixture
def shelf(ada: Account) -> Shelf:
    answer = create_book.sync_detailed(client=ada.client, body=DUNE)
    return Shelf(expect(Book, 201, answer), answer.headers["ETag"])


@pytest.fixture(scope="module")
def library(ada: Account) -> str:
    """The author of as many books as make several pages."""
    author = "Octavia Butler"
    for number in range(BOOKS):
        book = BookInput(title=f"Volume {number}", author=author, price="5.00")
        expect(Book, 201, create_book.sync_detailed(client=ada.client, body=book))
    return author


@contextmanager
def open_account(anonymous: Client, base_url: str, name: str) -> Iterator[Account]:
    email = f"{name}@example.com"
    body = UserInput(email=email, username=name, password=PASSWORD)
    user = expect(User, 201, register_user.sync_detailed(client=anonymous, body=body))
    credentials = Credentials(email=email, password=PASSWORD)
    tokens = expect(Tokens, 200, log_in.sync_detailed(client=anonymous, body=credentials))
    with AuthenticatedClient(base_url=base_url, token=tokens.access_token) as client:
        yield Account(user, client)
