"""What comes out of the generators: the same each time, complete, and with names a person would give."""

import json
import re
from pathlib import Path

import bookplate_client
import pytest
from bookplate_client import AsyncClient, Client

from bookplate.contract import Document
from sdk.facts import camel_case, facts_of, snake_case
from sdk.generate import (
    BUILD,
    DOCUMENT,
    NODE,
    PYTHON_PACKAGE,
    ROOT,
    contract,
    generate,
    generate_python,
    main,
    read,
    run,
)
from tests.sdk.conftest import mypy

METHODS = {"get", "put", "post", "delete", "patch"}
# BookGenreType2Type1, Genre2: what a generator calls a type when the contract gives it no name, or one name twice.
INVENTED_PYTHON = re.compile(r"^class (\w*Type\d\w*)", re.MULTILINE)
INVENTED_TYPESCRIPT = re.compile(r"^export type (\w*\d) =", re.MULTILINE)


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_two_generations_are_the_same_to_the_byte(language: str, second_generation: Path) -> None:
    assert contents(second_generation / language) == contents(BUILD / language)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_operation_is_a_method_in_python(kind: type[Client] | type[AsyncClient]) -> None:
    client = kind("https://example.org/api")
    for each in facts_of(Document.load(DOCUMENT))["operations"].values():
        method = getattr(getattr(client, each["resource"]), each["method"])
        assert each["summary"] in str(method.__doc__)
        for parameter in each["parameters"]:
            described = " ".join(str(method.__doc__).split())
            assert f"{snake_case(parameter['name'])}: {parameter['description']}" in described


def test_an_odd_document_gives_clients(tmp_path: Path) -> None:
    generate(tmp_path, ROOT / "tests" / "sdk" / "odd.yaml")

    written = (tmp_path / "python" / "http_things_client" / "models" / "http_thing_format.py").read_text("utf-8")
    assert 'Literal["-new", "C", "C#", "C++", "TXT", "pdf", "txt"]' in written
    mypy(str(tmp_path / "python" / "http_things_client"))
    script = """import httpx, http_things_client as c
    from http_things_client.models.http_thing import HTTPThing
    pages = [{"data": {"items": [{"id": "a", "format": "TXT"}]}}, {"data": {"items": []}}]
    answer = lambda request: httpx.Response(200, json=pages.pop(0))
    client = c.Client(http=httpx.Client(transport=httpx.MockTransport(answer)))
    print([(each.id, each.format_) for each in client.http_things.list()])"""
    script = "\n".join(line.strip() for line in script.splitlines())
    assert run("python", "-c", script, environment={"PYTHONPATH": str(tmp_path / "python")}) == "[('a', 'TXT')]\n"

    written = (tmp_path / "typescript" / "src" / "generated" / "types.gen.ts").read_text(encoding="utf-8")
    assert "format?: 'txt' | 'TXT' | 'C' | 'C#' | 'C++' | '-new' | 'pdf';" in written
    written = (tmp_path / "typescript" / "dist" / "client.d.ts").read_text(encoding="utf-8")
    assert "constructor(baseUrl?: string, options?: ClientOptions);" in written


def test_a_document_that_is_none_ends_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text("swagger: '2.0'", encoding="utf-8")

    assert main([str(file), "--output", str(tmp_path)]) == 2

    told = capsys.readouterr().err
    assert told.startswith("sdk: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("name", ["todos.yaml", "toy.yaml", "club.yaml"])
def test_documents_of_others_give_clients(name: str, tmp_path: Path) -> None:
    document = read(ROOT / "tests" / "fakes" / name)
    generate_python(document, tmp_path / "python")

    [package] = (each.parent for each in (tmp_path / "python").glob("*/client.py"))
    script = f"import {package.name} as c; print(len(vars(c.Client('https://example.org'))))"
    run("python", "-W", "error", "-c", script, environment={"PYTHONPATH": str(package.parent)})


@pytest.mark.usefixtures("installed_typescript")
def test_every_operation_is_a_method_in_typescript() -> None:
    script = """import { Client } from 'bookplate-client';
    const client = new Client('https://example.org/api');
    const methods = resource => Object.getOwnPropertyNames(Object.getPrototypeOf(resource));
    console.log(JSON.stringify(Object.entries(client).map(([name, each]) => [name, methods(each)])))"""
    found = dict(json.loads(run("node", "--input-type=module", "--eval", script, folder=NODE)))
    for each in facts_of(Document.load(DOCUMENT))["operations"].values():
        assert camel_case(each["method"]) in found[camel_case(each["resource"])]


def test_both_clients_say_what_the_contract_says() -> None:
    written = (BUILD / "typescript" / "dist" / "client.d.ts").read_text(encoding="utf-8")
    for each in facts_of(Document.load(DOCUMENT))["operations"].values():
        assert f"* {each['summary']}\n" in written
        for parameter in each["parameters"]:
            assert f"{parameter['description']}" in written


def test_every_type_has_the_name_that_the_contract_gives_it() -> None:
    models = BUILD / "python" / PYTHON_PACKAGE / "models"
    invented = [name for path in sorted(models.glob("*.py")) for name in INVENTED_PYTHON.findall(path.read_text())]
    invented += INVENTED_TYPESCRIPT.findall((BUILD / "typescript" / "src" / "generated" / "types.gen.ts").read_text())
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
