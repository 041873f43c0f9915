"""The reference as an operator runs it, and clients that count what it answered."""

import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import yaml

from ...processes import end, is_open

ROOT = Path(__file__).parents[3]
HOST = "127.0.0.1"
PATIENCE = 30
PASSWORD = "correct horse battery staple"
SECRET = "made up for the faults on services: 0123456789"
# What a client sees as the status of a request that got no answer at all.
NO_ANSWER = 0
_numbers = itertools.count(1)
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One answer, when its request began and how long it took."""

    status: int
    fields: dict[str, str]
    body: bytes
    began: float
    seconds: float

    @property
    def content(self) -> Any:
        """The content, read as JSON."""
        return json.loads(self.body)

    @property
    def is_refusal(self) -> bool:
        """Whether the answer is a 503 that says when to come again, and that nothing was done."""
        return self.status == 503 and "retry-after" in self.fields and b"not known" not in self.body


@dataclass(frozen=True)
class Client:
    """A client of one service; each request has a connection of its own."""

    port: int
    token: str | None = None

    def ask(self, method: str, target: str, content: Any = None, **fields: str) -> Answer:
        """Send one request; an answer that does not come within a minute has the status NO_ANSWER."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = None
        if content is not None:
            body = json.dumps(content).encode()
            headers["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        began = time.monotonic()
        connection = HTTPConnection(HOST, self.port, timeout=60)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            received = response.read()
        except (OSError, HTTPException):
            return Answer(NO_ANSWER, {}, b"", began, time.monotonic() - began)
        finally:
            connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, received, began, time.monotonic() - began)

    def signed_in(self) -> "Client":
        """Open an account and return a client with its token."""
        name = f"reader-{next(_numbers)}"
        content = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
        registered = self.ask("POST", "/api/auth/register", content)
        assert registered.status == 201, registered
        session = self.ask("POST", "/api/auth/login", {"email": content["email"], "password": PASSWORD})
        assert session.status == 200, session
        return Client(self.port, session.content["access_token"])


@dataclass(frozen=True)
class Service:
    """A running service."""

    port: int
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def client(self) -> Client:
        """Somebody without a token."""
        return Client(self.port)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def unlimited_document(folder: Path, contract: Path = ROOT / "openapi" / "openapi.yaml") -> Path:
    """Write the contract with limits that no load here reaches; JSON is YAML too."""
    document = yaml.safe_load(contract.read_text(encoding="utf-8"))
    for policy in document["x-rate-limit"]["policies"].values():
        tiers = policy["limit"]
        more = {tier: each * 100_000 for tier, each in tiers.items()} if isinstance(tiers, dict) else tiers * 100_000
        policy["limit"] = more
    path = folder / "unlimited.yaml"
    path.write_text(json.dumps(document))
    return path


def environment(folder: Path, database_url: str, **settings: str) -> dict[str, str]:
    """Return production settings, as an operator would leave them, but for what is given."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BOOKPLATE_ENV": "production",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": database_url,
        "OPENAPI_DOCUMENT": str(unlimited_document(folder)),
        "HOST": HOST,
        **settings,
    }


def migrate(variables: dict[str, str]) -> None:
    """Make the tables, by the code that the variables name: flask looks into its own folder first."""
    command = [sys.executable, "-m", "flask", "--app", "impl", "init-db"]
    subprocess.run(
        command, env=variables, cwd=variables["PYTHONPATH"], check=True, capture_output=True, timeout=PATIENCE * 2
    )


@contextmanager
def serving(folder: Path, variables: dict[str, str]) -> Iterator[Service]:
    """Run `python -m impl` with an environment, from listening to stopped."""
    port = free_port()
    output = folder / f"service-{port}.log"
    with output.open("wb") as log:
        command = [sys.executable, "-m", "impl"]
        process = subprocess.Popen(
            command, cwd=folder, env=variables | {"PORT": str(port)}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_it_listens(process, port, output)
        yield Service(port, process, output)
    finally:
        end(process, 10)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if is_open(port):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the service did not start: {output.read_text()}")


@dataclass
class Load:
    """Clients that write, read and ask for the health without pause, each in a thread of its own."""

    client: Client
    writers: int = 6
    readers: int = 3
    writes: list[tuple[str, Answer]] = field(default_factory=list)
    reads: list[Answer] = field(default_factory=list)
    health: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        loops = [self._write] * self.writers + [self._read] * self.readers + [self._ask_health]
        self._threads = [threading.Thread(target=self._repeat, args=(loop,)) for loop in loops]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def titles(self, wanted: Callable[[Answer], bool]) -> set[str]:
        """Return the titles of the books whose answer is as wanted."""
        return {title for title, answer in self.writes if wanted(answer)}

    def _repeat(self, loop: Callable[[], None]) -> None:
        while not self._ended.is_set():
            loop()
            self._ended.wait(0.02)

    def _write(self) -> None:
        title = f"Load {next(_numbers)}"
        content = {"title": title, "author": "Somebody", "price": "9.99"}
        self.writes.append((title, self.client.ask("POST", "/api/books", content)))

    def _read(self) -> None:
        self.reads.append(self.client.ask("GET", "/api/books?nocache=true"))

    def _ask_health(self) -> None:
        self.health.append(self.client.ask("GET", "/api/health"))
        self._ended.wait(0.2)


def counted(answers: Sequence[Answer]) -> str:
    """Say how many answers have which status."""
    counts = Counter(answer.status or "none" for answer in answers)
    return ", ".join(f"{count} x {status}" for status, count in sorted(counts.items(), key=str)) or "none"


def slowest(answers: Sequence[Answer]) -> float:
    """Return the seconds that the slowest answer took."""
    return max((answer.seconds for answer in answers), default=0.0)


def between(answers: Sequence[Answer], begin: float, end: float) -> list[Answer]:
    """Return the answers whose requests began in a span of time."""
    return [answer for answer in answers if begin <= answer.began < end]
