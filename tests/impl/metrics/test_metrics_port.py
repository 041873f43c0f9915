"""METRICS_PORT: Prometheus reads there what the server has done, and nobody reads it anywhere else."""

import itertools
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from impl.metrics.catalogue import METRICS

from ..commands import finish, is_refused_in_one_line, start_python
from ..hanging import workers_of
from ..people import new_person
from ..redis_process import running_redis
from ..reference_server import PATIENCE, ROOT, Server, free_port, read_document, relaxed, save, serving
from ..wire import HOST, Client, compose
from .scrape import OPENMETRICS, REQUESTS, look, look_until

pytestmark = pytest.mark.long
_hosts = itertools.count(2)
ANSWERS, REFUSALS = "bookplate_response_cache_answers_total", "bookplate_rate_limit_refusals_total"
METRIC_IN_TEXT = re.compile(r"\b(?:http_server|bookplate|db_client|process)_[a-z_]+\b")
# With a value of its own for each request, where a client may put one.
MARK = "made-up-by-a-client"
# As a process in which prometheus_client is not installed.
WITHOUT_PACKAGE = """
import sys
sys.modules["prometheus_client"] = None
from impl.server.starting import main
sys.exit(main())
"""
BUILD_WITHOUT_PACKAGE = """
import sys
sys.modules["prometheus_client"] = None
from impl.app import create_app
import impl.server.starting
create_app()
print("built")
"""


@dataclass(frozen=True)
class Measured:
    """A server with the limits of the contract, and where its figures are."""

    server: Server
    port: int


@pytest.fixture(scope="module", name="measured")
def _measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    """One server for this module."""
    port = free_port()
    with serving(tmp_path_factory.mktemp("measured"), METRICS_PORT=str(port)) as server:
        yield Measured(server, port)


@pytest.fixture(name="stranger")
def _stranger(measured: Measured) -> Callable[[], Client]:
    """Makers of clients with an address, and so with limits, of their own."""
    return lambda: Client(measured.server.port, f"127.0.2.{next(_hosts)}")


def test_answer_is_counted(measured: Measured, stranger: Callable[[], Client]) -> None:
    """A request counts for its operation, its path template, its method and its status, with its duration."""
    labels = {
        "operation": "get_book",
        "http_route": "/api/books/{book_id}",
        "http_request_method": "GET",
        "http_response_status_code": "404",
    }
    before = look(measured.port)
    answers = [stranger().ask("GET", f"/api/books/{number}") for number in (999_001, 999_002)]
    after = look(measured.port)

    assert [answer.status for answer in answers] == [404, 404]
    assert after.value(REQUESTS, **labels) - before.value(REQUESTS, **labels) == 2
    sums = [figures.value(REQUESTS.replace("_count", "_sum"), **labels) for figures in (before, after)]
    assert 0 < sums[1] - sums[0] < PATIENCE
    buckets = [figures.value(REQUESTS.replace("_count", "_bucket"), le="+Inf", **labels) for figures in (before, after)]
    assert buckets[1] - buckets[0] == 2


def test_kept_answer_is_counted(measured: Measured, stranger: Callable[[], Client]) -> None:
    """A computed answer is a miss, the same one again a hit, and one that the caller wants computed a bypass."""
    person = new_person(stranger())
    before = look(measured.port)
    stranger().ask("GET", "/api/books?per_page=7")
    stranger().ask("GET", "/api/books?per_page=7")
    kept = stranger().ask("HEAD", "/api/books?per_page=7")
    unchanged = stranger().ask("GET", "/api/books?per_page=7", None, f"If-None-Match: {kept.header('ETag')}")
    person.client.ask("GET", "/api/books?per_page=7", None, "Cache-Control: no-cache")
    after = look(measured.port)

    grown = {
        result: after.value(ANSWERS, operation="list_books", result=result)
        - before.value(ANSWERS, operation="list_books", result=result)
        for result in ("miss", "hit", "bypass")
    }
    assert unchanged.status == 304
    assert grown == {"miss": 1, "hit": 3, "bypass": 1}


