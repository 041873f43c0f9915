"""Two whole runs on the reference with a fault: a check, and plain schemathesis for as long as a check takes."""

import json
import os
import queue
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bookplate.contract.document import Document
from bookplate.faults.proof import Bent
from bookplate.target.config import Config, SetUpError
from tests.foreign.judged import verdicts
from tests.foreign.plain import errors_in, failures_of, logging_in

from .seen import BOOKPLATE, HONEST_SEEDS, OPTIONS, SCHEMATHESIS, Found, Seen, faults

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "faults" / "beside"
REFERENCE = "impl:create_app"
SETTINGS = ROOT / "impl" / "bookplate.toml"
USERS = ("ann", "bob")
BROKEN = ("failed", "warned")


@dataclass(frozen=True)
class Task:
    """A run that is to be made: what is named in `Seen`, and for how long; a check ends by itself."""

    tool: str
    fault: str
    seed: int
    seconds: float = 0

    @property
    def key(self) -> str:
        return f"{self.tool} {self.seed} {self.fault}"

    @property
    def folder(self) -> Path:
        return BUILD / self.key.replace(" ", "-")


def honest_tasks(tool: str, seconds: float = 0) -> list[Task]:
    return [Task(tool, "", seed, seconds) for seed in HONEST_SEEDS[tool]]


class NotMadeError(Exception):
    """A run that says nothing, as the server or the tool could not be started."""


def play(tasks: Iterable[Task], jobs: int) -> Iterator[Seen | NotMadeError]:
    """Make runs side by side, each with one core for itself, its server and its client; yield them as they end."""
    free: queue.SimpleQueue[int] = queue.SimpleQueue()
    for core in sorted(os.sched_getaffinity(0))[:jobs]:
        free.put(core)

    def take_a_core() -> None:
        os.sched_setaffinity(0, {free.get()})  # of this thread, and of what it starts

    with ThreadPoolExecutor(free.qsize(), initializer=take_a_core) as pool:
        made: list[Future[Seen | NotMadeError]] = [pool.submit(run, task) for task in tasks]
        try:
            yield from (each.result() for each in as_completed(made))
        finally:
            pool.shutdown(cancel_futures=True)


def run(task: Task) -> Seen | NotMadeError:
    """Make a run, or say why it could not be made; what it wrote stays where it was not made."""
    shutil.rmtree(task.folder, ignore_errors=True)
    task.folder.mkdir(parents=True)
    try:
        seen = checked(task) if task.tool == BOOKPLATE else fuzzed(task)
    except (NotMadeError, SetUpError, OSError) as problem:
        return NotMadeError(f"{task.key}: {problem}")
    shutil.rmtree(task.folder)
    return seen


def checked(task: Task) -> Seen:
    """Check the reference with a fault, until a MUST fails; without one, check it whole."""
    order = task.folder / "order"
    order.write_text(f"1 {faults()[task.fault].address}" if task.fault else "", encoding="utf-8")
    served = f"{{python}} -m bookplate.faults.serve {REFERENCE} --port {{port}} --order {shlex.quote(str(order))}"
    output = task.folder / "report"
    given = ["check", served, "--config", str(SETTINGS), "--output", str(output), "--seed", str(task.seed), "--quiet"]
    given += ["--max-failures", "1"] if task.fault else []
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bookplate", *given],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    seconds = round(time.monotonic() - began, 1)
    report = output / "report.json"
    if not report.exists():
        raise NotMadeError(done.stderr.strip().rpartition("\n")[2] or f"the check ended with {done.returncode}")
    broken = sorted(pair for pair, verdict in verdicts(report).items() if verdict in BROKEN)
    found = tuple(Found(law, operation, seconds) for law, operation in broken)
    return Seen(BOOKPLATE, task.fault, task.seed, seconds, found)


def fuzzed(task: Task) -> Seen:
    """Let schemathesis look at the reference with a fault, with relaxed limits and two users who can log in."""
    config = Config.read(SETTINGS)
    document = Document.load(config.document)
    target = Bent(REFERENCE, config, document)
    began = time.monotonic()
    try:
        instance = target.ready("experiments")
        users = [signed_up(instance.url, document, name) for name in USERS]
        target.put_in(faults()[task.fault] if task.fault else None)
        origin = instance.url.removesuffix(document.base_path)
        failures = failures_of(task.folder, document, origin, users, task.seconds, task.seed, *OPTIONS)
    except (ValueError, subprocess.TimeoutExpired) as problem:
        seconds = round(time.monotonic() - began, 1)
        return Seen(SCHEMATHESIS, task.fault, task.seed, seconds, trouble=(f"it did not end as it should: {problem}",))
    finally:
        target.stop()
    found = tuple(Found(each.kind, each.where, each.seconds, each.check) for each in failures)
    return Seen(SCHEMATHESIS, task.fault, task.seed, task.seconds, found, errors_in(task.folder))


def signed_up(url: str, document: Document, name: str) -> dict[str, Any]:
    """Sign a user up, and return how it logs in."""
    operation = next(each for each in document.operations if each.role == "register")
    email, secret = f"{name}@example.com", f"a secret made up for {name}"
    body = json.dumps({"email": email, "username": name, "password": secret}).encode()
    request = urllib.request.Request(
        url + operation.path, data=body, headers={"Content-Type": "application/json"}, method=operation.method
    )
    with urllib.request.urlopen(request, timeout=30):
        return logging_in(name, document, email, secret)
