"""A run of plain schemathesis on a service, as its own guide has it: all phases, all checks, and who there is."""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import schemathesis.core.failures
import schemathesis.openapi.checks

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue

from .environment import Environment
from .judged import Pair
from .services import Service

PROGRAM = str(Path(sys.executable).with_name("schemathesis"))
SECONDS_TO_END = 60  # beyond its time, for the request that it waits for and its reports
# A user who was logged out by a generated request logs in again after some seconds.
SETTINGS = '[auth.wfc]\npath = "users.json"\nrefresh_interval = 5\n'


@dataclass(frozen=True)
class Failure:
    """A failure of schemathesis: its type, the check that saw it, the operation or walk, and the seconds until then."""

    kind: str
    check: str
    where: str
    seconds: float


def plain_run(service: Service, environment: Environment, document: Document, seconds: float, seed: int) -> set[Pair]:
    """Return what schemathesis finds of a document in some seconds: each failure by law and operation."""
    users = [signing(name, value) for name, value in service.signs.items()]
    options = [f"--include-tag={tag}" for tag in service.tags]
    found = failures_of(environment.folder / f"plain-{seed}", document, service.url, users, seconds, seed, *options)
    return {(law, failure.where) for failure in found for law in laws_of(failure.kind)}


def failures_of(
    folder: Path,
    document: Document,
    origin: str,
    users: Sequence[Mapping[str, Any]],
    seconds: float,
    seed: int,
    *options: str,
) -> list[Failure]:
    """Return what schemathesis finds in some seconds with some users; all that it reads and writes is in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "document.json"
    file.write_text(json.dumps(document.plain()), encoding="utf-8")
    for report in folder.glob("*json-*.*json"):
        report.unlink()
    given = [*identity(users, folder), "run", str(file), "--origin", origin]
    given += ["--checks", "all", "--max-time", str(round(seconds)), "--seed", str(seed), *options]
    given += ["--report", "json,ndjson", "--report-dir", str(folder), "--no-color"]
    began = time.time()
    with (folder / "terminal.txt").open("wb") as log:
        subprocess.run(
            [PROGRAM, *given], cwd=folder, stdout=log, stderr=log, check=False, timeout=seconds + SECONDS_TO_END
        )
    (report,) = folder.glob("json-*.json")
    (events,) = folder.glob("ndjson-*.ndjson")
    return failures_in(report, events, document, began)


def failures_in(report: Path, events: Path, document: Document, began: float) -> list[Failure]:
    """Return the failures of a report, each with the check and the time of the first event that has it."""
    first = dict[tuple[str, str], tuple[str, float]]()
    for kind, where, check, at in failed_checks(events):
        first.setdefault((kind, where), (check, at - began))
    named = {f"{each.method} {each.path}": each.id for each in document.operations}
    found = []
    for failure in json.loads(report.read_text(encoding="utf-8"))["failures"]:
        for where in failure["operations"]:
            check, seconds = first.get((failure["type"], where), ("", 0.0))
            # A walk is no operation: what it finds stands under its own name.
            found.append(Failure(failure["type"], check, named.get(where, where.lower()), round(seconds, 1)))
    return found


def errors_in(folder: Path) -> tuple[str, ...]:
    """Return what kept schemathesis from a part of its work, as the report in a folder says."""
    (report,) = folder.glob("json-*.json")
    return tuple(each["title"] for each in json.loads(report.read_text(encoding="utf-8"))["errors"])


def failed_checks(events: Path) -> Iterator[tuple[str, str, str, float]]:
    """Yield the type, the place, the check and the time of each failure that events tell, by operation and by walk."""
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            (event,) = json.loads(line).values()
            recorder = event.get("recorder") or {}
            for check in itertools.chain.from_iterable(recorder.get("checks", {}).values()):
                if check.get("failure_info"):
                    failure = check["failure_info"]["failure"]
                    yield failure["type"], failure["operation"], check["name"], event["timestamp"]
                    yield failure["type"], recorder["label"], check["name"], event["timestamp"]


def signing(name: str, authorization: str) -> dict[str, Any]:
    """Return a user who signs each request with the same field, as schemathesis reads it."""
    return {"name": name, "fixedHeaders": [{"name": "Authorization", "value": authorization}]}


def logging_in(name: str, document: Document, identifier: str, secret: str) -> dict[str, Any]:
    """Return a user who logs in as a document says, as schemathesis reads it."""
    operation = next(each for each in document.operations if each.role == "log-in")
    return {
        "name": name,
        "loginEndpointAuth": {
            "verb": operation.method,
            "endpoint": document.base_path + operation.path,
            "contentType": "application/json",
            "payloadUserPwd": {
                "username": identifier,
                "password": secret,
                "usernameField": operation.role_pointer("identifier").removeprefix("/"),
                "passwordField": operation.role_pointer("secret").removeprefix("/"),
            },
            "token": {
                "extractFrom": "body",
                "extractSelector": operation.role_pointer("access"),
                "sendIn": "header",
                "sendName": "Authorization",
                "sendTemplate": "Bearer {token}",
            },
        },
    }


def identity(users: Sequence[Mapping[str, Any]], folder: Path) -> Iterator[str]:
    """Write the configuration by which requests are signed, and yield the options that name it: several users are peers."""
    if not users:
        return
    (folder / "users.json").write_text(json.dumps({"auth": users}, indent=1), encoding="utf-8")
    names = json.dumps([user["name"] for user in users])
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS + (f"peers = {names}\n" if len(users) > 1 else ""), encoding="utf-8")
    yield from ("--config-file", str(settings))


@cache
def laws_of(failure: str) -> frozenset[str]:
    """Return the laws to which a failure of schemathesis belongs: those that have one of its checks."""
    modules = (schemathesis.openapi.checks, schemathesis.core.failures)
    kind = next(getattr(module, failure) for module in modules if hasattr(module, failure))
    checks = set(kind.checks)
    return frozenset(law.id for law in Catalogue.shipped() if checks & set(getattr(law, "checks", ()))) or frozenset(
        {f"schemathesis: {failure}"}
    )
