"""What comes out of the generators: the same each time, complete, and with names a person would give."""

import json
import re
from importlib import import_module
from pathlib import Path

import bookplate_client
import pytest

from sdk.generate import BUILD, NODE, PYTHON_PACKAGE, contract, generate, run

METHODS = {"get", "put", "post", "delete", "patch"}
# BookGenreType2Type1, Genre2: what a generator calls a type when the contract gives it no name, or one name twice.
INVENTED_PYTHON = re.compile(r"^class (\w*Type\d\w*)", re.MULTILINE)
INVENTED_TYPESCRIPT = re.compile(r"^export type (\w*\d) =", re.MULTILINE)


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_two_generations_are_the_same_to_the_byte(language: str, second_generation: Path) -> None:
    assert contents(second_generation / language) == contents(BUILD / language)


def test_every_operation_is_callable_in_python() -> None:
    modules = (path for path in (BUILD / "python" / PYTHON_PACKAGE / "api").glob("*/*.py") if path.stem != "__init__")
    names = {path.stem: f"{PYTHON_PACKAGE}.api.{path.parent.name}.{path.stem}" for path in modules}
    callable_names = {name for name, module in names.items() if callable(import_module(module).sync_detailed)}
    assert callable_names == operation_ids()


@pytest.mark.usefixtures("compiled_typescript")
def test_every_operation_is_callable_in_typescript() -> None:
    script = """import * as sdk from './js/typescript/sdk.gen.js';
    console.log(JSON.stringify(Object.keys(sdk).filter(name => typeof sdk[name] === 'function')))"""
    names = json.loads(run("node", "--input-type=module", "--eval", script, folder=NODE))
    assert set(names) == {camel_case(name) for name in operation_ids()}


def test_every_type_has_the_name_that_the_contract_gives_it() -> None:
    models = BUILD / "python" / PYTHON_PACKAGE / "models"
    invented = [name for path in sorted(models.glob("*.py")) for name in INVENTED_PYTHON.findall(path.read_text())]
    invented += INVENTED_TYPESCRIPT.findall((BUILD / "typescript" / "types.gen.ts").read_text())
    assert invented == []


def test_the_python_client_says_that_it_is_typed() -> None:
    assert Path(bookplate_client.__file__).with_name("py.typed").is_file()


@pytest.fixture(scope="module")
def second_generation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("again")
    generate(folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and "cache" not in path.parent.name)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def operation_ids() -> set[str]:
    paths = contract()["paths"].values()
    return {operation["operationId"] for path in paths for method, operation in path.items() if method in METHODS}


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
