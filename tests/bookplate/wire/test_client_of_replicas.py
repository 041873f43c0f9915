"""The sender shares requests out among the addresses of a service, wherever they come from."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.laws.observer import Observer
from bookplate.target.instance import free_port
from bookplate.wire.client import Client
from bookplate.wire.outcomes import NotChecked, Violation
from bookplate.wire.raw_socket import in_a_row
from bookplate.wire.replicas import Replicas
from bookplate.wire.server_log import ServerLog
from tests.fakes import FOLDER
from tests.fakes.serving import opened


@dataclass
class Noting:
    """A server that notes what it is asked, and redirects to /there what asks for /here."""

    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], Any]:
        self.asked.append(target)
        if target == "/here":
            return 307, {"Location": f"http://{headers['host']}/there"}, None
        return (500, {}, {}) if target == "/fails" else (200, {}, {})


@pytest.fixture(name="servers")
def _servers() -> Iterator[tuple[list[Noting], Client]]:
    """Two servers and a client of both."""
    servers = [Noting(), Noting()]
    with ExitStack() as stack:
        urls = [stack.enter_context(opened(server)) for server in servers]
        client = client_of(urls)
        yield servers, client
        client.close()


def client_of(urls: list[str]) -> Client:
    document = Document.load(FOLDER / "toy.yaml")
    return Client(urls[0], Observer(document, []).look, 0, replicas=Replicas(urls))


def test_a_link_and_a_redirect_take_their_turn_too(servers: tuple[list[Noting], Client]) -> None:
    (one, other), client = servers

    first = client.send("GET", "/a", [])
    client.follow(f"{first.url}?page=2", {})
    client.final(client.send("GET", "/here", []))

    assert (one.asked, other.asked) == (["/a", "/here"], ["/a?page=2", "/there"])


def test_the_exchange_says_which_server_has_answered(servers: tuple[list[Noting], Client]) -> None:
    _, client = servers

    urls = [client.send("GET", "/a", []).url for _ in range(2)]

    assert urls == [f"{address}/a" for address in client.replicas.urls]


def test_bytes_go_to_the_server_whose_request_they_repeat(servers: tuple[list[Noting], Client]) -> None:
    """They name their host, and another server may refuse a foreign one."""
    (one, other), client = servers
    exchanges = [client.send("GET", "/a", []) for _ in range(2)]

    for exchange in reversed(exchanges):
        client.send_bytes(exchange.url.removeprefix(client.url), in_a_row(exchange, 2))

    assert (one.asked, other.asked) == (["/a"] * 3, ["/a"] * 3)


def test_what_a_server_prints_is_told_of_its_own_answers_alone(
    servers: tuple[list[Noting], Client], tmp_path: Path
) -> None:
    _, client = servers
    for name, address in zip("ab", client.replicas.urls, strict=True):
        (tmp_path / name).write_text("", encoding="utf-8")
        client.logs[address] = ServerLog(tmp_path / name)

    logs = [client.log_of(client.send("GET", "/fails", []).url) for _ in range(2)]

    assert [log.path.name for log in logs if log] == ["a", "b"]


def test_of_a_server_that_has_ended_the_address_is_told() -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    with opened(Noting()) as here:
        client = client_of([here, gone])
        client.send("GET", "/a", [])

        with pytest.raises((Violation, NotChecked)):
            client.send("GET", "/a", [])

        client.close()
    assert client.gone.startswith(f"the target no longer answers at {gone}, since GET /a: ")
