"""How each service is started for a check, and ended after it."""

import base64
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..processes import end
from .environment import Environment

FOLDER = Path(__file__).parent
SECONDS_TO_START = 180  # a busy machine takes a minute for what takes ten seconds otherwise
SECONDS_TO_END = 20


@dataclass(frozen=True)
class Service:
    """
    A service by its name, which its folder, its requirements and its part of docs/foreign-services.md have too.

    `commands` start it, the last of which stays. They are run in the folder of the service; `{bin}` is where its programs
    are, `{work}` a folder to write to that is empty at first, `{port}` where it listens, which is always the same `port`,
    since `bookplate init` writes it down. `ready` answers 200 once it has started.
    `document` is where it shows its document, if a stranger has to be told. `signs` are the users that its own settings
    know, with the Authorization of each. Where `asks_first` is true, it shows its document to them alone, so that the
    first of them has to be named on the command line. `tags` are those whose operations are checked, where there are too
    many for the time. `options` are those of the check.
    """

    name: str
    port: int
    commands: tuple[str, ...]
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict)
    document: str = ""
    signs: Mapping[str, str] = field(default_factory=dict)
    asks_first: bool = False
    tags: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def identity(self) -> tuple[str, ...]:
        """The options of `bookplate` that say who reads the document."""
        first = next(iter(self.signs.values()), "")
        return ("--header", f"Authorization: {first}") if self.asks_first else ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def basic(name: str, password: str) -> str:
    """Return the Authorization of Basic authentication (RFC 7617, section 2)."""
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


SERVICES = {
    service.name: service
    for service in (
        Service(
            "httpbin",
            18401,
            (
                "{bin}/gunicorn --bind 127.0.0.1:{port} --threads 8 --graceful-timeout 2 --no-control-socket httpbin:app",
            ),
            ready="/get",
            options=("--request-timeout", "20"),  # it delays an answer by ten seconds at most
        ),
        Service(
            "jupyter-server",
            18402,
            (
                "{bin}/python -c __import__('pathlib').Path('{work}/files').mkdir()",
                "{bin}/jupyter-server --allow-root --no-browser --port {port} --ServerApp.port_retries=0"
                " --ServerApp.root_dir={work}/files --config jupyter_server_config.json",
            ),
            ready="/api",
            environment=dict.fromkeys(("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"), "{work}"),
            document="/api/spec.yaml",
            signs={"ann": "token made-up-for-ann"},  # as jupyter_server_config.json says
            asks_first=True,
        ),
        Service(
            "kinto",
            18403,
            ("{bin}/kinto start --ini kinto.ini --port {port} --quiet",),
            ready="/v1/",
            signs={
                "ann": basic("ann", "made up for ann"),
                "bob": basic("bob", "made up for bob"),
            },  # as bookplate.toml says
        ),
        Service(
            "prefect",
            18404,
            ("{bin}/prefect server start --host 127.0.0.1 --port {port} --no-services --no-ui",),
            ready="/api/health",
            environment={
                "PREFECT_HOME": "{work}",
                "PREFECT_API_URL": "",
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                "DO_NOT_TRACK": "1",
            },
            tags=("Flows", "Deployments", "Variables", "Concurrency Limits", "Events"),
        ),
        Service(
            "pygeoapi",
            18405,
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

# What is checked each night; the others are checked when they are asked for.
NIGHTLY = ("httpbin", "kinto", "pygeoapi")


@contextmanager
def started(service: Service, environment: Environment) -> Iterator[str]:
    """Start a service anew, without what it knew before, and end it after the block; yield its URL."""
    shutil.rmtree(environment.work, ignore_errors=True)
    environment.work.mkdir(parents=True)
    places = {"bin": str(environment.programs), "work": str(environment.work), "port": str(service.port)}
    variables = os.environ | {name: value.format(**places) for name, value in service.environment.items()}
    *first, last = [command.format(**places).split() for command in service.commands]
    with (environment.work / "service.log").open("wb") as log:
        for command in first:
            subprocess.run(command, cwd=service.folder, env=variables, stdout=log, stderr=log, check=True)
        process = subprocess.Popen(last, cwd=service.folder, env=variables, stdout=log, stderr=log)
    try:
        wait_until_ready(service.url + service.ready, process)
        yield service.url
    finally:
        end(process, SECONDS_TO_END)


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
