"""How much of what is declared at home inference alone would find, and what it would find beside."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import DocumentLaw, Law

HOME = Path("openapi/openapi.yaml")
# Rate limits, and origins of web pages, stand in no name and no shape: only answers show them.
SEEN_IN_ANSWERS = ("RATE", "CORS", "CONC-04", "HTTP-07")
# What only a document can say: the order of checks and the status of mistakes, what a request ends or empties, who has
# which rights, what a number counts, where nulls stand in a sort.
SAID_ALONE = (
    *("ROBUST-09", "ERR-11", "AUTH-15", "AUTH-17", "AUTH-18", "AUTHZ-09", "AUTHZ-10", "CACHE-13"),
    *("PAGE-11", "PAGE-12", "STATE-12"),
)
Pair = tuple[str, str]


def without_our_keys(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: without_our_keys(member) for name, member in node.items() if not name.startswith("x-")}
    return [without_our_keys(each) for each in node] if isinstance(node, list) else node


def laws() -> list[Law]:
    """Return the laws that are tried at operations."""
    return [law for law in Catalogue.shipped() if not isinstance(law, DocumentLaw)]


def pairs(document: Document) -> set[Pair]:
    """Return each law with each operation that it applies to."""
    return {(law.id, each.id) for law in laws() for each in document.operations if law.applies(each)}


@pytest.fixture(name="home", scope="module")
def _home() -> Document:
    return Document.load(HOME)


@pytest.fixture(name="stripped", scope="module")
def _stripped(home: Document, tmp_path_factory: pytest.TempPathFactory) -> Document:
    file = tmp_path_factory.mktemp("stripped") / "openapi.json"
    file.write_text(json.dumps(without_our_keys(home.plain()), default=str), encoding="utf-8")
    return Document.load(file)


def test_nothing_is_inferred_where_everything_is_declared(home: Document) -> None:
    inferred = [each.id for each in home.operations if each.as_declared.facts != each.facts]

    assert inferred == []


def test_names_and_shapes_alone_give_most_of_what_is_declared(home: Document, stripped: Document) -> None:
    wanted = {pair for pair in pairs(home) if not pair[0].startswith((*SEEN_IN_ANSWERS, *SAID_ALONE))}
    found = pairs(stripped)

    assert len(wanted & found) >= 0.95 * len(wanted)
    assert len(pairs(home) & found) >= 0.74 * len(pairs(home))


def test_inference_brings_no_law_where_it_does_not_apply(home: Document, stripped: Document) -> None:
    """AUTHZ-02 comes without it too: it looks itself for whose an item is, where nobody says who may change it."""
    uninferred = {(law.id, each.id) for law in laws() for each in stripped.operations if law.applies(each.as_declared)}
    others = pairs(stripped) - pairs(home)

    assert others == {("AUTHZ-02", "update_user"), ("AUTHZ-02", "delete_user")}
    assert others <= uninferred


def test_each_guess_of_home_is_what_is_declared_there(home: Document, stripped: Document) -> None:
    for declared, guessed in zip(home.operations, stripped.operations, strict=True):
        assert declared.role == guessed.role
        assert not guessed.allow or declared.allow == guessed.allow or guessed.allow == {"user"}
        assert (declared.pagination is None) == (guessed.pagination is None)
        if declared.pagination is not None and guessed.pagination is not None:
            ours, theirs = declared.pagination, guessed.pagination
            assert (ours.style, ours.place, ours.size) == (theirs.style, theirs.place, theirs.size)
            assert (ours.items, ours.total, ours.next) == (theirs.items, theirs.total, theirs.next)
            assert dict(ours.filters).keys() == dict(theirs.filters).keys()
