"""The generated clients against the reference: one server and one TypeScript build for the whole run."""

import importlib.util
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from sdk.generate import BUILD, NODE, PYTHON_PACKAGE, ROOT, run
from tests.archives import unpack
from tests.sdk.server import running_reference

if TYPE_CHECKING:
    from tests.sdk.accounts import Accounts

# The clients are written by `tox -e sdk`, which then runs all tests; elsewhere there are none to try.
OF_CLIENTS = [
    "test_documentation.py",
    "test_generation.py",
    "test_python_*.py",
    "test_typescript_*.py",
    "test_types.py",
]
# Where the tests of the TypeScript client are compiled: the packages lie above it.
CHECKS = NODE / "checks"
collect_ignore_glob = OF_CLIENTS if importlib.util.find_spec(PYTHON_PACKAGE) is None else []


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Site"]:
    """A folder that is served as pages, at an origin of its own."""
    folder = tmp_path_factory.mktemp("site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(folder, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


@dataclass(frozen=True)
class Site:
    folder: Path
    origin: str


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def base_url(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_reference(tmp_path_factory.mktemp("reference"), site.origin) as url:
        yield url


@pytest.fixture(scope="session")
def accounts(base_url: str) -> Iterator["Accounts"]:
    from tests.sdk.accounts import Accounts

    opened = Accounts(base_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def installed_typescript() -> Path:
    """Pack the TypeScript client as for a registry, and unpack it where the packages are that it needs."""
    place = NODE / "node_modules" / "bookplate-client"
    shutil.rmtree(place, ignore_errors=True)
    with TemporaryDirectory() as work:
        run("npm", "pack", str(BUILD / "typescript"), "--pack-destination", work, "--loglevel=error", folder=NODE)
        [archive] = Path(work).glob("*.tgz")
        unpack(archive, Path(work))
        shutil.move(Path(work) / "package", place)
    return place


@pytest.fixture(scope="session")
def compiled_typescript(installed_typescript: Path) -> None:
    """Compile the tests of the TypeScript client and its documented programs, strictly, into build/sdk/node/checks/js."""
    shutil.rmtree(CHECKS, ignore_errors=True)
    shutil.copytree(ROOT / "tests" / "sdk" / "typescript", CHECKS)
    for number, example in enumerate(documented_examples("ts")):
        (CHECKS / f"documented_{number}.ts").write_text(example, encoding="utf-8")
    run("node", "node_modules/typescript/bin/tsc", "--project", "checks/tsconfig.json", folder=NODE)


def bundled(entry: Path, bundle: Path, package: Path) -> None:
    """Let esbuild make one file for a browser of a module and the packages that it imports."""
    run(
        *("node", "node_modules/esbuild/bin/esbuild", str(entry), f"--outfile={bundle}"),
        *("--bundle", "--format=esm", "--platform=browser", "--target=es2022"),
        folder=NODE,
        environment={"NODE_PATH": str(package.parent)},
    )


def documented_examples(language: str) -> list[str]:
    """Return the code blocks of docs/how-to/use-the-sdks.md in this language."""
    page = (ROOT / "docs" / "how-to" / "use-the-sdks.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def mypy(*files: str) -> None:
    """Check files, packages too, as strictly as mypy can. Raises SdkError where it refuses one."""
    # Without a configuration file: the clients must pass as they come, not as this project configures mypy.
    options = (
        "--strict",
        "--config-file=",
        f"--cache-dir={ROOT / 'build' / 'cache' / 'mypy-sdk'}",
        "--explicit-package-bases",
    )
    run("mypy", *options, *files, environment={"MYPYPATH": f"{ROOT}{os.pathsep}{BUILD / 'python'}"})
