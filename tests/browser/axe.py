"""axe-core, installed once from npm as its lock names it, and what it finds on a page."""

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bookplate.gate.node import run

from .chromium import Tab

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "build" / "axe"
GRAVE = ("serious", "critical")


@cache
def source() -> str:
    """Return the text of axe-core; a test of it is skipped, loudly, where npm or its registry is not there."""
    script = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
    lock = HERE / "package-lock.json"
    installed = FOLDER / lock.name
    if not (script.exists() and installed.exists() and installed.read_bytes() == lock.read_bytes()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", lock.name):
            shutil.copy(HERE / name, FOLDER / name)
        try:
            done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=FOLDER)
        except OSError:
            pytest.skip("NO NPM on this machine: axe-core did not judge the page")
        if done.returncode:
            pytest.skip(f"NPM COULD NOT INSTALL axe-core, and it did not judge the page: {done.stderr[:200]}")
    return script.read_text(encoding="utf-8")


def grave_findings(page: Tab) -> list[str]:
    """Return what axe-core calls serious or critical on the page that is shown: rule, element and reason."""
    page.evaluate(source() + "\n;0")
    found = json.loads(page.evaluate("axe.run(document).then((result) => JSON.stringify(result.violations))"))
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}: {node['failureSummary'][:300]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def judged(page: Tab) -> dict[str, Any]:
    """Return how many rules axe-core found kept on the page that is shown, and each rule that is broken, with its elements."""
    page.evaluate(source() + "\n;0")
    found = json.loads(page.evaluate("axe.run(document).then((result) => JSON.stringify(result))"))
    broken = [[rule["id"], [node["html"] for node in rule["nodes"]]] for rule in found["violations"]]
    return {"passes": len(found["passes"]), "violations": broken}
