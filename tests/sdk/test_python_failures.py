"""The Python client where something goes wrong: which requests are sent again, and what is told."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from bookplate_client import (
    ApiError,
    AsyncClient,
    Client,
    ClientError,
    RequestTimeout,
    ServerError,
    TokenPair,
    TransportError,
    Unauthorized,
    UnexpectedStatus,
    UnreadableAnswer,
)

from tests.sdk.accounts import Accounts
from tests.sdk.interference import Interfering, answering, silent_server, unavailable
from tests.sdk.server import ACCESS_TOKEN_SECONDS

CALLS = 20
BOOK: dict[str, Any] = {"title": "Dune", "author": "Frank Herbert", "price": "9.99"}


def test_503_is_asked_again(accounts: Accounts) -> None:
    transport = Interfering(unavailable(), unavailable())
    with Client(accounts.base_url, http=httpx.Client(transport=transport)) as client:
        assert client.system.get_health().status in ("ok", "degraded")
    assert len(transport.requests) == 3


def test_retry_after_of_503_is_waited_out(accounts: Accounts) -> None:
    transport = Interfering(unavailable({"Retry-After": "1"}))
    started = time.monotonic()
    with Client(accounts.base_url, http=httpx.Client(transport=transport)) as client:
        client.system.get_health()
    assert 1.0 <= time.monotonic() - started < 10.0


def test_at_last_503_is_told(accounts: Accounts) -> None:
    transport = Interfering(*[unavailable()] * 9)
    with Client(accounts.base_url, retries=2, http=httpx.Client(transport=transport)) as client:
        with pytest.raises(ServerError) as caught:
            client.system.get_health()
        assert (caught.value.status, caught.value.code) == (503, "unavailable")
        assert len(transport.requests) == 3

        with pytest.raises(ServerError):
            client.with_options(retries=0).system.get_health()
        assert len(transport.requests) == 4


def test_a_book_whose_answer_got_lost_is_made_once(accounts: Accounts) -> None:
    transport = Interfering()
    client = accounts.signed_in(http=httpx.Client(transport=transport))
    transport.lose_answers = 2

    book = client.books.create(title="Lost and found", author="Answer Lost", price="1.00")

    assert [each.id for each in client.books.list(author="Answer Lost")] == [book.id]
    keys = [request.headers["Idempotency-Key"] for request in transport.to("/books") if request.method == "POST"]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert book.last_response is not None
    assert book.last_response.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_whose_answer_got_lost_is_not_sent_again(accounts: Accounts, method: str) -> None:
    transport = Interfering()
    client = accounts.signed_in(http=httpx.Client(transport=transport))
    book = client.books.create(**BOOK)
    change = client.books.update if method == "PATCH" else client.books.replace
    transport.lose_answers = 1

    with pytest.raises(TransportError):
        change(book, **{**BOOK, "price": "8.99"})

    assert [request.method for request in transport.requests].count(method) == 1
    assert client.books.get(book).price == "8.99"


def test_a_key_that_is_in_flight_is_waited_for_only_after_an_answer_got_lost(accounts: Accounts) -> None:
    in_flight = answering(409, {"status": 409, "code": "idempotency_key_in_flight", "title": "Conflict"})
    transport = Interfering()
    client = accounts.signed_in(http=httpx.Client(transport=transport))

    transport.planned = [in_flight]
    with pytest.raises(ApiError):
        client.books.create(**BOOK)

    transport.lose_answers = 1
    book = client.books.create(**BOOK, idempotency_key="lost-1")
    transport.planned = [_broken, in_flight]
    assert client.books.create(**BOOK, idempotency_key="lost-1").id == book.id


def test_a_token_that_expires_with_many_calls_in_flight_is_renewed_once(accounts: Accounts) -> None:
    transport = Interfering()
    client = accounts.signed_in(http=httpx.Client(transport=transport))
    time.sleep(ACCESS_TOKEN_SECONDS + 1)

    with ThreadPoolExecutor(CALLS) as pool:
        found = list(pool.map(lambda _: client.users.get_me().username, range(CALLS)))

    assert len(set(found)) == 1
    assert len(transport.to("/auth/refresh")) == 1
    assert len(transport.to("/users/me")) > CALLS


def test_a_token_that_expires_is_renewed_once_for_all_tasks(accounts: Accounts) -> None:
    async def scenario() -> None:
        transport = Interfering()
        async with await accounts.signed_in_async(http=httpx.AsyncClient(transport=transport)) as client:
            await asyncio.sleep(ACCESS_TOKEN_SECONDS + 1)
            await asyncio.gather(*(client.users.get_me() for _ in range(CALLS)))
            assert len(transport.to("/auth/refresh")) == 1
            assert len(transport.to("/users/me")) == 2 * CALLS

    asyncio.run(scenario())


def test_a_task_that_is_cancelled_cuts_off_no_refresh(accounts: Accounts) -> None:
    async def scenario() -> None:
        transport = Interfering()
        async with await accounts.signed_in_async(http=httpx.AsyncClient(transport=transport)) as client:
            await asyncio.sleep(ACCESS_TOKEN_SECONDS + 1)
            transport.seconds = 0.3
            first = asyncio.create_task(client.users.get_me())
            others = [asyncio.create_task(client.with_options(retries=0).users.get_me()) for _ in range(3)]
            while not transport.to("/auth/refresh"):
                await asyncio.sleep(0.01)
            first.cancel()
            assert len({user.id for user in await asyncio.gather(*others)}) == 1
            assert len(transport.to("/auth/refresh")) == 1

    asyncio.run(scenario())


class Notebook:
    """A store of tokens that remembers all that was kept."""

    def __init__(self) -> None:
        self.kept: list[TokenPair | None] = [None]

    def load(self) -> TokenPair | None:
        return self.kept[-1]

    def save(self, tokens: TokenPair | None) -> None:
        self.kept.append(tokens)


def test_tokens_are_kept_where_somebody_wants_them(accounts: Accounts) -> None:
    notebook = Notebook()
    accounts.signed_in(tokens=notebook)
    first = notebook.load()
    assert first is not None
    assert first.expires_at is not None
    assert 0 < first.expires_at - time.time() <= ACCESS_TOKEN_SECONDS

    # Another process finds them there, long after they have expired.
    notebook.save(TokenPair("spent.and.gone", first.refresh))
    with Client(accounts.base_url, tokens=notebook) as client:
        client.users.get_me()
        renewed = notebook.load()
        assert renewed is not None
        assert renewed.access not in ("spent.and.gone", first.access)
        assert renewed.refresh != first.refresh

        client.auth.log_out()
        assert notebook.load() is None


def test_a_refused_refresh_ends_the_session(accounts: Accounts) -> None:
    notebook, transport = Notebook(), Interfering()
    notebook.save(TokenPair("spent.and.gone", "0" * 43))
    with Client(accounts.base_url, tokens=notebook, http=httpx.Client(transport=transport)) as client:
        for _ in range(2):
            with pytest.raises(Unauthorized):
                client.users.get_me()
    assert notebook.load() is None
    assert len(transport.to("/auth/refresh")) == 1


def test_a_refresh_that_nobody_answers_ends_no_session(accounts: Accounts) -> None:
    notebook, transport = Notebook(), Interfering()
    client = accounts.signed_in(tokens=notebook, http=httpx.Client(transport=transport))
    pair = notebook.load()
    assert pair is not None
    notebook.save(TokenPair("spent.and.gone", pair.refresh))
    transport.planned = [lambda _: None, _broken]

    with pytest.raises(TransportError):
        client.with_options(retries=0).users.get_me()

    client.users.get_me()
    assert len(transport.to("/auth/refresh")) == 2


def test_a_token_and_a_store_are_one_too_many(accounts: Accounts) -> None:
    with pytest.raises(ValueError, match="not both"):
        Client(accounts.base_url, token="a.b.c", tokens=Notebook())


def test_a_task_that_is_cancelled_ends_its_call_alone(accounts: Accounts) -> None:
    async def scenario() -> None:
        transport = Interfering(seconds=30.0)
        async with AsyncClient(accounts.base_url, http=httpx.AsyncClient(transport=transport)) as client:
            task = asyncio.create_task(client.system.get_health())
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(transport.requests) == 1

            transport.seconds = 0.0
            await client.system.get_health()

    asyncio.run(scenario())


def test_an_answer_that_does_not_come_in_time_is_told(accounts: Accounts) -> None:
    with silent_server() as base_url, Client(base_url, timeout=0.2, retries=1) as client:
        started = time.monotonic()
        with pytest.raises(RequestTimeout) as caught:
            client.system.get_health()
        assert 0.4 <= time.monotonic() - started < 10.0
        assert isinstance(caught.value, TransportError)

    async def scenario() -> None:
        with silent_server() as base_url:
            async with AsyncClient(base_url, retries=0).with_options(timeout=0.2) as client:
                with pytest.raises(RequestTimeout):
                    await client.system.get_health()

    asyncio.run(scenario())


def test_a_member_and_a_value_that_the_contract_does_not_know_are_no_error(accounts: Accounts) -> None:
    def newer(request: httpx.Request) -> httpx.Response:
        with httpx.Client() as plain:
            content = plain.get(request.url).json()
        return httpx.Response(200, json={**content, "genre": "cookery", "blurb": "new", "cover": {"colour": "red"}})

    transport = Interfering()
    client = accounts.signed_in(http=httpx.Client(transport=transport))
    book = client.books.create(**BOOK)
    transport.planned = [newer]

    found = client.books.get(book.id)

    assert str(found.genre) == "cookery"
    assert found.title == book.title
    assert found.last_response is not None
    assert found.last_response.json()["blurb"] == "new"


@pytest.mark.parametrize(
    ("status", "kind"), [(418, ApiError), (507, ServerError), (202, UnexpectedStatus), (302, UnexpectedStatus)]
)
def test_a_status_that_the_contract_does_not_know_is_told(
    accounts: Accounts, status: int, kind: type[ApiError]
) -> None:
    problem = {"status": status, "code": "newer_than_this_client", "errors": [{"pointer": "/x"}]}
    transport = Interfering(answering(status, problem, {"X-Request-Id": "planned-2"}))
    with Client(accounts.base_url, http=httpx.Client(transport=transport)) as client, pytest.raises(kind) as caught:
        client.system.get_health()
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.code, error.request_id) == (status, "newer_than_this_client", "planned-2")
    assert list(error.errors) == [{"pointer": "/x"}]


def test_an_error_that_is_no_problem_is_told_by_its_status(accounts: Accounts) -> None:
    transport = Interfering(lambda _: httpx.Response(502, html="<h1>Bad gateway</h1>"))
    client = Client(accounts.base_url, retries=0, http=httpx.Client(transport=transport))
    with client, pytest.raises(ServerError) as caught:
        client.system.get_health()
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (502, None, None)
    assert str(caught.value) == "GET /api/health: 502: Bad Gateway"


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<h1>Welcome to the hotel's network</h1>"),
        httpx.Response(200, json={"status": "ok"}),
        httpx.Response(200, json=[]),
    ],
    ids=["no JSON", "a member is missing", "a list"],
)
def test_a_success_that_cannot_be_read_is_told(accounts: Accounts, response: httpx.Response) -> None:
    transport = Interfering(lambda _: response)
    client = Client(accounts.base_url, http=httpx.Client(transport=transport))
    with client, pytest.raises(UnreadableAnswer, match=r"GET /api/health: 200, but its content cannot be") as caught:
        client.system.get_health()
    assert isinstance(caught.value, ClientError)
    assert not isinstance(caught.value, ApiError)


def _broken(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("the connection broke before the answer came")
