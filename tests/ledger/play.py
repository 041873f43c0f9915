"""Play a defect: show the service with it, let the suite check that, and keep what it says."""

import contextlib
import io
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from bookplate.cli import main as bookplate
from bookplate.laws.catalogue import Catalogue

from .defect import Defect
from .results import HONEST, Run
from .service import Service, Stage

OUTPUT = Path("build/ledger")
BUDGET = ("--max-examples", "8", "--time-budget", "900", "--quiet")
# What generates requests takes several times as long as all the rest; invariants look at those requests too.
PARTS = {"quick": ("experiment", "document"), "whole": ()}


def played(shown: Stage, service: Service, defect: Defect | None, mode: str, part: str) -> Run:
    """
    Run rules on a service as a stranger does: at an address, with the plain document or with the settings.

    The service is a new one without any data.
    """
    shown.show(service.app(defect))
    named = ["--document", str(service.document)] if mode == "bare" else ["--config", str(service.settings)]
    rules = [word for law in Catalogue.shipped() if law.kind in PARTS[part] for word in ("--rule", law.id)]
    output = OUTPUT / f"run-{service.name}-{mode}"
    started = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        code = bookplate([shown.address, *named, *BUDGET, *rules, "--output", str(output)])
    seconds = time.monotonic() - started
    report = output / "report.json"
    if code not in (0, 1, 2, 3) or not report.exists():
        raise SystemExit(f"{service.name}, {mode}: exit code {code}: {said.getvalue().strip()}")
    value = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    keep(value, service, defect, f"{mode}-{part}")
    return run_of(value, service, defect, mode, seconds)


def keep(report: Any, service: Service, defect: Defect | None, where: str) -> None:
    """Keep the whole report, so that a verdict can be judged by hand."""
    folder = OUTPUT / "reports" / where / service.name
    folder.mkdir(parents=True, exist_ok=True)
    name = defect.name if defect else "honest"
    (folder / f"{name}.json").write_text(json.dumps(report, indent=1), encoding="utf-8")


def run_of(report: Any, service: Service, defect: Defect | None, mode: str, seconds: float) -> Run:
    by_verdict: dict[str, set[str]] = defaultdict(set)
    for finding in report["findings"]:
        by_verdict[finding["verdict"]].add(f"{finding['rule']} {finding['operation'] or ''}".strip())
    return Run(
        service=service.name,
        mode=mode,
        defect=defect.name if defect else HONEST,
        failed=tuple(sorted(by_verdict["failed"])),
        warned=tuple(sorted(by_verdict["warned"])),
        passed=len(by_verdict["passed"]),
        not_checked=len(by_verdict["not checked"]),
        errors=tuple(sorted(by_verdict["error"])),
        seconds=round(seconds, 1),
    )
