"""The page of the extension keys: its examples are read without a mistake, and it leaves no key and no member out."""

import re
from pathlib import Path

import pytest
import yaml

from bookplate.contract.document import Document
from bookplate.contract.own_keys import invalid_keys
from bookplate.contract.validity import mistakes
from docs.x_keys import EXAMPLES, PLACES, SCHEMA, Keys

KEYS = Keys()
NAMES = KEYS.names()
PAGE = (EXAMPLES.parent / "x-keys.md").read_text(encoding="utf-8")


def beside_its_schema(content: str, folder: Path) -> Document:
    """Read a document that the schema of the keys lies beside, as a user's does."""
    (folder / SCHEMA.name).write_bytes(SCHEMA.read_bytes())
    (folder / "openapi.yaml").write_text(content, encoding="utf-8")
    return Document.load(folder / "openapi.yaml")


def complaints(document: Document) -> list[object]:
    """Return all that the suite has to say about a document."""
    return [*document.mistakes, *document.notices, *mistakes(document), *invalid_keys(document)]


def test_examples_are_read_without_a_mistake(tmp_path: Path) -> None:
    """The document of the examples is valid, its keys follow their schema, and they fit what they speak of."""
    assert complaints(beside_its_schema(EXAMPLES.read_text(encoding="utf-8"), tmp_path)) == []


@pytest.mark.parametrize(
    "right", ["owner: /owner_id", "style: page", "limit: 60", "counts: failures", "x-clears: cache"]
)
def test_a_wrong_example_is_found(tmp_path: Path, right: str) -> None:
    """A value that means nothing, in any of the examples, would be found."""
    content = EXAMPLES.read_text(encoding="utf-8")
    wrong = content.replace(right, f"{right.partition(':')[0]}: nonsense")

    assert wrong != content
    assert complaints(beside_its_schema(wrong, tmp_path)) != []


@pytest.mark.parametrize("key", NAMES)
def test_each_key_has_meaning_example_and_laws(key: str) -> None:
    """Each key has a section with what it means and an example at each of its places, and laws that need it."""
    section = PAGE.partition(f"\n## {key}\n")[2].partition("\n## ")[0]
    places = [place for place in PLACES if key in KEYS.definitions[place]["properties"]]

    assert [len(re.findall(rf"\*\*On {PLACES[place]}\.\*\* \w", section)) for place in places] == [1] * len(places)
    shown = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)]
    assert [[*one] for one in shown] == [[key]] * len(places)
    assert re.search(r"Laws that it switches on:\*\* \[[A-Z]+-\d\d\]\(rules", section)


def test_each_member_has_a_meaning() -> None:
    """Each row of a table says what its member means."""
    assert re.findall(r"^\| `.*\|\s*\|$", PAGE, re.MULTILINE) == []
    assert len(re.findall(r"^\| `", PAGE, re.MULTILINE)) > 60