def test_refusal_is_counted_by_policy(measured: Measured, stranger: Callable[[], Client]) -> None:
    """A 429 counts for the policy that refused, and for the operation."""
    client = stranger()
    before = look(measured.port)
    statuses = [client.ask("GET", "/api/books").status for _ in range(23)]
    after = look(measured.port)

    refused = statuses.count(429)
    assert refused > 0
    assert after.value(REFUSALS, policy="lists") - before.value(REFUSALS, policy="lists") == refused
    status = {"operation": "list_books", "http_response_status_code": "429"}
    assert after.value(REQUESTS, **status) - before.value(REQUESTS, **status) == refused


def test_no_label_is_what_a_client_wrote(measured: Measured, stranger: Callable[[], Client]) -> None:
    """Whatever clients send, no label shows it, and no request makes another series."""
    targets = ["/{}", "/api/{}", "/api/books/{}", "/api/books?title={}", "/docs/{}", "/api/books/1/{}", "//{}"]

    def send(number: int) -> None:
        client, word = stranger(), f"{MARK}-{number}"
        for target in targets:
            client.ask("GET", target.format(word), None, f"X-Request-Id: {word}", f"traceparent: {word}")
        client.send(compose(f"{MARK}{number}", "/api/books"))

    send(1)
    first = look(measured.port)
    for number in range(2, 5):
        send(number)
    after = look(measured.port)

    assert MARK not in after.text
    assert len(after.samples) == len(first.samples)
    assert (
        after.value(REQUESTS, http_request_method="_OTHER") - first.value(REQUESTS, http_request_method="_OTHER") == 3
    )
    routes = {labels["http_route"] for labels in after.labels(REQUESTS)}
    known = {"", "/", "/docs", "/openapi.json"} | {f"/api{path}" for path in read_document()["paths"]}
    assert routes <= known


def test_everything_is_shown(measured: Measured) -> None:
    """Each metric that needs no Redis is there from the start, and processes, threads and connections have figures."""
    figures = look(measured.port)

    shown = set(re.findall(r"^# TYPE (\S+)", figures.text, re.MULTILINE))
    assert shown == {metric.name for metric in METRICS if "redis" not in metric.name}
    assert figures.value("bookplate_server_processes") == 1
    assert figures.value("bookplate_pool_threads", pool="reads") == 8
    assert figures.value("bookplate_pool_threads", pool="writes") == 8
    assert figures.value("bookplate_log_lines_dropped_total", output="standard output") == 0
    assert figures.value("db_client_connection_max") >= 18
    assert figures.value("db_client_connection_count") > 0
    assert figures.value("process_cpu_seconds_total") > 0.1
    assert figures.value("process_resident_memory_bytes") > 20 * 2**20


def test_openmetrics_reads_it_too(measured: Measured) -> None:
    """Who asks for OpenMetrics gets it, with the same figures."""
    assert look(measured.port, OPENMETRICS).value(REQUESTS, operation="list_books") == look(measured.port).value(
        REQUESTS, operation="list_books"
    )


def test_each_port_has_its_own(measured: Measured, stranger: Callable[[], Client]) -> None:
    """The API does not know /metrics, and the port of the metrics knows nothing else."""
    answers = [stranger().ask("GET", target) for target in ("/metrics", "/api/metrics", "/no-such-path")]
    connection = HTTPConnection(HOST, measured.port, timeout=10)
    statuses = []
    for target in ("/", "/api/books", "/api/health/live", "/metrics/"):
        connection.request("GET", target)
        with connection.getresponse() as answer:
            statuses.append(answer.status)
    connection.close()

    assert [answer.status for answer in answers] == [404, 404, 404]
    assert not [answer for answer in answers if b"http_server" in answer.body]
    assert statuses == [404, 404, 404, 404]


