"""The ledger of promises names every sentence and every kind of key of the contract, and only laws and faults that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookplate.laws.catalogue import Catalogue

from .entries import (
    KEYS,
    SENTENCES,
    all_entries,
    entry,
    keys_of_the_contract,
    sentences_of_the_contract,
    standards,
)
from .keys import kinds
from .page import FIGURE, figure
from .play import written
from .sentences import sentences, split
from .tries import TRIES, seen

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "openapi" / "openapi.yaml"
STANDARD = re.compile(r"(?:RFC ?(\d+)|(draft-ietf-[a-z-]+-\d\d)|(NIST SP [\d-]+[A-Z]?))")


@pytest.fixture(scope="module")
def contract() -> Any:
    return yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))


def test_every_sentence_has_its_entry(contract: Any) -> None:
    """A sentence that is new or changed needs an entry; one that is gone needs none."""
    said = sentences(contract)
    known = {each.says: each for each in sentences_of_the_contract()}

    missing = [f"{places[0]}: {text}" for text, places in said.items() if text not in known]
    gone = [f"{each.id}: {each.says}" for each in known.values() if each.says not in said]
    moved = [
        f"{known[text].id}: at: {places}" for text, places in said.items() if set(known[text].places) != set(places)
    ]

    where = SENTENCES.relative_to(ROOT)
    assert not missing, f"write an entry (id, says, at, and laws or unchecked) into {where} for {missing}"
    assert not gone, f"the contract does not say it any more: take it out of {where}, or write what it says now: {gone}"
    assert not moved, f"it stands elsewhere: write its places into {where}: {moved}"


def test_every_kind_of_key_has_its_entry(contract: Any) -> None:
    """A key that the contract did not have before needs an entry."""
    found = kinds(contract)
    known = {each.id for each in keys_of_the_contract()}

    where = KEYS.relative_to(ROOT)
    missing = {kind: places[0] for kind, places in found.items() if kind not in known}
    assert not missing, f"write an entry (key, and laws, unchecked or nothing) into {where} for {missing}"
    assert not known - set(found), (
        f"the contract has no such key any more: take it out of {where}: {known - set(found)}"
    )


def test_every_standard_has_its_entries() -> None:
    """Each standard that the contract names has a file of what it demands."""
    named = {next(filter(None, found)) for found in STANDARD.findall(CONTRACT.read_text(encoding="utf-8"))}
    known = " ".join(each.name for each in standards())

    missing = sorted(name for name in named if name not in known)
    assert not missing, f"write a file into openapi/promises/standards for {missing}"
    assert all(each.entries for each in standards())


def test_ids_are_given_once() -> None:
    ids = [each.id for each in all_entries()]

    assert sorted(ids) == sorted(set(ids))


def test_laws_and_faults_exist() -> None:
    """Each law of an entry exists; its faults stand beside it, or were seen by it when they were played."""
    beside = {law.id: {fault.name for fault in law.faults} for law in Catalogue.shipped()}
    now = seen()
    named = [(each.id, law, faults) for each in all_entries() for law, faults in each.laws.items()]

    unknown = [f"{entry_id}: {law}" for entry_id, law, _ in named if law not in beside]
    assert not unknown, f"these laws do not exist; python -m bookplate --list shows all: {unknown}"
    wrong = [
        f"{entry_id}: {fault} of {law}"
        for entry_id, law, faults in named
        for fault in faults
        if fault not in beside[law] and now.get(fault) != law
    ]
    assert not wrong, (
        f"no such fault stands beside the law, nor has tests/promises/tries.yaml that the law saw it: {wrong}"
    )


def test_every_written_fault_was_played() -> None:
    """Each fault was played, or tests/promises/not_played.yaml names it; run `python -m tests.promises NAME --record now`."""
    left = set(yaml.safe_load(TRIES.with_name("not_played.yaml").read_text(encoding="utf-8")))

    assert set(written()) - set(seen()) == left
    assert set(seen()) - set(written()) == set()


def test_faults_name_promises_that_exist() -> None:
    known = {each.id for each in all_entries()}
    retired = set(yaml.safe_load(SENTENCES.with_name("struck.yaml").read_text(encoding="utf-8")))

    assert {each for fault in written().values() for each in fault.promises} - known - retired == set()


def test_readme_has_the_figure() -> None:
    """README says how many promises are held; run `tox -e docs`."""
    found = FIGURE.search((ROOT / "README.md").read_text(encoding="utf-8"))

    assert found is not None
    assert found[0] == f"{found[1]}{figure()}{found[2]}"


def test_an_entry_says_one_thing() -> None:
    with pytest.raises(ValueError, match="P-1: write laws"):
        entry({"id": "P-1", "says": "It is so.", "laws": {}, "unchecked": "nobody looks"})
    with pytest.raises(ValueError, match="P-1: write laws"):
        entry({"id": "P-1", "says": "It is so.", "partly": "not on Sundays", "unchecked": "nobody looks"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two, see section 4.14. `Three` is code.", ["One.", "Two, see section 4.14.", "`Three` is code."]),
        ("One\nsentence on two lines.\n\n## A heading\n\nTwo.", ["One sentence on two lines.", "Two."]),
        ("| head | x |\n|---|---|\n| a | 1 |\n| b | 2 |", ["| a | 1 |", "| b | 2 |"]),
    ],
)
def test_texts_are_split_into_sentences(text: str, expected: list[str]) -> None:
    assert list(split(text)) == expected


def test_sentences_of_examples_are_left_out() -> None:
    document = {
        "info": {"description": "Said."},
        "components": {
            "schemas": {"A": {"properties": {"description": {"type": "string", "description": "A text."}}}},
            "examples": {"B": {"value": {"description": "An example."}}},
        },
    }

    assert list(sentences(document)) == ["Said.", "A text."]


def test_kinds_tell_values_and_members() -> None:
    schema = {"type": "string", "format": "email", "x-unique": {"equivalent": ["a", "A"]}}
    operation = {
        "x-access": {"allow": ["user", "admin"]},
        "x-rate-limit": [],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
    }
    document = {"info": {}, "paths": {"/a": {"post": operation}}, "components": {"schemas": {"A": schema}}}

    found = kinds(document)

    assert {"operation: x-access.allow user", "operation: x-access.allow admin"} <= set(found)
    assert "operation: x-rate-limit []" in found
    assert found["request content: format email"] == ["/components/schemas/A/format"]
    assert "request content: x-unique.equivalent" in found
