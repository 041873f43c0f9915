"""Campaigns against the shelf server, each on a fresh one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from bookplate.contract.document import Document
from bookplate.contract.seen import Seen, SeenService
from bookplate.fixtures import User
from bookplate.fuzzing.generator import Scope, run_fuzzing
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.generated import FuzzingResult
from bookplate.laws.law import Invariant
from bookplate.wire.connection import Admission, Connection
from tests.fakes.shelf import DOCUMENT, Shelf, serve

# Invariants that look at nothing but exchanges have tests of their own.
OF_GENERATED = Catalogue(law for law in Catalogue.shipped() if law.checks or not isinstance(law, Invariant))

set_hypothesis_home_dir(Path("build/cache/hypothesis"))


def person(token: str) -> User:
    """Return somebody who holds a bearer token."""
    return User("SOMEBODY", "", token=token)


class People:
    """A, B and whoever is used up; everybody signs up by name."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made = 0
        self.owner = self.disposable()
        self.stranger = self.disposable()

    def find(self, role: str) -> None:
        return None

    def disposable(self) -> User:
        self.made += 1
        answer = httpx.post(f"{self.url}/v1/users", json={"username": f"suite-{self.made}"})
        return person(answer.json().get("token", "a token that nobody issued"))


@dataclass(frozen=True)
class Played:
    result: FuzzingResult
    shelf: Shelf
    people: People


Play = Callable[..., Played]


@contextmanager
def running(shelf: Shelf) -> Iterator[str]:
    server = serve(shelf)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(name="play", scope="session")
def _play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Play a campaign against a fresh server that breaks at most one promise."""

    def play(
        broken: str = "",
        *,
        seed: int = 1,
        operations: tuple[str, ...] | None = None,
        slow: tuple[str, ...] = (),
        most_requests: int | None = None,
    ) -> Played:
        shelf = Shelf(broken)
        document = Document.load(DOCUMENT)
        if slow:
            document.learn(SeenService(operations={name: Seen(is_slow=True) for name in slow}))
        with running(shelf) as url:
            people = People(url)
            result = run_fuzzing(
                document,
                url,
                people,
                OF_GENERATED,
                Path(tmp_path_factory.mktemp("campaign")),
                Scope(seed, examples=8, operations=operations),
                admission=Admission(Connection(most_requests=most_requests)),
            )
        return Played(result, shelf, people)

    return play


@pytest.fixture(name="honest", scope="session")
def _honest(play: Play) -> Played:
    return play()
