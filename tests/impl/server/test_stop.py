"""The end of a server: it says so first, finishes what it has begun, ends in a bounded time, and with status 0."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ..hanging import SECRET, full_pipe, service_on_everything, workers_of
from ..people import PASSWORD, add_book, new_person
from ..redis_process import running_redis
from ..reference_server import DOCUMENT, PATIENCE, Server, read_document, relaxed, save, serving
from ..wire import HOST, Answer, Client, compose, connect, read_answer

pytestmark = pytest.mark.long

# The old code never ended; a busy machine may take its time.
SOON = 30
CLIENTS = 8
HEALTH = compose("GET", "/api/health")
BOOKS = compose("GET", "/api/books")


def end(server: Server) -> int:
    """Ask a server to end, and return its exit status."""
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(SOON)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def several(folder: Path, **settings: str) -> Iterator[Server]:
    """Run a server with two workers, both of which have started."""
    with running_redis(folder) as redis:
        given = {"WORKERS": "2", "REDIS_URL": redis.url, "SECRET_KEY": SECRET, "LOG_LEVEL": "INFO", **settings}
        with serving(folder, save(relaxed(read_document()), folder), **given) as server:
            wait_until(lambda: server.output.read_text().count("Application startup complete") == 2)
            yield server


@contextmanager
def one(folder: Path, **settings: str) -> Iterator[Server]:
    """Run a server of one process."""
    with serving(folder, save(relaxed(read_document()), folder), **{"LOG_LEVEL": "INFO", **settings}) as server:
        yield server


ONE = pytest.param(one, id="one")
SEVERAL_AT_NIGHT = pytest.param(several, id="two workers", marks=pytest.mark.nightly)


@pytest.mark.parametrize("run", [ONE, SEVERAL_AT_NIGHT])
def test_readiness_goes_first(run: Callable[..., Iterator[Server]], tmp_path: Path) -> None:
    """From SIGTERM on readiness is 503 while others are answered, each with `Connection: close`; then none connects."""
    with run(tmp_path, DRAIN_SECONDS="3") as server:  # type: ignore[attr-defined]
        client = Client(server.port)
        with connect(server.port) as idle:
            idle.sendall(BOOKS)
            before = read_answer(idle)
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "Stopping" in server.output.read_text())
            idle.sendall(BOOKS)
            answers = [read_answer(idle)]
            assert idle.recv(1) == b""
        answers += [client.ask("GET", "/api/books"), client.ask("GET", "/api/health/live")]
        ready = client.ask("GET", "/api/health")
        status = server.process.wait(SOON)

    assert (before.status, before.header("Connection")) == (200, None)
    assert [(answer.status, answer.header("Connection")) for answer in answers] == [(200, "close")] * 3
    assert (ready.status, ready.code, ready.header("Connection")) == (503, "unavailable", "close")
    assert ready.header("Retry-After")
    assert status == 0
    with pytest.raises(ConnectionRefusedError):
        client.ask("GET", "/api/health/live")


@pytest.mark.nightly  # at every change the end itself is tried while everything hangs
def test_readiness_goes_first_whatever_hangs(tmp_path: Path) -> None:
    """Where every thread waits for a database that hangs, readiness still says that the server is stopping."""
    # The threads are taken for longer than the client waits for its answer.
    settings = {"DRAIN_SECONDS": "60", "STOP_SECONDS": "1", "LOG_LEVEL": "INFO", "REQUEST_TIMEOUT": "60"}
    with ExitStack() as stack:
        _, stdout = stack.enter_context(full_pipe())
        service = stack.enter_context(service_on_everything(tmp_path, stdout, **settings))
        stack.enter_context(service.everything_hanging())
        # Until what was sent has taken the threads: from the signal on readiness takes none.
        time.sleep(1)
        service.server.process.send_signal(signal.SIGTERM)
        client = Client(service.server.port)
        wait_until(lambda: client.ask("GET", "/api/health/live").header("Connection") == "close")
        answers = [client.ask("GET", "/api/health") for _ in range(3)]

    assert [answer.status for answer in answers] == [503] * 3
    assert {answer.json()["detail"] for answer in answers} == {"The service is stopping: ask another instance."}


def talk(port: int, stop: threading.Event) -> list[Answer]:
    """Ask on one connection until the server closes it, as it has said that it would."""
    answers: list[Answer] = []
    with connect(port) as connection:
        while not stop.is_set():
            connection.sendall(HEALTH if len(answers) % 2 else BOOKS)
            answers.append(read_answer(connection))
            if answers[-1].header("Connection") == "close":
                break
    return answers


@pytest.mark.parametrize("run", [ONE, SEVERAL_AT_NIGHT])
def test_no_kept_connection_is_reset(run: Callable[..., Iterator[Server]], tmp_path: Path) -> None:
    """Clients that ask all the time get an answer to each request, and the last one says that the connection ends."""
    stop = threading.Event()
    with run(tmp_path, DRAIN_SECONDS="0") as server, ThreadPoolExecutor(CLIENTS) as threads:  # type: ignore[attr-defined]
        talks = [threads.submit(talk, server.port, stop) for _ in range(CLIENTS)]
        wait_until(lambda: server.output.read_text().count("GET /api/books") > CLIENTS * 3)
        status = end(server)
        answers = [each.result(PATIENCE) for each in talks]

    assert status == 0
    assert [each[-1].header("Connection") for each in answers] == ["close"] * CLIENTS


def test_open_requests_are_finished(tmp_path: Path) -> None:
    """Requests that wait for a thread when the signal comes are answered like any others."""
    log_in = json.dumps({"email": "nobody@example.com", "password": PASSWORD}).encode()
    request = compose("POST", "/api/auth/login", "Content-Type: application/json", body=log_in)
    # Where hashes cost what they cost in production, log-ins wait for each other.
    with one(tmp_path, STOP_SECONDS=str(SOON), BOOKPLATE_ENV="development") as server:
        connections = [socket.create_connection((HOST, server.port), timeout=SOON) for _ in range(12)]
        for connection in connections:
            connection.sendall(request)
        wait_until(lambda: "POST /api/auth/login" in server.output.read_text())
        status = end(server)
        answers = [read_answer(connection) for connection in connections]
        for connection in connections:
            connection.close()

    assert status == 0
    assert [answer.status for answer in answers] == [401] * len(answers)
    assert answers[-1].header("Connection") == "close"


def test_counted_views_are_written(tmp_path: Path) -> None:
    """What was counted in memory only is in the store after the end."""
    with one(tmp_path) as server:
        client = Client(server.port)
        book = add_book(new_person(client).client).json()
        before = server.execute("SELECT views FROM books WHERE id = ?", book["id"])
        for _ in range(3):
            assert client.ask("GET", f"/api/books/{book['id']}").status == 200
        assert end(server) == 0

        assert before == [(0,)]
        assert server.execute("SELECT views FROM books WHERE id = ?", book["id"]) == [(3,)]


@contextmanager
def deaf_client(server: Server) -> Iterator[None]:
    """Ask for megabytes and read nothing."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((HOST, server.port))
        connection.sendall(compose("GET", "/docs/swagger-ui-bundle.js") * 20)
        time.sleep(0.5)
        yield


