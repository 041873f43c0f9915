"""The TypeScript client against the reference: node runs its tests, which came through the strict compiler."""

import re
from pathlib import Path

import pytest

from sdk.generate import ROOT, run
from tests.sdk.conftest import CHECKS, bundled
from tests.sdk.server import ACCESS_TOKEN_SECONDS

NAMED = re.compile(r"^test\('", re.MULTILINE)
PASSED = re.compile(r"^# pass (\d+)$", re.MULTILINE)


@pytest.mark.usefixtures("compiled_typescript")
@pytest.mark.parametrize("name", ["scenario", "failures"])
def test_the_client_holds(name: str, base_url: str) -> None:
    environment = {"BASE_URL": base_url, "ACCESS_TOKEN_SECONDS": str(ACCESS_TOKEN_SECONDS)}
    told = run(*("node", "--test", "--test-reporter=tap", f"js/{name}.test.js"), folder=CHECKS, environment=environment)
    source = (ROOT / "tests" / "sdk" / "typescript" / f"{name}.test.ts").read_text(encoding="utf-8")
    assert [int(count) for count in PASSED.findall(told)] == [len(NAMED.findall(source))]


def test_the_package_has_what_it_names_and_nothing_else(installed_typescript: Path) -> None:
    names = {path.name for path in installed_typescript.iterdir()}
    assert names == {"README.md", "dist", "example.mjs", "package.json"}
    assert {path.suffix for path in installed_typescript.glob("dist/**/*") if path.is_file()} == {".js", ".ts"}
    assert "client.books.create(...)" in (installed_typescript / "README.md").read_text(encoding="utf-8")


def test_its_example_runs_as_it_came(installed_typescript: Path, base_url: str) -> None:
    assert "title: " in run("node", "example.mjs", base_url, folder=installed_typescript)


def test_a_bundler_takes_it(installed_typescript: Path, tmp_path: Path) -> None:
    entry = tmp_path / "entry.js"
    entry.write_text("import { Client } from 'bookplate-client'; console.log(typeof Client);", encoding="utf-8")
    bundle = tmp_path / "bundle.mjs"

    bundled(entry, bundle, installed_typescript)

    assert run("node", str(bundle)) == "function\n"
    assert "require(" not in bundle.read_text(encoding="utf-8")
