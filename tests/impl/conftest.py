"""Servers that the tests talk to, and a person who is signed in."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from impl.contract.contract import Contract
from impl.settings import Settings, load_settings

from .people import Person, new_person
from .reference_server import DOCUMENT, ROOT, Server, environment, read_document, relaxed, save, serving, with_tables
from .wire import Client

set_hypothesis_home_dir(ROOT / "build" / "cache" / "hypothesis")
_hosts = itertools.count(2)


@pytest.fixture(scope="session", name="server")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose limits no test reaches."""
    folder = tmp_path_factory.mktemp("relaxed")
    with serving(folder, save(relaxed(read_document()), folder)) as server:
        yield server


@pytest.fixture(scope="session", name="limited")
def _limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the limits of the contract."""
    with serving(tmp_path_factory.mktemp("limited")) as server:
        yield server


@pytest.fixture(name="client")
def _client(server: Server) -> Client:
    """Somebody without a token, whom no limit stops."""
    return Client(server.port)


@pytest.fixture(name="stranger")
def _stranger(limited: Server) -> Callable[[], Client]:
    """Makers of clients with an address, and so with limits, of their own."""
    return lambda: Client(limited.port, f"127.0.1.{next(_hosts)}")


@pytest.fixture(scope="module", name="person")
def _person(server: Server) -> Person:
    """A signed-in user for one module, for a token lasts ten minutes; tests that end sessions make their own."""
    return new_person(Client(server.port))


@pytest.fixture(scope="session", name="contract")
def _contract() -> Contract:
    """The contract as the reference reads it."""
    return Contract.load(DOCUMENT)


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    """Settings of an application inside the test's own process, with a database that has its tables."""
    return load_settings(with_tables(environment(tmp_path)))
