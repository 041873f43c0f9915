"""One service of the ledger: its files, its application with a defect or without, and a server that shows it."""

import importlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import uvicorn

from .defect import Defect

FOLDER = Path(__file__).parent
SERVER_ERROR = 500
NAMES = ("todos", "shop", "notes", "journal", "tickets")


@dataclass(frozen=True)
class Service:
    """A service by the name of its folder."""

    name: str

    @property
    def folder(self) -> Path:
        return Path(os.path.relpath(FOLDER / self.name))

    @property
    def document(self) -> Path:
        return self.folder / "document.yaml"

    @property
    def settings(self) -> Path:
        return self.folder / "bookplate.toml"

    @property
    def defects(self) -> list[Defect]:
        return list(importlib.import_module(f"{__package__}.{self.name}.defects").LEDGER)

    def defect(self, name: str) -> Defect:
        return next(each for each in self.defects if each.name == name)

    def app(self, defect: Defect | None = None) -> Any:
        """Return an application without any data, with a defect or without."""
        path = self.folder / "app.py"
        source = path.read_text(encoding="utf-8")
        return load(path, defect.planted_in(source) if defect else source).create_app()


@cache
def load(path: Path, source: str) -> ModuleType:
    """Return a module of its own that is made from the source of a file; frameworks look it up by its name."""
    module = ModuleType(f"ledger_{path.parent.name}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


@dataclass
class Stage:
    """
    An ASGI application that hands each request to the one that is shown now.

    It ends the connection behind a request with two framings (RFC 9112, section 6.1), which uvicorn leaves open, and
    answers what an application raises with 500, as a server in production does. `crashes` has a status for each 5xx.
    """

    shown: Any = None
    address: str = ""
    crashes: list[int] = field(default_factory=list)

    def show(self, app: Any) -> None:
        """Let requests go to another application from now on."""
        self.shown = app
        self.crashes = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        begun = False
        is_in_doubt = {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}

        async def send_on(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if message["status"] >= SERVER_ERROR:
                    self.crashes.append(message["status"])
                if is_in_doubt:
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        try:
            await self.shown(scope, receive, send_on)
        except Exception:
            if not begun:
                await send_on({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"0")]})
                await send_on({"type": "http.response.body", "body": b""})


@contextmanager
def stage() -> Iterator[Stage]:
    """A server in a thread of this process, whose application is changed by setting `shown`."""
    found = Stage()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = uvicorn.Config(
            found, http="h11", ws="none", lifespan="off", proxy_headers=False, log_level="critical", access_log=False
        )
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield found
        server.should_exit = True
        thread.join(10)
