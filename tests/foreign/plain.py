"""A run of plain schemathesis on a service, as its own guide has it: all phases, all checks, and who there is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import schemathesis.core.failures
import schemathesis.openapi.checks

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue

from .environment import Environment
from .judged import Pair
from .services import Service

PROGRAM = str(Path(sys.executable).with_name("schemathesis"))
SECONDS_TO_END = 60  # beyond its time, for the request that it waits for and its reports


def plain_run(service: Service, environment: Environment, document: Document, seconds: float, seed: int) -> set[Pair]:
    """Return what schemathesis finds of a document in some seconds: each failure by law and operation."""
    folder = environment.folder / f"plain-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "document.json"
    file.write_text(json.dumps(document.plain()), encoding="utf-8")
    for report in folder.glob("json-*.json"):
        report.unlink()
    given = [*identity(service, folder), "run", str(file), "--origin", service.url]
    given += ["--checks", "all", "--max-time", str(round(seconds)), "--seed", str(seed)]
    given += [f"--include-tag={tag}" for tag in service.tags]
    given += ["--report", "json", "--report-dir", str(folder), "--no-color"]
    with (folder / "terminal.txt").open("wb") as log:
        subprocess.run(
            [PROGRAM, *given], cwd=folder, stdout=log, stderr=log, check=False, timeout=seconds + SECONDS_TO_END
        )
    (report,) = folder.glob("json-*.json")
    failures = json.loads(report.read_text(encoding="utf-8"))["failures"]
    named = {f"{each.method} {each.path}": each.id for each in document.operations}
    # A walk is no operation: what it finds stands under its own name.
    pairs = [(each["type"], named.get(name, name.lower())) for each in failures for name in each["operations"]]
    return {(law, operation) for failure, operation in pairs for law in laws_of(failure)}


def identity(service: Service, folder: Path) -> Iterator[str]:
    """Write the configuration by which requests are signed, and yield the options that name it: two users may be peers."""
    if not service.signs:
        return
    entries = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": value}]}
        for name, value in service.signs.items()
    ]
    (folder / "users.json").write_text(json.dumps({"auth": entries}), encoding="utf-8")
    peers = f"peers = {json.dumps([*service.signs])}\n" if len(service.signs) > 1 else ""
    settings = folder / "schemathesis.toml"
    settings.write_text(f'[auth.wfc]\npath = "users.json"\n{peers}', encoding="utf-8")
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
