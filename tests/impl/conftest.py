"""Servers that the tests talk to, and a person who is signed in."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis.configuration import set_hypothesis_home_dir

from impl.contract.contract import Contract
from impl.settings import Settings, load_settings
from tests.services.private import MissingProgram, PostgreSQL

from .people import Person, new_person
from .reference_server import DOCUMENT, ROOT, Server, environment, read_document, relaxed, save, serving, with_tables
from .stores import STORES, application, new_database
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


@pytest.fixture(scope="session", name="postgresql")
def _postgresql() -> Iterator[str]:
    """A PostgreSQL of this run's own; without its programs, what needs it is skipped."""
    try:
        # It runs as another user than root, who may not look into pytest's own folders.
        with tempfile.TemporaryDirectory(prefix="bookplate-") as folder:
            server = PostgreSQL(Path(folder), fsync="off")
            server.start()
            # One that listens may still be starting.
            server.connect().close()
            yield server.address
            server.stop()
    except MissingProgram as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module", params=STORES, name="store")
def _store(request: pytest.FixtureRequest) -> str:
    """The name of each store in turn."""
    return str(request.param)


@pytest.fixture(name="database")
def _database(store: str, request: pytest.FixtureRequest) -> str | None:
    """The address of an empty database of PostgreSQL's, and None for the SQLite file of a folder."""
    return new_database(request.getfixturevalue("postgresql")) if store == "postgresql" else None


@pytest.fixture(scope="module", name="stored")
def _stored(store: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on each store in turn, one for a module, in whose context the tests run."""
    address = new_database(request.getfixturevalue("postgresql")) if store == "postgresql" else None
    with application(tmp_path_factory.mktemp("stored"), address) as app:
        yield app
