"""
`python -m benchmarks.layers` shows what one request costs the reference, and in which of its layers.

The reference runs in this process, behind its own HTTP protocol, and is given bytes as a socket would give them: no
network, no second process. The cost is the CPU time of all threads. For the layers a thread looks, some hundred times a
second, where each of the others is, and adds the CPU time that it has used since to the innermost layer on its stack.
"""

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, cast

import uvicorn
import uvloop
from uvicorn.server import ServerState

from impl.app import create_app
from impl.server.http_options import http_options
from impl.settings import load_settings

from .cases import CASES, Case, Target
from .load import END_OF_HEAD, LENGTH, build_request
from .servers import ACCOUNT, Answer, BenchError, derive_document, reference_environment, seed_books

CONNECTIONS = 16
# A machine that is busy is no outage.
PATIENT = {"REQUEST_TIMEOUT": "60"}
SECONDS_BETWEEN_LOOKS = 0.002
# Where a stack is in none of these, the time belongs to the loop, the threads and the rest of the interpreter.
LAYERS = (
    (
        "hop to a thread, event loop",
        ("/impl/backends/workers.py", "/impl/backends/deadline.py", "/impl/edge/deadlines.py"),
    ),
    ("HTTP parser and protocol", ("/uvicorn/", "/h11/", "/httptools/", "/impl/server/")),
    ("log", ("/logging/", "/impl/logs.py", "/impl/process/log_writing.py", "/impl/edge/access_log.py")),
    ("routing", ("/starlette/", "/impl/connexion_adapters/routing.py", "/impl/contract/paths.py")),
    ("connexion", ("/connexion/", "/impl/connexion_adapters/")),
    ("Flask and Werkzeug", ("/flask/", "/werkzeug/", "/a2wsgi/")),
    ("token", ("/jose/", "/impl/auth/tokens.py", "/impl/edge/authentication.py")),
    ("limits", ("/impl/backends/limit", "/impl/edge/rate_limiting.py")),
    ("cache", ("/impl/backends/cache.py", "/impl/backends/recently_used.py", "/impl/edge/response_cache.py")),
    ("validation", ("/impl/contract/", "/impl/edge/validation.py", "/jsonschema_rs/")),
    ("rest of the edge", ("/impl/edge/", "/impl/request_context.py", "/impl/problems.py")),
    ("store: SQLAlchemy and the driver", ("/sqlalchemy/", "/flask_sqlalchemy/", "/psycopg/", "/impl/backends/")),
    ("marshmallow", ("/marshmallow/",)),
    ("handlers, services, representation", ("/impl/",)),
    ("hop to a thread, event loop", ("/asyncio/", "/concurrent/", "/threading.py")),
)
REST = "the client in this process"


