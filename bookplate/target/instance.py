"""One running instance of the target, and the clock it lives by."""

import atexit
import contextlib
import errno
import importlib.util
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ..wire.connection import Admission, Connection
from .config import SetUpError

READY_WITHIN = 90.0
PORTS = range(30000, 32768)
ERROR_STREAM = 2  # the descriptor


class Instance:
    """
    A server at `url` (with the base path).

    One that the suite started is ours: it is new, and has a work directory, a document and an environment of its own.
    `log` is the file that has what it prints. `replicas` are the other servers of the same service, on the same store. Those
    of ours share its work directory and its clock, and `start_replicas` starts them once it answers: two that start at
    once would both set up the store.
    """

    def __init__(
        self,
        url: str,
        work: Path = Path(),
        *,
        is_ours: bool = False,
        document: Path = Path(),
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.log = log or work / "server.log"
        self.url = url
        self.work = work
        self.is_ours = is_ours
        self.document = document
        self.environment = dict(environment or {})
        self.process: subprocess.Popen[bytes] | None = None
        self.has_answered = False
        self.is_heard = False  # what it prints goes to the error stream of this process, and not to its log
        self.clock: Path | None = None
        self.offset = 0.0
        self.admin: tuple[str, str] | None = None  # identifier and secret of the one that the suite made
        self.replicas: tuple[Instance, ...] = ()
        self.start_replicas: Callable[[], tuple[Instance, ...]] | None = None

    @property
    def servers(self) -> tuple["Instance", ...]:
        """All servers of the instance: itself, and its replicas."""
        return (self, *self.replicas)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the instance is reached: one address, or one for each of its replicas too."""
        return tuple(each.url for each in self.servers)

    def advance(self, seconds: float) -> None:
        """Move the instance's clock forward; the caller has seen to it that it has one."""
        assert self.clock is not None
        self.offset += seconds
        self.clock.write_text(f"+{self.offset:.3f}", encoding="utf-8")

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n") if self.log.is_file() else []
        otherwise = "what it said stands above" if self.is_heard else "it said nothing"
        return " | ".join([line.strip() for line in lines if line.strip()][-3:]) or otherwise

    def wait_until_ready(self, admission: Admission | None = None, wait: float = 0) -> None:
        """
        Return once the server, and each replica, answers anything at all; SetUpError at the deadline or when one dies.

        `wait` is how many seconds a server may take that the suite has not started. One that has answered before is not
        asked again, as long as it takes connections.
        """
        if not (self.has_answered and self.takes_connections()):
            self._wait_for_an_answer(admission or Admission(Connection()), wait)
        if self.start_replicas is not None:
            self.replicas = self.start_replicas()
            self.start_replicas = None
        for number, replica in enumerate(self.replicas, 2):
            replica.wait_as_replica(number, admission, wait)

    def wait_as_replica(self, number: int, admission: Admission | None, wait: float) -> None:
        """Return once it answers; where it is ours, the SetUpError says what those that are started have to share."""
        try:
            self.wait_until_ready(admission, wait)
        except SetUpError as problem:
            if not self.is_ours:
                raise
            remedy = "let the settings or the command name a store that several servers may use"
            raise SetUpError(f"replica {number} does not start beside the first: {remedy}: {problem}") from problem

    def _wait_for_an_answer(self, admission: Admission, wait: float) -> None:
        # httpx takes longer to import than all laws together.
        from ..wire.transport import probe

        deadline = time.monotonic() + (wait if self.process is None else READY_WITHIN)
        with probe(admission.connection) as answers:
            while not self._is_reached(answers):
                self._require_hope(deadline)
                time.sleep(0.05)
        admission.note()
        self.has_answered = True

    def _require_hope(self, deadline: float) -> None:
        """Raise SetUpError where the server will not answer any more."""
        is_over = time.monotonic() > deadline
        if self.process is None and is_over:
            raise SetUpError(f"nothing answers at {self.url}: start the server or mend the URL")
        if self.process is not None and self.process.poll() is not None:
            raise SetUpError(f"the server ended with {self.process.returncode}: {self.last_words()}")
        if is_over:
            raise SetUpError(f"the server does not answer within {READY_WITHIN:.0f} s: {self.last_words()}")

    def takes_connections(self) -> bool:
        """Tell whether something listens where the server has answered before; nothing is sent."""
        split = urlsplit(self.url)
        address = (split.hostname or "", split.port or {"https": 443}.get(split.scheme, 80))
        try:
            socket.create_connection(address, timeout=5).close()
        except OSError:
            return False
        return True

    def _is_reached(self, answers: Callable[[str], bool]) -> bool:
        """Tell whether the server answers; one of ours that listens on IPv6 loopback alone has its URL there from now on."""
        if answers(self.url + "/"):
            return True
        on_ipv6 = self.url.replace("http://127.0.0.1:", "http://[::1]:")
        if not self.is_ours or not answers(on_ipv6 + "/"):
            return False
        self.url = on_ipv6
        return True

    def stop(self) -> None:
        """End the process with its whole group, and those of its replicas, and remove their work directory."""
        if self.process is not None:
            for server in self.servers:
                server.end_process()
            shutil.rmtree(self.work, ignore_errors=True)

    def end_process(self) -> None:
        """End the process with its whole group, where there is one."""
        if self.process is None:
            return
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
        self.process = None


def start(
    command: str,
    base_path: str,
    document: str,
    environment: Mapping[str, str],
    *,
    clock: bool,
    port: int | None = None,
    log: Path | None = None,
    is_heard: bool = False,
) -> Instance:
    """
    Start a command template; who needs its answers waits until it is ready.

    It listens at `port`, or at one that is free. What it prints goes to the file `log`, or to one in its work directory;
    where it `is_heard`, to the error stream of this process.

    `document` is the text of the document it shall serve; {document}, {work}, {port} and {python}
    stand for themselves in the command and in the environment's values.
    """
    work = Path(tempfile.mkdtemp(prefix="contract-"))
    (work / "openapi.yaml").write_text(document, encoding="utf-8")
    instance = placed(work, base_path, environment, port or free_port(), log)
    instance.is_heard = is_heard
    if clock and (library := faketime()):
        instance.clock = work / "clock"
        instance.advance(0)
        instance.environment |= {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(instance.clock),
            "FAKETIME_NO_CACHE": "1",
            # The fix makes waiting threads spin: each request through a thread took sixty times as long.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    try:
        run_command(instance, command)
    except SetUpError:
        shutil.rmtree(work)
        raise
    atexit.register(instance.stop)
    return instance


def start_replica(
    first: Instance,
    command: str,
    base_path: str,
    environment: Mapping[str, str],
    *,
    port: int | None = None,
    number: int,
) -> Instance:
    """
    Start a command template once more beside a server of ours that runs, at another port, and return what it started.

    Its work directory, its document and its clock are those of the first one, which ends it. `number` tells its log from
    others. SetUpError where it cannot be started.
    """
    log = first.log.with_name(f"{first.log.stem}-{number}{first.log.suffix}")
    replica = placed(first.work, base_path, environment, port or free_port(), log)
    replica.is_heard = first.is_heard
    if first.clock is not None:
        faked = {name for name in first.environment if name.startswith("FAKETIME_") or name == "LD_PRELOAD"}
        replica.environment |= {name: first.environment[name] for name in faked}
    run_command(replica, command)
    return replica


def placed(work: Path, base_path: str, environment: Mapping[str, str], port: int, log: Path | None) -> Instance:
    """Return a server that does not run yet, with its environment, in a work directory that has its document."""
    places = places_of(work, port)
    return Instance(
        f"http://127.0.0.1:{port}{base_path}",
        work,
        is_ours=True,
        document=work / "openapi.yaml",
        environment=os.environ | {name: filled(value, places) for name, value in environment.items()},
        log=log,
    )


def places_of(work: Path, port: int) -> dict[str, str]:
    """Return what stands for the placeholders of a command and of its environment."""
    return {"work": str(work), "document": str(work / "openapi.yaml"), "port": str(port), "python": sys.executable}


def run_command(instance: Instance, command: str) -> None:
    """Let a command template become the process of an instance; SetUpError where it cannot be started."""
    port = urlsplit(instance.url).port
    assert port is not None
    places = places_of(instance.work, port)
    instance.log.parent.mkdir(parents=True, exist_ok=True)
    with instance.log.open("wb") as stream:
        try:
            instance.process = subprocess.Popen(
                [filled(word, places) for word in shlex.split(command)],
                env=instance.environment,
                stdin=subprocess.DEVNULL,
                stdout=ERROR_STREAM if instance.is_heard else stream,
                stderr=ERROR_STREAM if instance.is_heard else stream,
                start_new_session=True,
            )
        except OSError as problem:
            raise SetUpError(f"{command}: cannot be started: {problem.strerror}") from problem


def filled(template: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def free_port() -> int:
    """Return a port that nobody listens on, below those that outgoing connections take; by chance, for others look too."""
    for port in secrets.SystemRandom().sample(PORTS, 100):
        if is_free("127.0.0.1", port) and (not socket.has_ipv6 or is_free("::1", port)):
            return port
    raise SetUpError(f"no port of 127.0.0.1 is free between {PORTS[0]} and {PORTS[-1]}: end what listens there")


def is_free(address: str, port: int) -> bool:
    """Tell whether nobody listens on a port of an address, which this machine may not have."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.bind((address, port))
    except OSError as problem:
        return problem.errno != errno.EADDRINUSE
    return True


def faketime() -> str | None:
    """Return the path of libfaketime's library, or None where it is not installed."""
    found = importlib.util.find_spec("libfaketime")
    folders = found.submodule_search_locations if found else None
    library = Path(folders[0]) / "vendor/libfaketime/src/libfaketime.so.1" if folders else None
    return str(library) if library and library.exists() else None