@pytest.mark.nightly  # at every change a second signal hastens the end of what hangs
@pytest.mark.parametrize("workers", ["1", "2"])
def test_end_has_an_end_whatever_hangs(workers: str, tmp_path: Path) -> None:
    """Database, Redis, a client that reads nothing and the reader of the log hang: it ends all the same, with 0."""
    settings = {"STOP_SECONDS": "1", "LOG_LEVEL": "INFO", "WORKERS": workers}
    with ExitStack() as stack:
        _, stdout = stack.enter_context(full_pipe())
        service = stack.enter_context(service_on_everything(tmp_path, stdout, **settings))
        stack.enter_context(deaf_client(service.server))
        stack.enter_context(service.everything_hanging())
        started = time.monotonic()
        status = end(service.server)
        took = time.monotonic() - started
    print(f"ends while everything hangs: {took:.1f} s with {workers} workers")

    assert status == 0


@pytest.mark.parametrize(
    ("workers", "second"), [("1", signal.SIGINT), pytest.param("2", signal.SIGTERM, marks=pytest.mark.nightly)]
)
def test_second_signal_hastens(second: signal.Signals, workers: str, tmp_path: Path) -> None:
    """Whoever asks twice does not wait for open requests."""
    settings = {"STOP_SECONDS": "600", "LOG_LEVEL": "INFO", "WORKERS": workers}
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(tmp_path))
        server = stack.enter_context(serving(tmp_path, DOCUMENT, REDIS_URL=redis.url, **settings))
        connection = stack.enter_context(connect(server.port))
        # Half a request: the rest could still come.
        connection.sendall(b"GET /api/books HTTP/1.1\r\n")
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Stopping" in server.output.read_text())
        time.sleep(1)
        assert server.process.poll() is None
        server.process.send_signal(second)
        assert server.process.wait(SOON) == 0


def test_killed_worker_is_replaced_and_named(tmp_path: Path) -> None:
    """A worker that is killed has a successor, and its death is a line of the log in the form of all others."""
    with several(tmp_path) as server:
        victim = workers_of(server.process.pid)[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: server.output.read_text().count("Application startup complete") == 3)
        statuses = [Client(server.port).ask("GET", "/api/books").status for _ in range(10)]
        left = workers_of(server.process.pid)
        assert end(server) == 0
    lines = [json.loads(line) for line in server.output.read_text().splitlines()]
    deaths = [(line["level"], line["message"]) for line in lines if "SIGKILL" in line["message"]]

    assert statuses == [200] * 10
    assert victim not in left
    assert len(left) == 2
    assert [level for level, _ in deaths] == ["ERROR"]
    assert deaths[0][1].startswith(f"Worker {victim} was killed by SIGKILL: worker ")
    assert server.errors.read_text() == ""


@pytest.mark.nightly  # it takes long; that a worker which is lost is replaced is tried at every change
def test_workers_end_with_their_supervisor(tmp_path: Path) -> None:
    """Where the supervisor is killed its workers end by themselves, say why, and give the port back."""
    with several(tmp_path) as server:
        orphans = workers_of(server.process.pid)
        server.process.kill()
        server.process.wait()
        try:
            wait_until(lambda: not any(map(is_alive, orphans)))
        finally:
            for each in filter(is_alive, orphans):
                os.kill(each, signal.SIGKILL)
        with socket.socket() as probe:
            assert probe.connect_ex((HOST, server.port)) != 0
    lines = [json.loads(line)["message"] for line in server.output.read_text().splitlines()]

    assert lines.count("The supervisor has gone: this worker ends") == 2


def is_alive(process: int) -> bool:
    """Tell whether a process runs; one that waits for its parent to notice its end does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
