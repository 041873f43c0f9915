"""Which address of a service gets which request."""

import threading
import time
from typing import Any

import pytest

from bookplate.wire.replicas import Replicas

ONE, TWO, THREE = "http://127.0.0.1:8001/api", "http://127.0.0.1:8002/api", "http://127.0.0.1:8003/api"


def test_consecutive_requests_of_a_sender_go_to_one_after_the_other() -> None:
    replicas = Replicas([ONE, TWO, THREE])

    sent = [replicas.at_turn(f"{ONE}/books?page=1#x", "anna") for _ in range(4)]

    assert sent == [f"{each}/books?page=1#x" for each in (ONE, TWO, THREE, ONE)]


def test_each_sender_has_a_row_of_its_own_and_begins_behind_the_one_before() -> None:
    replicas = Replicas([ONE, TWO])

    sent = [replicas.at_turn(ONE, sender) for sender in ("anna", "bob", "anna", "bob", "carol")]

    assert sent == [ONE, TWO, TWO, ONE, ONE]


def test_the_seed_says_where_the_first_one_begins() -> None:
    first = [Replicas([ONE, TWO, THREE], seed).at_turn(ONE, "anna") for seed in (1, 2, 3, 4)]

    assert first == [ONE, TWO, THREE, ONE]


def test_an_address_of_any_replica_is_sent_to_the_one_whose_turn_it_is() -> None:
    """A link of an answer leads to the server that has answered."""
    replicas = Replicas([ONE, TWO])

    sent = [replicas.at_turn(f"{TWO}/books", "anna") for _ in range(2)]

    assert sent == [f"{ONE}/books", f"{TWO}/books"]


@pytest.mark.parametrize("url", ["http://example.com/api", "http://127.0.0.1:80011/api", "http://127.0.0.1:8001@evil/"])
def test_what_leads_elsewhere_is_left_alone(url: str) -> None:
    replicas = Replicas([ONE, TWO])

    assert [replicas.at_turn(url, "anna") for _ in range(2)] == [url, url]
    assert replicas.address_of(url) == ONE
    assert replicas.below(url) == url


def test_one_address_gets_everything() -> None:
    replicas = Replicas([ONE])

    assert [replicas.at_turn(f"{ONE}/a", "anna") for _ in range(2)] == [f"{ONE}/a"] * 2


def test_what_stands_below_an_address_is_the_same_at_each() -> None:
    replicas = Replicas([f"{ONE}/", TWO])

    assert {replicas.below(f"{each}/books?page=2") for each in (ONE, TWO)} == {"/books?page=2"}
    assert replicas.address_of(f"{TWO}/books") == TWO


def test_of_requests_at_once_each_address_gets_as_many() -> None:
    replicas = Replicas([f"http://127.0.0.1:{8001 + number}/api" for number in range(80)])
    replicas._sent = Hesitating()
    sent: list[str] = []

    def send() -> None:
        for _ in range(20):
            sent.append(replicas.at_turn(ONE, "anna"))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(sent) == sorted(replicas.urls)


class Hesitating(dict[str, int]):
    """Lets other threads go first between a look and what is written then."""

    def get(self, *arguments: Any) -> Any:
        found = super().get(*arguments)
        time.sleep(0.0005)
        return found
