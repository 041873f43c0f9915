"""The generated clients against the reference: one server and one TypeScript build for the whole run."""

import importlib.util
import re
from collections.abc import Iterator

import pytest

from sdk.generate import NODE, PYTHON_PACKAGE, ROOT, run
from tests.sdk.server import running_reference

# The clients are written by `tox -e sdk`, which then runs all tests; elsewhere there are none to try.
OF_CLIENTS = ["test_documentation.py", "test_generation.py", "test_scenario_*.py", "test_types.py"]
collect_ignore_glob = OF_CLIENTS if importlib.util.find_spec(PYTHON_PACKAGE) is None else []


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_reference(tmp_path_factory.mktemp("reference")) as url:
        yield url


@pytest.fixture(scope="session")
def compiled_typescript() -> None:
    """Compile the TypeScript client, its scenario and its documented example, strictly, into build/sdk/node/js."""
    example = documented_example("ts").replace("'./typescript/", "'../typescript/")
    (NODE / "documented.ts").write_text(example, encoding="utf-8")
    run("node", "node_modules/typescript/bin/tsc", folder=NODE)


def documented_example(language: str) -> str:
    """Return the one code block of docs/how-to/use-the-sdks.md in this language."""
    page = (ROOT / "docs" / "how-to" / "use-the-sdks.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return str(block)
