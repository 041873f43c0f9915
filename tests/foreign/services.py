"""How each service is started for a check, and ended after it."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bookplate.target.instance import free_port

from .environment import Environment

FOLDER = Path(__file__).parent
SECONDS_TO_START = 60
SECONDS_TO_END = 20


@dataclass(frozen=True)
class Service:
    """
    A service by its name, which its folder, its requirements and its part of docs/foreign-services.md have too.

    `commands` start it, the last of which stays. They are run in the folder of the service; `{bin}` is where its programs
    are, `{work}` a folder to write to, `{port}` where it listens. `ready` answers 200 once it has started.
    `options` are those of the check.
    """

    name: str
    commands: tuple[str, ...]
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    @property
    def settings(self) -> Path:
        return FOLDER / self.name / "bookplate.toml"


SERVICES = {
    service.name: service
    for service in (
        Service(
            "httpbin",
            (
                "{bin}/gunicorn --bind 127.0.0.1:{port} --threads 8 --graceful-timeout 2 --no-control-socket httpbin:app",
            ),
            ready="/get",
            options=("--request-timeout", "20"),  # it delays an answer by ten seconds at most
        ),
        Service(
            "kinto",
            ("{bin}/kinto start --ini kinto.ini --port {port} --quiet",),
            ready="/v1/",
        ),
        Service(
            "pygeoapi",
            (
                "{bin}/pygeoapi openapi generate config.yml --output-file {work}/openapi.yml",
                "{bin}/flask --app pygeoapi.flask_app:APP run --port {port}",
            ),
            ready="/conformance?f=json",
            environment={
                "FOREIGN_PORT": "{port}",
                "PYGEOAPI_CONFIG": "config.yml",
                "PYGEOAPI_OPENAPI": "{work}/openapi.yml",
            },
        ),
    )
}


@contextmanager
def started(service: Service, environment: Environment) -> Iterator[str]:
    """Start a service on a free port of this machine, and end it after the block; yield its URL."""
    places = {"bin": str(environment.programs), "work": str(environment.work), "port": str(free_port())}
    variables = os.environ | {name: value.format(**places) for name, value in service.environment.items()}
    *first, last = [command.format(**places).split() for command in service.commands]
    url = f"http://127.0.0.1:{places['port']}"
    with (environment.work / "service.log").open("wb") as log:
        for command in first:
            subprocess.run(command, cwd=FOLDER / service.name, env=variables, stdout=log, stderr=log, check=True)
        process = subprocess.Popen(last, cwd=FOLDER / service.name, env=variables, stdout=log, stderr=log)
    try:
        wait_until_ready(url + service.ready, process)
        yield url
    finally:
        end(process)


def end(process: subprocess.Popen[bytes], seconds: float = SECONDS_TO_END) -> None:
    """End a process: ask it to, and kill it where it has not ended some seconds later."""
    process.terminate()
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a URL is answered; RuntimeError where the process ends before, or takes too long."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{url} is not answered: service.log in its folder below build/foreign says why")
