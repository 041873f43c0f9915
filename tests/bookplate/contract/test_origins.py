"""Groups of origins: read from the document, named in bookplate.toml, and nothing to a document without them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookplate.contract.document import Document
from bookplate.contract.operation import Operation
from bookplate.fixtures.preflights import missing_origin, origins_of
from bookplate.laws.catalogue import Catalogue
from bookplate.target.config import Config, SetUpError

from ..law_modules import law_module

foreign_origins = law_module("CORS-06").foreign_origins
missing_origins = law_module("CORS-06").missing_origins

APP, OFFICE = "https://app.example.com", "https://office.example.com"
LAWS = [rule for rule in Catalogue.shipped() if rule.group == "CORS"]


def document(tmp_path: Path, operation: Any = None, tag: Any = None, root: Any = None) -> Document:
    """Write a document whose one operation in question has x-cors at these places, beside one for the apps."""
    raw: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "tags": [{"name": "first"}, {"name": "second"}],
        "paths": {
            "/a": {"get": {"operationId": "a", "tags": ["first", "second"], "responses": {}}},
            "/b": {"get": {"operationId": "b", "responses": {}, "x-cors": {"origins": ["apps"]}}},
        },
    }
    for place, groups in ((raw["paths"]["/a"]["get"], operation), (raw["tags"][1], tag), (raw, root)):
        if groups is not None:
            place["x-cors"] = {"origins": groups}
    path = tmp_path / "openapi.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return Document.load(path)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({}, None),
        ({"root": ["x"]}, ("x",)),
        ({"root": ["x"], "tag": ["y"]}, ("y",)),
        ({"root": ["x"], "tag": ["y"], "operation": ["z"]}, ("z",)),
        ({"root": ["x"], "operation": []}, ()),
    ],
)
def test_the_nearest_place_counts(tmp_path: Path, places: dict[str, Any], expected: tuple[str, ...] | None) -> None:
    operation = document(tmp_path, **places).operation("a")

    assert operation.origins == expected
    assert operation.other_origins == ("apps",)


def test_a_key_of_another_shape_is_told_with_its_line(tmp_path: Path) -> None:
    read = document(tmp_path, operation="apps")

    (told,) = read.notices
    assert re.search(r"openapi\.yaml:\d+: its x-cors names no groups", str(told))
    assert read.operation("a").origins is None


def applying(operation: Operation) -> set[str]:
    return {rule.id for rule in LAWS if rule.applies(operation)}


def test_laws_of_groups_are_for_documents_that_name_some(tmp_path: Path) -> None:
    everywhere = {"CORS-01", "CORS-02", "CORS-03", "CORS-04"}

    assert applying(document(tmp_path).operation("a")) == everywhere
    assert applying(document(tmp_path, operation=["apps"]).operation("a")) == everywhere | {"CORS-05"}
    assert applying(document(tmp_path, operation=["x"]).operation("a")) == everywhere | {"CORS-05", "CORS-06"}
    assert applying(document(tmp_path, operation=[]).operation("a")) == {"CORS-06"}


def test_one_origin_is_good_for_every_group_without_its_own(tmp_path: Path) -> None:
    operation = document(tmp_path, operation=["office", "apps"]).operation("a")

    assert origins_of(operation, Config(origin=APP)) == [APP]
    assert origins_of(operation, Config(origin=APP, origins={"office": OFFICE})) == [OFFICE, APP]
    assert origins_of(operation, Config(origins={"office": OFFICE})) == [OFFICE]
    assert origins_of(operation, Config()) == []
    assert (
        missing_origin(operation)
        == 'bookplate.toml names no origin of office: write office = "https://..." under [origins]'
    )


def test_without_groups_the_origin_counts_alone(tmp_path: Path) -> None:
    operation = document(tmp_path).operation("a")

    assert origins_of(operation, Config(origin=APP, origins={"office": OFFICE})) == [APP]
    assert missing_origin(operation).startswith("bookplate.toml names no origin that may call it from a browser: ")


def test_to_keep_a_group_out_takes_two_origins(tmp_path: Path) -> None:
    operation = document(tmp_path, operation=["office"]).operation("a")

    assert foreign_origins(operation, Config(origin=APP)) == []
    assert foreign_origins(operation, Config(origins={"office": OFFICE, "apps": OFFICE})) == []
    assert foreign_origins(operation, Config(origin=APP, origins={"office": OFFICE})) == [APP]
    assert foreign_origins(document(tmp_path, operation=[]).operation("a"), Config(origin=APP)) == [APP]
    assert 'apps = "https://...", office = "https://..."' in missing_origins(operation)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("origins = 'https://a.example'", r"bookplate\.toml: origins is a table"),
        ("[origins]\napps = ['https://a.example']", r"bookplate\.toml: \[origins\] gives one origin for each group"),
    ],
)
def test_origins_are_told_one_for_each_group(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bookplate.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SetUpError, match=told):
        Config.read(path)


def test_origins_are_read(tmp_path: Path) -> None:
    path = tmp_path / "bookplate.toml"
    path.write_text(f"origin = '{APP}'\n[origins]\noffice = '{OFFICE}'\n", encoding="utf-8")
    config = Config.read(path)

    assert (config.origin_of("apps"), config.origin_of("office")) == (APP, OFFICE)