def test_documentation_names_each_metric() -> None:
    """The page for operators says of each metric what to do when it rises."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = {re.sub(r"_(count|bucket)$", "", name) for name in METRIC_IN_TEXT.findall(page)}
    known = {re.sub(r"_count$", "", metric.name) for metric in METRICS}

    assert named == known
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        assert f"| `{metric.name}`{': ' if labels else ''}{labels} |" in page


def test_figures_of_workers_add_up(tmp_path: Path) -> None:
    """What two workers did is one figure; what a killed one had done stays in it."""
    port = free_port()
    labels = {"operation": "get_liveness", "http_response_status_code": "200"}
    document = save(relaxed(read_document()), tmp_path)
    with (
        running_redis(tmp_path) as redis,
        serving(tmp_path, document, WORKERS="2", REDIS_URL=redis.url, METRICS_PORT=str(port)) as server,
    ):
        look_until(port, lambda figures: figures.value("bookplate_server_processes") == 2)
        client = Client(server.port)
        assert {client.ask("GET", "/api/health/live").status for _ in range(200)} == {200}
        figures = look_until(port, lambda figures: figures.value(REQUESTS, **labels) >= 200)
        assert figures.value(REQUESTS, **labels) == 200
        assert figures.value("bookplate_pool_threads", pool="reads") == 16
        # Supervisor and two workers.
        assert figures.value("process_resident_memory_bytes") > 60 * 2**20

        victim = workers_of(server.process.pid)[0]
        os.kill(victim, signal.SIGKILL)
        figures = look_until(port, lambda figures: figures.value("bookplate_server_processes") == 1)
        assert figures.value(REQUESTS, **labels) == 200
        assert figures.value("bookplate_pool_threads", pool="reads") == 8
        figures = look_until(port, lambda figures: figures.value("bookplate_server_processes") == 2)
        assert figures.value(REQUESTS, **labels) == 200

        # Each worker is replaced, and says the last of what it did when it ends.
        assert {client.ask("GET", "/api/health/live").status for _ in range(20)} == {200}
        old = set(workers_of(server.process.pid))
        os.kill(server.process.pid, signal.SIGHUP)
        look_until(port, lambda _: not old & set(workers_of(server.process.pid)))
        figures = look_until(port, lambda figures: figures.value("bookplate_server_processes") == 2)
        assert figures.value(REQUESTS, **labels) == 220
        assert figures.value("bookplate_redis_rests_total") == 0


def test_rest_of_redis_is_counted(tmp_path: Path) -> None:
    """A Redis that goes away shows as one rest, however many requests do without it, and as a rest that goes on."""
    port = free_port()
    with running_redis(tmp_path) as redis, serving(tmp_path, REDIS_URL=redis.url, METRICS_PORT=str(port)) as server:
        client = Client(server.port)
        assert client.ask("GET", "/api/books").status == 200
        before = look(port)
        redis.kill()
        assert {client.ask("GET", "/api/books").status for _ in range(5)} == {200}
        after = look(port)

    names = ("bookplate_redis_rests_total", "bookplate_redis_resting")
    assert [before.value(name) for name in names] == [0, 0]
    assert [after.value(name) for name in names] == [1, 1]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_port_in_use_is_one_line(workers: str, tmp_path: Path) -> None:
    """A METRICS_PORT that others have ends the start with status 2 and one line that names it."""
    with socket.create_server((HOST, 0)) as holder:
        port = holder.getsockname()[1]
        settings = {"METRICS_PORT": str(port), "WORKERS": workers, "REDIS_URL": "redis://127.0.0.1:1/0"}
        done = finish(start_python(tmp_path, "-m", "impl", **settings))

    assert is_refused_in_one_line(done), done
    assert f"METRICS_PORT {port} of METRICS_HOST {HOST} is in use" in done.stderr


def test_host_of_another_machine_is_one_line(tmp_path: Path) -> None:
    """A METRICS_HOST that is not of this machine ends the start with status 2 and one line that names it."""
    done = finish(start_python(tmp_path, "-m", "impl", METRICS_PORT=str(free_port()), METRICS_HOST="192.0.2.1"))

    assert is_refused_in_one_line(done), done
    assert "METRICS_HOST 192.0.2.1" in done.stderr


def test_package_that_is_missing_is_one_line(tmp_path: Path) -> None:
    """METRICS_PORT without prometheus-client ends the start with status 2 and one line that says what to install."""
    done = finish(start_python(tmp_path, "-c", WITHOUT_PACKAGE, METRICS_PORT=str(free_port())))

    assert is_refused_in_one_line(done), done
    assert "prometheus-client" in done.stderr


def test_server_without_metrics_needs_no_package(tmp_path: Path) -> None:
    """Without METRICS_PORT everything is built where prometheus-client is not installed."""
    done = finish(start_python(tmp_path, "-c", BUILD_WITHOUT_PACKAGE))

    assert (done.returncode, done.stdout, done.stderr) == (0, "built\n", "")
