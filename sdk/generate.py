"""Makes the Python and the TypeScript client from the contract."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .enum_names import shared_names

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "openapi" / "openapi.yaml"
BUILD = ROOT / "build" / "sdk"
NODE = BUILD / "node"  # the npm packages, and what checks the TypeScript client
PYTHON_PACKAGE = "bookplate_client"


class SdkError(Exception):
    """A client cannot be made; the message says why and what to do, in one line where that is enough."""


def generate(into: Path) -> None:
    """Write the clients into `into`/python and `into`/typescript. Raises SdkError."""
    for shared in shared_names(contract()):
        raise SdkError(f"{DOCUMENT.name}: {shared}")
    install_node_packages()
    for language, write in (("python", _generate_python), ("typescript", _generate_typescript)):
        # What an operation that is gone left behind must not stay callable.
        shutil.rmtree(into / language, ignore_errors=True)
        write(into / language)


def install_node_packages() -> None:
    """Install what package-lock.json names, unless it is there already. Raises SdkError."""
    NODE.mkdir(parents=True, exist_ok=True)
    for source in Path(__file__).with_name("typescript").iterdir():
        if source.is_file():
            shutil.copy(source, NODE)
    lock, installed = NODE / "package-lock.json", NODE / "node_modules" / "installed.json"
    if installed.is_file() and installed.read_bytes() == lock.read_bytes():
        return
    try:
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=NODE)
    except SdkError as error:
        said = next((line for line in str(error).splitlines() if line.startswith("npm error")), str(error))
        raise SdkError(f"npm cannot install the TypeScript generator (it needs a registry once): {said}") from error
    shutil.copy(lock, installed)


def run(program: str, *arguments: str, folder: Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """Run a program of this environment and return what it printed. Raises SdkError."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    found = shutil.which(program, path=path)
    if found is None:
        raise SdkError(f"{program} is missing: run `tox -e sdk`, or install requirements/sdk.txt")
    command = [found, *arguments]
    variables = {**os.environ, "PATH": path, "NO_COLOR": "1", **(environment or {})}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SdkError(f"{program} {' '.join(arguments)} failed\n{done.stdout}{done.stderr}")
    return done.stdout


def contract() -> dict[str, Any]:
    """Return the contract as it stands in openapi/openapi.yaml."""
    document: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return document


def _generate_python(into: Path) -> None:
    run(
        *("openapi-python-client", "generate", "--meta", "uv", "--fail-on-warning"),
        *("--path", str(DOCUMENT), "--output-path", str(into)),
        *("--config", str(Path(__file__).with_name("python.yaml"))),
    )


def _generate_typescript(into: Path) -> None:
    run(
        *("node", "node_modules/@hey-api/openapi-ts/bin/run.js"),
        *("--file", "openapi-ts.config.mjs", "--input", str(DOCUMENT), "--output", str(into)),
        folder=NODE,
    )
    # Without it Node and tsc would take the files for CommonJS.
    package = {"name": "bookplate-client", "version": contract()["info"]["version"], "private": True, "type": "module"}
    (into / "package.json").write_text(json.dumps(package, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Write both clients into build/sdk/; a failure is told on standard error, with exit status 2."""
    try:
        generate(BUILD)
    except SdkError as error:
        print(f"sdk: {error}", file=sys.stderr)
        return 2
    for path in (BUILD / "python" / PYTHON_PACKAGE, BUILD / "typescript"):
        print(path.relative_to(ROOT))
    return 0
