"""Two replicas of two workers behind nginx as deploy/ has it: `python -m tests.services.replicas --port P --document D`."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from bookplate.target.instance import free_port

from ..processes import end, wait_until_open
from .instance import arguments, prepared
from .private import MissingProgram

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
LISTENS, REPLICAS = "listen 8080", ("127.0.0.1:8081", "127.0.0.1:8082")
WORKERS = "2"
PATIENCE = 60.0  # seconds to start, on a busy machine
SECONDS_TO_END = 30.0


def main() -> None:
    """Make a database, serve it by two replicas behind nginx, and end with all of them when asked to."""
    given = arguments()
    signal.signal(signal.SIGTERM, leave)
    environment = prepared(given.port, given.document) | {"WORKERS": WORKERS, "TRUSTED_PROXIES": "127.0.0.1"}
    with tempfile.TemporaryDirectory(prefix="bookplate-replicas-") as folder, ExitStack() as running:
        ports = [free_port() for _ in REPLICAS]
        for port in ports:
            running.enter_context(replica(port, environment))
        process = running.enter_context(nginx(Path(folder), int(given.port), ports))
        process.wait()


def leave(number: int, frame: FrameType | None) -> None:
    """Leave as an exception does, so that everything that was started ends too."""
    sys.exit(0)


@contextmanager
def replica(port: int, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the reference on a port."""
    process = subprocess.Popen([sys.executable, "-m", "impl"], env={**environment, "PORT": str(port)})
    try:
        wait_until_open(port, process, PATIENCE)
        yield process
    finally:
        end(process, SECONDS_TO_END)


@contextmanager
def nginx(folder: Path, port: int, replicas: list[int]) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run nginx as deploy/nginx.conf has it, but for the ports and for where it keeps its files.

    Raises MissingProgram.
    """
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if program is None:
        raise MissingProgram("nginx is not installed: install it (Debian: apt-get install nginx)")
    settings = folder / "nginx.conf"
    settings.write_text(configuration(port, replicas), encoding="utf-8")
    everywhere = f"daemon off; pid {folder}/nginx.pid;{' user root;' if os.geteuid() == 0 else ''}"
    options = ["-p", str(folder), "-e", str(folder / "nginx.log"), "-c", str(settings), "-g", everywhere]
    process = subprocess.Popen([program, *options])
    try:
        wait_until_open(port, process, PATIENCE)
        yield process
    finally:
        end(process, SECONDS_TO_END)


def configuration(port: int, replicas: list[int]) -> str:
    """Return the configuration that is shipped, with other ports."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    changes = {LISTENS: f"listen 127.0.0.1:{port}"}
    changes |= {shipped: f"127.0.0.1:{here}" for shipped, here in zip(REPLICAS, replicas, strict=True)}
    for shipped, here in changes.items():
        assert text.count(shipped) == 1, f"deploy/nginx.conf has no {shipped} any more"
        text = text.replace(shipped, here)
    return text


if __name__ == "__main__":
    main()
