"""The Python client against the reference, from the first account to the deleted book."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from bookplate_client import (
    ApiError,
    BadRequest,
    Client,
    ClientError,
    Conflict,
    Forbidden,
    NotFound,
    NotModified,
    PreconditionFailed,
    RateLimited,
    TransportError,
    Unauthorized,
    UnprocessableContent,
)
from bookplate_client.models.book import Book

from tests.sdk.accounts import PASSWORD, Accounts
from tests.sdk.interference import Interfering

MANY = 100  # more than the window admits, however slow the machine is


def test_registering_twice_is_a_conflict(accounts: Accounts) -> None:
    email = accounts.open()

    with Client(accounts.base_url) as client, pytest.raises(Conflict) as caught:
        client.auth.register_user(email=email, username="somebody-else", password=PASSWORD)

    error = caught.value
    assert (error.status, error.code) == (409, "conflict")
    assert [fault["pointer"] for fault in error.errors] == ["/email"]
    assert error.request_id == error.response.headers["X-Request-Id"] == error.problem["request_id"]
    assert str(error).startswith("POST /api/auth/register: 409 conflict: ")
    assert isinstance(error, ApiError)
    assert isinstance(error, ClientError)


def test_signing_in_leads_to_the_account_and_signing_out_away_from_it(accounts: Accounts) -> None:
    client = accounts.signed_in()

    me = client.users.get_me()
    assert (me.role, me.tier) == ("user", "free")
    assert isinstance(me.created_at, datetime)

    client.auth.log_out()
    with pytest.raises(Unauthorized) as caught:
        client.users.get_me()
    assert caught.value.code == "missing_token"


def test_a_bad_token_is_refused(accounts: Accounts) -> None:
    with Client(accounts.base_url, token="not.a.token") as client, pytest.raises(Unauthorized) as caught:
        client.users.get_me()
    assert caught.value.code == "invalid_token"


def test_a_key_of_ones_own_gets_the_first_answer_again(ada: Client) -> None:
    first, second = (
        ada.books.create(title="Dune", author="Frank Herbert", price="9.99", idempotency_key="order-1")
        for _ in range(2)
    )
    assert first == second
    assert second.last_response is not None
    assert second.last_response.headers["Idempotent-Replayed"] == "true"


def test_two_calls_make_two_books(ada: Client) -> None:
    first, second = (ada.books.create(title="Dune", author="Frank Herbert", price="9.99") for _ in range(2))
    assert first.id != second.id


def test_content_that_breaks_the_schema_is_named_by_pointer(ada: Client) -> None:
    with pytest.raises(UnprocessableContent) as caught:
        ada.books.create(title="", author="Frank Herbert", price="cheap")
    assert {fault["pointer"] for fault in caught.value.errors} == {"/title", "/price"}


def test_a_parameter_out_of_range_is_named_by_pointer(ada: Client) -> None:
    with pytest.raises(BadRequest) as caught:
        list(ada.books.list(page=0))
    assert [fault["pointer"] for fault in caught.value.errors] == ["/query/page"]


def test_what_was_read_carries_its_etag_into_the_change(ada: Client, dune: Book) -> None:
    changed = ada.books.update(dune, price="8.99")
    again = ada.books.update(changed, genre=None)

    assert (changed.price, again.price, again.genre) == ("8.99", "8.99", None)
    assert ada.books.get(dune) == again


def test_a_change_of_what_was_changed_meanwhile_is_refused(ada: Client, dune: Book) -> None:
    ada.books.update(dune, price="8.99")

    with pytest.raises(PreconditionFailed) as caught:
        ada.books.update(dune, price="7.99")

    assert caught.value.code == "precondition_failed"
    assert ada.books.get(dune.id).price == "8.99"


def test_a_change_may_name_its_etag(ada: Client, dune: Book) -> None:
    with pytest.raises(PreconditionFailed):
        ada.books.update(dune.id, price="8.99", if_match='"old"')
    assert ada.books.update(dune.id, price="8.99", if_match=dune).price == "8.99"


def test_an_id_alone_carries_no_etag(ada: Client, dune: Book) -> None:
    with pytest.raises(TypeError, match="update_book: give the Book that was read instead of book_id, or if_match"):
        ada.books.update(dune.id, price="8.99")


def test_an_item_of_a_list_carries_no_etag(ada: Client, shelf: str) -> None:
    item = next(iter(ada.books.list(author=shelf)))
    with pytest.raises(ValueError, match="update_book: this Book came without ETag, as a part of a list does"):
        ada.books.update(item, price="8.99")


def test_an_account_carries_its_etag_where_no_path_names_it(accounts: Accounts) -> None:
    client = accounts.signed_in()
    assert client.users.update_me(display_name="Ada", if_match=client.users.get_me()).display_name == "Ada"


def test_a_current_copy_is_not_sent_again(ada: Client, dune: Book) -> None:
    assert dune.last_response is not None
    with pytest.raises(NotModified) as caught:
        ada.books.get(dune.id, if_none_match=dune.last_response.headers["ETag"])
    assert caught.value.status == 304


def test_a_list_is_walked_over_all_its_pages(ada: Client, shelf: str) -> None:
    books = ada.books.list(author=shelf, per_page=3)

    assert [len(page.items) for page in books.pages()] == [3, 3, 1]
    assert sorted(book.title for book in books) == [f"Volume {number}" for number in range(7)]


def test_a_walk_by_cursor_meets_all_while_others_write(accounts: Accounts, shelf: str) -> None:
    transport = Interfering()
    reader, writer = accounts.signed_in(http=httpx.Client(transport=transport)), accounts.signed_in()
    met = []
    for number, book in enumerate(reader.books.list_feed(author=shelf, limit=3)):
        met.append(book.title)
        written = writer.books.create(title=f"Meanwhile {number}", author=shelf, price="5.00")
        writer.books.delete(written)
        writer.books.create(title=f"Meanwhile and for good {number}", author="Somebody Else", price="5.00")

    assert sorted(met) == [f"Volume {number}" for number in range(7)]
    assert len(transport.to("/books/feed")) == 3


def test_a_walk_by_number_ends_while_others_write(accounts: Accounts, shelf: str) -> None:
    reader, writer = accounts.signed_in(), accounts.signed_in()
    added: list[Book] = []
    met: set[str] = set()
    for number, book in enumerate(reader.books.list(author=shelf, per_page=3)):
        met.add(book.title)
        if number < 3:
            added.append(writer.books.create(title=f"Added {number}", author=shelf, price="5.00"))
    for book in added:
        writer.books.delete(book)

    assert met == {*(f"Volume {number}" for number in range(7)), "Added 0", "Added 1", "Added 2"}


def test_a_limit_is_waited_out(accounts: Accounts) -> None:
    transport = Interfering()
    client = accounts.signed_in(http=httpx.Client(transport=transport))
    searches = (list(client.books.search(q="nothing is called so")) for _ in range(MANY))
    assert next(found == [] for found in searches if 429 in transport.statuses)
    assert transport.statuses[-2:] == [429, 200]


def test_a_limit_that_lasts_too_long_is_told_at_once(accounts: Accounts) -> None:
    client = accounts.signed_in(longest_wait=0.5)
    with pytest.raises(RateLimited) as caught:
        [list(client.books.search(q="nothing is called so")) for _ in range(MANY)]
    assert caught.value.retry_after in (1, 2, 3)
    assert caught.value.problem["retry_after"] == caught.value.retry_after


def test_the_book_of_another_is_refused(accounts: Accounts, dune: Book) -> None:
    with pytest.raises(Forbidden):
        accounts.signed_in().books.delete(dune)


def test_a_deleted_book_is_gone(ada: Client, dune: Book) -> None:
    ada.books.delete(dune)
    with pytest.raises(NotFound):
        ada.books.get(dune)


@pytest.mark.parametrize("base_url", ["/api", "127.0.0.1:8080/api", "localhost/api", ""])
def test_an_address_without_a_host_is_told_at_once(base_url: str) -> None:
    with pytest.raises(ValueError, match=r"base_url has to be absolute, such as https://example\.org/api"):
        Client(base_url)


def test_a_wrong_address_is_an_error_of_transport() -> None:
    with Client("http://127.0.0.1:9/api", retries=0) as client, pytest.raises(TransportError) as caught:
        client.system.get_health()
    assert not isinstance(caught.value, ApiError)
    assert str(caught.value).startswith("GET http://127.0.0.1:9/api/health: ")


def test_a_wrong_path_is_an_error_too(accounts: Accounts) -> None:
    with Client(accounts.base_url.removesuffix("/api")) as client, pytest.raises(NotFound):
        client.system.get_health()


def test_the_same_for_asyncio(accounts: Accounts, shelf: str) -> None:
    async def scenario() -> None:
        async with await accounts.signed_in_async() as client:
            book = await client.books.create(title="Dune", author="Frank Herbert", price="9.99")
            changed = await client.books.update(book, price="8.99")
            with pytest.raises(PreconditionFailed):
                await client.books.update(book, price="7.99")
            await client.books.delete(changed)
            assert len([each async for each in client.books.list(author=shelf, per_page=3)]) == 7
            pages = client.books.list_feed(author=shelf, limit=3).pages()
            assert [len(page.items) async for page in pages] == [3, 3, 1]

    asyncio.run(scenario())


@pytest.fixture(scope="module")
def ada(accounts: Accounts) -> Iterator[Client]:
    with accounts.signed_in() as client:
        yield client


@pytest.fixture
def dune(ada: Client) -> Book:
    return ada.books.create(title="Dune", author="Frank Herbert", price="9.99", genre="fiction")


@pytest.fixture(scope="module")
def shelf(ada: Client) -> str:
    """The author of as many books as make three pages."""
    author = "Ursula Le Guin"
    for number in range(7):
        ada.books.create(title=f"Volume {number}", author=author, price="5.00")
    return author
