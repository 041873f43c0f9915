"""Servers of mutants that begin as a copy of this process: all that the reference imports is there, but for itself."""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from bookplate.target.config import Config
from bookplate.target.instance import Instance, filled, free_port
from bookplate.target.target import Target, find_config

from .serve import REFERENCE, serve_mutant

PACKAGE = "impl"
TABLES = Path("build/mutants/tables")
SHOW_MODULES = f"import sys, {PACKAGE}.app; print(*sys.modules, sep='\\n')"


def prepare() -> None:
    """Do once what takes a server most of its start: import what the reference imports, and make the tables."""
    load_what_the_reference_needs()
    TABLES.mkdir(parents=True, exist_ok=True)
    config = find_config(REFERENCE, None)
    environment = environment_of(config, {"work": str(TABLES.resolve()), "document": str(config.document)})
    subprocess.run([sys.executable, "-m", f"{PACKAGE}.migrations"], env=environment, check=True)


def environment_of(config: Config, places: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a server, with the places that the settings of the reference speak of."""
    return os.environ | {name: filled(value, places) for name, value in config.environment.items()}


def load_what_the_reference_needs() -> None:
    """Import what the reference imports, and nothing of the reference."""
    shown = subprocess.run([sys.executable, "-c", SHOW_MODULES], capture_output=True, text=True, check=True)
    for name in shown.stdout.split():
        if name.partition(".")[0] != PACKAGE:
            with suppress(ImportError):
                importlib.import_module(name)


class Forked:
    """A forked process, with as much of `subprocess.Popen` as an instance asks for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(PACKAGE, timeout)
            time.sleep(0.01)
        return code


class ForkedTarget(Target):
    """A mutant whose servers are copies of this process; one whose clock is moved has to begin anew."""

    mutant: Path

    def _start(self, name: str) -> Instance:
        if name == "documented":
            return super()._start(name)
        work = Path(tempfile.mkdtemp(prefix="contract-"))
        shutil.copytree(TABLES, work, dirs_exist_ok=True)
        document = work / "openapi.yaml"
        # JSON is YAML, and is written in a hundredth of the time.
        document.write_text(json.dumps(self.document.relaxed(), default=str), encoding="utf-8")
        port = str(free_port())
        places = {"work": str(work), "document": str(document), "port": port, "python": sys.executable}
        instance = Instance(
            f"http://127.0.0.1:{port}{self.document.base_path}",
            work,
            is_ours=True,
            document=document,
            environment=environment_of(self.config, places),
        )
        process: Any = Forked(forked(self.mutant, int(port), instance.environment, work / "server.log"))
        instance.process = cast("subprocess.Popen[bytes]", process)
        return instance


def forked(mutant: Path, port: int, environment: Mapping[str, str], log: Path) -> int:
    """Serve a mutant in a copy of this process, and return its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with log.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.environ.update(environment)
        serve_mutant(mutant, port)
        code = 0
    except BaseException as problem:
        os.write(2, f"{type(problem).__name__}: {problem}\n".encode())
    os._exit(code)
