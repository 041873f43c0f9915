"""examples/express_books, installed once with npm as its lock names it."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLE = Path("examples/express_books")
OLDEST_NODE = 20


def require_node() -> None:
    """Skip the test, loudly, where there is no Node that is new enough."""
    if shutil.which("node") is None:
        pytest.skip("NO NODE on this machine: examples/express_books was not checked")
    version = said_by("node", "--version").stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"NODE IS TOO OLD, {version}: examples/express_books was not checked")


def install() -> None:
    """Install what the lock names, if it is not there; skip the test, loudly, where npm cannot."""
    # Two files of tests need it, and run beside one another.
    with (EXAMPLE / "package-lock.json").open(encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed():
            install_anew()


def install_anew() -> None:
    if shutil.which("npm") is None:
        pytest.skip("NO NPM on this machine: examples/express_books was not checked")
    done = said_by("npm", "ci", "--prefix", str(EXAMPLE), "--no-audit", "--no-fund", "--loglevel=error")
    if done.returncode:
        pytest.skip(f"NPM COULD NOT INSTALL examples/express_books, and it was not checked: {done.stderr[:200]}")


def is_installed() -> bool:
    """Tell whether the packages are there in the versions of the lock; npm keeps a lock of what it has installed."""
    kept = EXAMPLE / "node_modules" / ".package-lock.json"
    if not kept.exists():
        return False
    wanted, installed = (
        {name: each for name, each in json.loads(file.read_text(encoding="utf-8"))["packages"].items() if name}
        for file in (EXAMPLE / "package-lock.json", kept)
    )
    needed = {name for name, each in wanted.items() if not each.get("optional")}
    return needed <= installed.keys() and all(
        name in wanted and wanted[name]["version"] == each["version"] for name, each in installed.items()
    )


def said_by(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
