"""The wheel, built and installed as others do it, and a running service for it to check."""

import contextlib
import importlib.util
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookplate.target.instance import free_port

ROOT = Path(__file__).parents[2]


def build_wheel(folder: Path) -> Path:
    """Build the wheel into a folder and return it; skips the test where no build backend can be had."""
    isolated = () if importlib.util.find_spec("hatchling") is None else ("--no-build-isolation",)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", *isolated, "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if (
        done.returncode != 0
        and not isolated
        and re.search(r"hatchling|No matching distribution|Connection", done.stderr)
    ):
        pytest.skip(f"the wheel cannot be built, pip gets no build backend: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def make_environment(folder: Path) -> Path:
    """Make an environment and return its folder of packages; nothing is downloaded for it."""
    venv.create(folder, with_pip=False)
    packages = next(folder.glob("lib/python*/site-packages"))
    # What this environment has is found there too: all that the wheel depends on, and pytest-xdist.
    (packages / "environment.pth").write_text(str(Path(pytest.__file__).parents[1]) + "\n", encoding="utf-8")
    return packages


def install_wheel(wheel: Path, environment: Path) -> None:
    """Install a wheel alone into an environment."""
    python = str(environment / "bin/python")
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(command, capture_output=True, check=True, timeout=120)


@contextlib.contextmanager
def running(app: str, document: Path) -> Iterator[str]:
    """Run a service of tests/fakes with this document, and yield its URL."""
    port = free_port()
    command = [sys.executable, "-m", "bookplate.target.serve", app, "--port", str(port)]
    environment = os.environ | {"TOY_DOCUMENT": str(document), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def wait_for(url: str) -> None:
    """Wait until something answers at a URL, for a minute at most; raises TimeoutError."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            try:
                urllib.request.urlopen(url, timeout=5).close()
            except urllib.error.HTTPError:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {url}")
