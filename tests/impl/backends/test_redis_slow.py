"""A Redis that is slow costs no request: one that is a little slow goes on working, the other one is passed by."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from ..redis_process import running_redis
from ..reference_server import PATIENCE, Server, read_document, relaxed, save, serving_with_rest
from ..slow_redis import SlowWay, slow_way
from ..wire import Answer, Client
from .test_redis import SECRET

pytestmark = pytest.mark.long

AT_ONCE = 30
# Seconds for which this server leaves a slow Redis alone: longer than what a test asks meanwhile.
REST = 3.0


@dataclass(frozen=True)
class Far:
    """A server whose Redis is as far away as its way says."""

    server: Server
    way: SlowWay

    def at_once(self, target: str, number: int) -> Counter[int]:
        """Send many requests at the same time, and count their statuses."""
        with ThreadPoolExecutor(number) as threads:
            asked = [threads.submit(Client(self.server.port).ask, "GET", target) for _ in range(number)]
            return Counter(each.result(60).status for each in asked)

    def health(self) -> tuple[int, str]:
        """Return the status of an answer of readiness, and what it calls the state."""
        answer = Client(self.server.port).ask("GET", "/api/health")
        return answer.status, str(answer.json().get("status"))


@pytest.fixture(scope="module", name="far")
def _far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    folder = tmp_path_factory.mktemp("slow")
    document = save(relaxed(read_document()), folder)
    with running_redis(folder) as redis, slow_way(redis.url) as way:
        # The default deadline: it is what a slow Redis used to use up.
        settings = {"REDIS_URL": way.url, "SECRET_KEY": SECRET, "REQUEST_TIMEOUT": "2"}
        with serving_with_rest(REST, folder, document, **settings) as server:
            yield Far(server, way)


@pytest.fixture(autouse=True)
def _quick_again(far: Far) -> Iterator[None]:
    far.health()
    yield
    far.way.seconds = 0.0
    deadline = time.monotonic() + PATIENCE
    while far.health() != (200, "ok"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("milliseconds", [100, *(pytest.param(each, marks=pytest.mark.nightly) for each in (150, 240))])
def test_slow_redis_costs_no_request(far: Far, milliseconds: int) -> None:
    """However slow Redis is, everybody who asks at once is answered, and the service says that it is ready."""
    far.way.seconds = milliseconds / 1000
    lists = far.at_once("/api/books?per_page=4", AT_ONCE)
    healths = far.at_once("/api/health", 3)

    assert lists == {200: AT_ONCE}
    assert healths == {200: 3}


def test_slow_redis_is_passed_by(far: Far) -> None:
    """Once it is known to be slow, the process counts for itself, nothing comes from the cache, and health says so."""
    target = "/api/books?per_page=6"
    far.way.seconds = 0.15
    far.at_once(target, AT_ONCE)
    first, second = (Client(far.server.port).ask("GET", target) for _ in range(2))

    assert [each.header("Cache-Status") for each in (first, second)] == ["bookplate; fwd=uri-miss"] * 2
    assert left(first) - left(second) == 1
    assert far.health() == (200, "degraded")


def left(answer: Answer) -> int:
    """Return how many requests the limit of an answer still admits."""
    found = re.search(r";r=(\d+)", answer.header("RateLimit") or "")
    assert found, answer
    return int(found[1])


@pytest.mark.parametrize("milliseconds", [100, 200])
def test_first_probe_after_a_reconnect_is_no_503(far: Far, milliseconds: int) -> None:
    """The greeting of new connections does not use up the time of readiness."""
    far.way.seconds = milliseconds / 1000
    far.way.hang_up()

    assert far.health()[0] == 200


def test_redis_that_is_a_little_slow_works(far: Far) -> None:
    """Twenty milliseconds more are no outage: limiter and cache go on, and everybody is answered."""
    far.way.seconds = 0.02
    lists = far.at_once("/api/books?per_page=5", AT_ONCE)
    again = Client(far.server.port).ask("GET", "/api/books?per_page=5")

    assert lists == {200: AT_ONCE}
    assert again.header("Cache-Status") == "bookplate; hit"
    assert far.health() == (200, "ok")


def test_redis_that_is_very_slow_is_named(far: Far) -> None:
    """A Redis that answers after the deadline of its socket is left alone, and health names what suffers."""
    far.way.seconds = 1.0

    assert {far.health() for _ in range(5)} == {(200, "degraded")}