class Wire:
    """One connection without a socket: a transport for the server's protocol, and the client at its other end."""

    def __init__(self, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._protocol = make_protocol()
        self._received = b""
        self._answered: asyncio.Future[Answer] | None = None
        self._protocol.connection_made(cast(asyncio.Transport, self))

    async def ask(self, request: bytes) -> Answer:
        """Send one request and wait for the whole answer."""
        self._received = b""
        self._answered = asyncio.get_running_loop().create_future()
        self._protocol.data_received(request)
        return await self._answered

    def write(self, data: bytes) -> None:
        """Take a part of an answer, as a transport does."""
        self._received += data
        head, end, content = self._received.partition(END_OF_HEAD)
        start = head.lower().find(LENGTH)
        length = int(head[start + len(LENGTH) :].partition(b"\r\n")[0]) if start >= 0 else 0
        if end and len(content) >= length and self._answered and not self._answered.done():
            lines = [line.decode("latin-1").split(": ", 1) for line in head.split(b"\r\n")[1:]]
            fields = {name.lower(): value for name, value in lines}
            self._answered.set_result(Answer(int(head[9:12]), fields, content))

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Say who is at both ends."""
        return {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)

    def is_closing(self) -> bool:
        """Tell that the connection stays."""
        return False

    def close(self) -> None:
        """End nothing: a server that closes shows in the next answer, which does not come."""

    pause_reading = resume_reading = close

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        """Have another protocol read what comes from now on."""
        self._protocol = protocol


class Reference:
    """The reference in this process, and a signed-in reader of it."""

    name = "reference"

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Path) -> None:
        settings = load_settings(reference_environment(work) | PATIENT)
        config = uvicorn.Config(create_app(settings), **http_options(settings))
        config.load()
        self._loop = loop
        self._lifespan = config.lifespan_class(config)
        loop.run_until_complete(self._lifespan.startup())
        self._state = ServerState()
        make_protocol = cast(Any, config.http_protocol_class)
        self._make = lambda: make_protocol(
            config=config, server_state=self._state, app_state=self._lifespan.state, _loop=loop
        )
        self.wires = [Wire(self._make) for _ in range(CONNECTIONS)]

    def stop(self) -> None:
        """End it."""
        self._loop.run_until_complete(self._lifespan.shutdown())

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes = b"") -> Answer:
        """Send one request."""
        return self._loop.run_until_complete(self.wires[0].ask(build_request(method, path, headers, content)))

    def run(self, case: Case, requests: Iterator[bytes], number: int) -> None:
        """
        Send so many requests over all connections.

        Raises BenchError where one is answered with another status.
        """

        async def client(wire: Wire) -> None:
            for _ in range(number // CONNECTIONS):
                answer = await wire.ask(next(requests))
                if answer.status != case.status:
                    raise BenchError(
                        f"{case.name}: expected {case.status}, got {answer.status} {answer.content[:300]!r}"
                    )

        async def clients() -> None:
            await asyncio.gather(*map(client, self.wires))

        self._loop.run_until_complete(clients())


class Sampler:
    """A thread that adds up the CPU time of the others by layer while it runs."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._seen: dict[int, float] = {}
        self._known: dict[str, str | None] = {}
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look while the block runs."""
        before = sys.getswitchinterval()
        # A thread that looks would else wait until the others wait, and see nothing but that.
        sys.setswitchinterval(0.00002)
        self._thread.start()
        try:
            yield
        finally:
            self._ends.set()
            self._thread.join()
            sys.setswitchinterval(before)

    def _run(self) -> None:
        own = threading.get_ident()
        while not self._ends.wait(SECONDS_BETWEEN_LOOKS):
            for thread, frame in sys._current_frames().items():
                if thread == own:
                    continue
                try:
                    used = time.clock_gettime(time.pthread_getcpuclockid(thread))
                except OSError:
                    continue
                self.seconds[self._layer(frame)] += used - self._seen.get(thread, used)
                self._seen[thread] = used

    def _layer(self, frame: FrameType | None) -> str:
        while frame is not None:
            name = frame.f_code.co_filename
            if name not in self._known:
                self._known[name] = next((title for title, parts in LAYERS if any(p in name for p in parts)), None)
            if (layer := self._known[name]) is not None:
                return layer
            frame = frame.f_back
        return REST


def measure(
    reference: Reference, case: Case, target: Target, rounds: int, number: int
) -> tuple[float, dict[str, float]]:
    """Return the microseconds of CPU that one request takes, and the share of each layer in them."""
    requests = case.requests(target)
    reference.run(case, requests, number // 4)
    costs = []
    for _ in range(rounds):
        before = time.process_time()
        reference.run(case, requests, number)
        costs.append((time.process_time() - before) / (number // CONNECTIONS * CONNECTIONS))
    sampler = Sampler()
    with sampler.running():
        reference.run(case, requests, number)
    whole = sum(sampler.seconds.values()) or 1
    cost = median(costs) * 1e6
    shares = {layer: cost * seconds / whole for layer, seconds in sampler.seconds.items()}
    return cost, defaultdict(float, shares)


@contextmanager
def in_this_process(books: int) -> Iterator[Target]:
    """Start the reference with so many books, and sign a reader in."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    with TemporaryDirectory(prefix="layers-") as folder:
        work = Path(folder)
        derive_document(work)
        seed_books(work, books)
        reference = Reference(loop, work)
        try:
            yield Target(cast(Any, reference), open_account_of(reference), books, iter(range(10**9)))
        finally:
            reference.stop()


def open_account_of(reference: Reference) -> str:
    """Register and log in; return the access token."""
    headers = {"Content-Type": "application/json"}
    reference.ask("POST", "/api/auth/register", headers, json.dumps(ACCOUNT).encode())
    credentials = {name: ACCOUNT[name] for name in ("email", "password")}
    answer = reference.ask("POST", "/api/auth/login", headers, json.dumps(credentials).encode())
    return str(json.loads(answer.content)["access_token"])


def table(costs: dict[str, tuple[float, dict[str, float]]]) -> str:
    """Write a column for each case, and a row for each layer."""
    layers = list(dict.fromkeys([*(title for title, _ in LAYERS), REST]))
    lines = [f"| CPU, µs | {' | '.join(costs)} |", f"|---|{'---:|' * len(costs)}"]
    lines.append(f"| **all** | {' | '.join(f'**{cost:.0f}**' for cost, _ in costs.values())} |")
    for layer in layers:
        if any(shares[layer] >= 0.5 for _, shares in costs.values()):
            lines.append(f"| {layer} | {' | '.join(f'{shares[layer]:.0f}' for _, shares in costs.values())} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; a mistake in the set-up is one line and exit status 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description=__doc__)
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES], help="a case; repeatable")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each case (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=800, help="requests of a round (default: %(default)s)")
    parser.add_argument("--books", type=int, default=10_000, help="books on the shelf (default: %(default)s)")
    asked = parser.parse_args(arguments)
    # The log is a part of the work, and is written to descriptor 1: what is said here goes another way.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        with in_this_process(asked.books) as target:
            cases = [case for case in CASES if not asked.only or case.name in asked.only]
            costs = {}
            for case in cases:
                costs[case.name] = measure(cast(Any, target.server), case, target, asked.rounds, asked.requests)
                print(f"{case.name}: {costs[case.name][0]:.0f} µs", file=sys.stderr, flush=True)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(table(costs), file=output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
