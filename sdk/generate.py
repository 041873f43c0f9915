"""Makes the Python and the TypeScript client from a document."""

import argparse
import importlib.resources
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bookplate.contract import Document
from bookplate.contract.lines import DocumentError

from .facts import facts_of, prepared
from .typescript_files import typescript_files

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "openapi" / "openapi.yaml"
BUILD = ROOT / "build" / "sdk"
NODE = BUILD / "node"  # the npm packages, and what checks the TypeScript client
PYTHON_PACKAGE = "bookplate_client"
PYTHON, TYPESCRIPT = Path(__file__).with_name("python"), Path(__file__).with_name("typescript")


class SdkError(Exception):
    """A client cannot be made; the message says why and what to do, in one line where that is enough."""


def generate(into: Path, location: Path = DOCUMENT) -> None:
    """Write the clients of a document into `into`/python and `into`/typescript. Raises SdkError."""
    document = read(location)
    install_node_packages()
    for language, write in (("python", generate_python), ("typescript", generate_typescript)):
        # What an operation that is gone left behind must not stay callable.
        shutil.rmtree(into / language, ignore_errors=True)
        write(document, into / language)


def read(location: Path) -> Document:
    """Return a document. Raises SdkError where it is none."""
    try:
        document = Document.load(location)
    except DocumentError as error:
        raise SdkError(str(error)) from error
    for mistake in document.mistakes:
        raise SdkError(f"{mistake}")
    return document


def generate_python(document: Document, into: Path) -> None:
    """Run the generator with templates of ours, which ask for facts, and put beside it what needs no document."""
    with TemporaryDirectory() as work:
        openapi, templates = Path(work) / "openapi.json", Path(work) / "templates"
        openapi.write_text(json.dumps(prepared(document)), encoding="utf-8")
        shutil.copytree(PYTHON / "templates", templates)
        # A template of ours includes the one of the generator that it has the name of.
        original = importlib.resources.files("openapi_python_client") / "templates" / "model.py.jinja"
        (templates / "generator").mkdir()
        (templates / "generator" / "model.py.jinja").write_text(original.read_text(encoding="utf-8"), encoding="utf-8")
        facts = json.dumps(facts_of(document), ensure_ascii=False, indent=1)
        (templates / "facts.jinja").write_text(f"{{% set facts = {facts} %}}", encoding="utf-8")
        run(
            *("openapi-python-client", "generate", "--meta", "uv", "--fail-on-warning"),
            *("--path", str(openapi), "--output-path", str(into)),
            *("--config", str(PYTHON / "config.yaml"), "--custom-template-path", str(templates)),
        )
    [package] = (each.parent for each in into.glob("*/client.py"))
    shutil.copytree(PYTHON / "runtime", package / "_runtime", ignore=shutil.ignore_patterns("__pycache__"))


def install_node_packages() -> None:
    """Install what package-lock.json names, unless it is there already. Raises SdkError."""
    NODE.mkdir(parents=True, exist_ok=True)
    for source in TYPESCRIPT.iterdir():
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


def generate_typescript(document: Document, into: Path) -> None:
    """Run the generator, write a client around what it makes, and compile both into a package."""
    # Below the packages, so that the compiler finds them.
    with TemporaryDirectory(dir=NODE) as work:
        package, openapi = Path(work) / "package", Path(work) / "openapi.json"
        openapi.write_text(json.dumps(prepared(document)), encoding="utf-8")
        run(
            *("node", "node_modules/@hey-api/openapi-ts/bin/run.js"),
            *("--file", "openapi-ts.config.mjs", "--input", str(openapi)),
            folder=NODE,
            environment={"GENERATED": str(package / "src" / "generated")},
        )
        shutil.copytree(TYPESCRIPT / "runtime", package / "src" / "runtime")
        for name, text in typescript_files(facts_of(document)).items():
            (package / name).write_text(text, encoding="utf-8")
        run("node", "node_modules/typescript/bin/tsc", "--project", str(package / "tsconfig.json"), folder=NODE)
        shutil.copytree(package, into)


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both clients, into build/sdk/ if nothing else is said; a failure ends with exit status 2."""
    parser = argparse.ArgumentParser(prog="python -m sdk", description="Write a Python and a TypeScript client.")
    parser.add_argument("document", nargs="?", type=Path, default=DOCUMENT, help="an OpenAPI document")
    parser.add_argument("--output", type=Path, default=BUILD, metavar="FOLDER", help="where the clients are written")
    given = parser.parse_args(arguments)
    try:
        generate(given.output, given.document)
    except SdkError as error:
        print(f"sdk: {error}", file=sys.stderr)
        return 2
    for language in ("python", "typescript"):
        print(given.output / language)
    return 0
