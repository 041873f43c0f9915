"""Two values of an enumeration that would share a name in the Python client are told in one line, with the remedy."""

from pathlib import Path
from typing import Any

import pytest

from sdk import generate
from sdk.enum_names import shared_names


def document(schema: dict[str, Any]) -> dict[str, Any]:
    return {"components": {"schemas": {"Format": schema}}}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["txt", "TXT", "pdf"], "'txt' and 'TXT' are both TXT"),
        (["pdf", "Txt", "tXT"], "'Txt' and 'tXT' are both TXT"),
        (["C", "C#", "C++"], "'C' and 'C#' are both C"),
        (["year-first", "year_first"], "'year-first' and 'year_first' are both YEAR_FIRST"),
        (["value 2", "other", "-new"], "'value 2' and '-new' are both VALUE_2"),
    ],
)
def test_values_that_would_share_a_name_are_told(values: list[str], told: str) -> None:
    [line] = shared_names(document({"type": "string", "enum": values}))

    assert line == (
        f"#/components/schemas/Format/enum: {told} in the Python client: "
        "give each value a name of its own in x-enum-varnames, beside enum"
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": ["title", "-title", "author", "-author"]},
        {"enum": ["txt", "TXT", "pdf"], "x-enum-varnames": ["TXT", "TXT_IN_CAPITALS", "PDF"]},
        {"enum": [1, 2, -1]},
        {"enum": ["txt", None]},
        {"properties": {"enum": {"type": "string"}, "x": {"enum": ["a", "b"]}}},
        {"example": {"enum": ["txt", "TXT"]}},
    ],
    ids=["signs", "names of their own", "numbers", "null", "a member called enum", "an example"],
)
def test_other_enumerations_are_fine(schema: dict[str, Any]) -> None:
    assert list(shared_names(document(schema))) == []


def test_names_that_are_given_may_not_be_shared_either() -> None:
    schema = {"enum": ["txt", "TXT"], "x-enum-varnames": ["TEXT", "text"]}

    [line] = shared_names(document(schema))

    assert "'TEXT' and 'text' are both TEXT" in line


def test_every_place_of_the_document_is_looked_at() -> None:
    wrong = {"enum": ["a", "A"]}
    parameters = [{"name": "kind", "in": "query", "schema": wrong}]
    found = {"paths": {"/a/{b}": {"get": {"parameters": parameters}}}, **document({"properties": {"enum": wrong}})}

    assert [line.partition(": ")[0] for line in shared_names(found)] == [
        "#/paths/~1a~1{b}/get/parameters/0/schema/enum",
        "#/components/schemas/Format/properties/enum/enum",
    ]


def test_the_contract_shares_no_names() -> None:
    assert list(shared_names(generate.contract())) == []


def test_the_command_ends_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = tmp_path / "openapi.yaml"
    contract.write_text("components: {schemas: {Format: {enum: [txt, TXT, pdf]}}}", encoding="utf-8")
    monkeypatch.setattr(generate, "DOCUMENT", contract)

    assert generate.main() == 2

    told = capsys.readouterr().err
    assert told.startswith("sdk: openapi.yaml: #/components/schemas/Format/enum: 'txt' and 'TXT' are both TXT")
    assert told.count("\n") == 1
