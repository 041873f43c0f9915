"""deploy/nginx.conf with a real nginx, in front of two replicas on one PostgreSQL and one Redis."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bookplate.target.instance import free_port
from tests.services.private import MissingProgram, private_postgresql, private_redis
from tests.services.replicas import nginx, replica

HOST = "127.0.0.1"
PERSON = {"email": "ada@example.com", "username": "ada", "password": "correct horse battery"}
LARGE = 2 * 1024 * 1024
SLOW, SILENT = 100, 500

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not shutil.which("nginx", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin"),
        reason="nginx IS NOT INSTALLED: deploy/nginx.conf was not tried",
    ),
]


@dataclass
class Site:
    """Where nginx listens, and the processes behind it."""

    port: int
    replicas: list["subprocess.Popen[bytes]"]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


@pytest.fixture(name="environment", scope="module")
def _environment() -> Iterator[dict[str, str]]:
    with contextlib.ExitStack() as running:
        # PostgreSQL runs as somebody else where this is root, and has to get in.
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bookplate-site-")))
        try:
            database = running.enter_context(private_postgresql(folder))
            redis = running.enter_context(private_redis(folder))
        except MissingProgram as missing:
            pytest.skip(f"PostgreSQL OR Redis IS NOT INSTALLED: {missing}")
        environment = os.environ | {
            "BOOKPLATE_ENV": "testing",
            "SECRET_KEY": "made up for the tests of nginx: 0123456789",
            "DATABASE_URL": f"{database}/postgres",
            "REDIS_URL": f"{redis}/0",
            "TRUSTED_PROXIES": HOST,
            "LOG_LEVEL": "WARNING",
            "REQUEST_TIMEOUT": "10",
        }
        command = [shutil.which("python") or "python", "-m", "flask", "--app", "impl", "init-db"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        yield environment


@pytest.fixture(name="site", scope="module")
def _site(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(environment, tmp_path_factory.mktemp("nginx")) as site:
        yield site


@pytest.fixture(name="mortal_site")
def _mortal_site(environment: dict[str, str], tmp_path: Path) -> Iterator[Site]:
    """A site whose replicas a test may end."""
    with serving(environment, tmp_path) as site:
        yield site


@contextlib.contextmanager
def serving(environment: dict[str, str], folder: Path) -> Iterator[Site]:
    ports = [free_port(), free_port()]
    with contextlib.ExitStack() as running:
        replicas = [running.enter_context(replica(port, environment)) for port in ports]
        port = free_port()
        running.enter_context(nginx(folder, port, ports))
        yield Site(port, replicas)


def get(site: Site, path: str = "/api/health/live") -> httpx.Response:
    return httpx.get(f"{site.url}{path}", timeout=30)


def expect_problem(answer: httpx.Response, status: int) -> None:
    """Expect the shape that all errors have."""
    problem = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert (problem["status"], problem["request_id"]) == (status, answer.headers["x-request-id"])
    assert {"type", "title", "detail", "code"} <= problem.keys()


def test_what_is_written_through_one_replica_is_read_through_both(site: Site) -> None:
    with httpx.Client(base_url=site.url, timeout=30) as client:
        assert client.post("/api/auth/register", json=PERSON).status_code in (201, 409)
        tokens = client.post("/api/auth/login", json={name: PERSON[name] for name in ("email", "password")}).json()
        fields = {"Authorization": f"Bearer {tokens['access_token']}"}
        book = {"title": "Kindred", "author": "Octavia Butler", "price": "5.00"}
        made = client.post("/api/books", json=book, headers=fields)
        assert made.status_code == 201, made.text
        read = [client.get(made.headers["location"]) for _ in range(8)]

    assert {answer.status_code for answer in read} == {200}
    assert {answer.json()["title"] for answer in read} == {"Kindred"}


def test_each_client_has_limits_of_its_own(site: Site) -> None:
    def remaining(address: str) -> str:
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(transport=transport, base_url=site.url, timeout=30) as client:
            return client.get("/api/books", headers={"X-Forwarded-For": "192.0.2.7"}).headers["ratelimit"]

    first, other, again = remaining("127.0.0.21"), remaining("127.0.0.22"), remaining("127.0.0.21")

    assert first == other
    assert again != first


def test_what_nginx_refuses_has_the_shape_of_all_errors(mortal_site: Site) -> None:
    for process in mortal_site.replicas:
        process.terminate()
        process.wait(30)

    away = get(mortal_site)
    large = httpx.post(f"{mortal_site.url}/api/books", content=b" " * LARGE, timeout=30)

    expect_problem(away, 503)
    assert away.headers["retry-after"] == "1"
    expect_problem(large, 413)


def test_what_is_larger_than_the_contract_takes_is_refused_by_the_service(site: Site) -> None:
    answer = httpx.post(f"{site.url}/api/auth/login", content=b" " * 70_000, timeout=30)
    long = get(site, f"/api/books?author={'a' * 9000}")

    assert (answer.status_code, long.status_code) == (413, 414)
    assert "ratelimit" not in answer.headers
    assert {answer.headers["content-type"], long.headers["content-type"]} == {"application/problem+json"}


@pytest.mark.nightly
def test_reads_go_on_while_a_replica_stops(mortal_site: Site) -> None:
    """The control is a read of the replica that has stopped, past nginx."""
    with ThreadPoolExecutor(4) as pool:
        reads = [pool.submit(get, mortal_site) for _ in range(40)]
        mortal_site.replicas[0].terminate()
        reads += [pool.submit(get, mortal_site) for _ in range(160)]
        statuses = [read.result().status_code for read in reads]
    mortal_site.replicas[0].wait(30)

    assert statuses == [200] * 200


def half_a_request(port: int, text: bytes) -> socket.socket:
    connection = socket.create_connection((HOST, port), timeout=60)
    connection.sendall(text)
    return connection


@pytest.mark.nightly
def test_slow_clients_harm_nobody_and_are_sent_away(site: Site) -> None:
    head = b"GET /api/health/live HTTP/1.1\r\nHost: h\r\nX-A: "
    body = b"POST /api/auth/login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"
    texts = [*[head] * SLOW, *[body] * SLOW, *[b""] * (SILENT - 200)]
    with contextlib.ExitStack() as opened:
        slow = [opened.enter_context(half_a_request(site.port, text)) for text in texts[:480]]

        answers = [get(site).status_code for _ in range(20)]
        ended = [connection for connection in slow if is_ended(connection)]

    assert answers == [200] * 20
    assert len(ended) == len(slow)


def is_ended(connection: socket.socket) -> bool:
    """Tell whether the other side has closed a connection; with an answer to what was half sent, or with none."""
    connection.settimeout(20)
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.nightly
def test_one_address_has_no_more_connections_than_is_said(site: Site) -> None:
    with contextlib.ExitStack() as opened:
        for _ in range(530):
            text = b"POST /api/auth/login HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{"
            opened.enter_context(half_a_request(site.port, text))
        refused = refused_in_time(site)
        transport = httpx.HTTPTransport(local_address="127.0.0.23")
        with httpx.Client(transport=transport, timeout=30) as other:
            served = other.get(f"{site.url}/api/health/live")

    expect_problem(refused, 503)
    assert served.status_code == 200


def refused_in_time(site: Site) -> httpx.Response:
    """Return the answer by which nginx refuses a connection, which it does once it has read what came before."""
    ends = time.monotonic() + 5
    while (answer := get(site)).status_code == 200 and time.monotonic() < ends:
        time.sleep(0.05)
    return answer


def test_the_text_of_its_errors_is_json() -> None:
    text = (Path(__file__).parents[2] / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    bodies = [
        line.partition("'")[2].rpartition("'")[0] for line in text.splitlines() if "return " in line and "'" in line
    ]

    assert len(bodies) == 2
    assert {json.loads(body)["status"] for body in bodies} == {413, 503}
