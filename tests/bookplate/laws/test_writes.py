"""What a write does: laws are silent of honest tools in each style, and find what each kind of defect does to an item."""

from pathlib import Path

import pytest

from bookplate.fixtures.actions import says_it_is
from tests.fakes.tools import ACCOUNTS, STYLES, Tools, document

from .trial import trial_of

LAWS = ("STATE-01", "STATE-02", "STATE-04", "COND-01", "ERR-04", "ROBUST-05", "SCHEMA-05", "SCHEMA-06")

# A deletion without content and conditions has nothing in it that could be wrong, nor has a search for any text.
NOTHING_TO_REFUSE = {
    ("ERR-04", "delete_tool"): "nothing was judged",
    ("SCHEMA-06", "list_tools"): "nothing was judged",
}


@pytest.mark.parametrize("style", STYLES)
def test_an_honest_service_keeps_every_law_of_writes(style: str, tmp_path: Path) -> None:
    with trial_of(Tools(style), document(style), ACCOUNTS, tmp_path) as trial:
        said = {(law, operation): text for law in LAWS for operation, text in trial(law).items()}

    assert {key: text for key, text in said.items() if text != "passed"} == NOTHING_TO_REFUSE


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("defect", "law", "operation", "observed"),
    [
        ("all are written", "STATE-02", "put_tool", "a write to one item has changed"),
        ("another is written", "STATE-02", "put_tool", "after PUT"),
        ("another is written", "STATE-02", "patch_tool", "after PATCH"),
        ("empty is kept", "STATE-02", "put_tool", "has its old value after a PUT without it"),
        ("a change empties the rest", "STATE-02", "patch_tool", "after PATCH"),
        ("the retired are changed", "STATE-02", "put_tool", "guess: what is retired is changed"),
        ("the retired are changed", "STATE-02", "patch_tool", "guess: what is retired is changed"),
        ("numbers may be texts", "SCHEMA-05", "make_tool", "as the text"),
        ("numbers may be texts", "SCHEMA-05", "patch_tool", "as the text"),
        ("what no tool has is dropped", "SCHEMA-06", "make_tool", "additionalProperties"),
        ("what no tool has is dropped", "SCHEMA-06", "patch_tool", "additionalProperties"),
        ("what is too heavy is lighter", "SCHEMA-06", "put_tool", "maximum of "),
        ("its owner's read opens it again", "STATE-04", "get_tool", "has undone what POST /tools/"),
        ("its owner's read opens it again", "STATE-04", "get_label", "has undone what POST /tools/"),
        ("a text is cut", "ROBUST-05", "make_tool", "notes' was sent as"),
        ("a text is cut", "ROBUST-05", "patch_tool", "notes' was sent as"),
        ("the last day is lost", "ROBUST-05", "put_tool", "bought' was sent as"),
        ("equal marks are one", "ROBUST-05", "make_tool", "marks' was sent as"),
        ("the search is a pattern", "ROBUST-05", "list_tools", "answered 500"),
        ("the label is latin", "ROBUST-05", "make_tool", "what was written is accepted, and then GET /tools"),
        ("the label is latin", "ROBUST-05", "put_tool", "what was written is accepted, and then GET /tools"),
    ],
)
def test_a_defect_of_writes_is_found(
    style: str, defect: str, law: str, operation: str, observed: str, tmp_path: Path
) -> None:
    with trial_of(Tools(style, defect), document(style), ACCOUNTS, tmp_path) as trial:
        said = trial(law)

    assert observed in said[operation], said


@pytest.mark.parametrize(
    ("defect", "operations"),
    [
        ("the tag forgets the marks", {"put_tool", "patch_tool"}),
        ("the tag forgets the keeper", {"get_tool"}),
        ("the tag forgets the state", {"get_tool"}),
    ],
)
def test_a_tag_that_stays_is_found(defect: str, operations: set[str], tmp_path: Path) -> None:
    with trial_of(Tools("wrapped", defect), document("wrapped"), ACCOUNTS, tmp_path) as trial:
        said = trial("COND-01")

    found = {operation for operation, text in said.items() if "one strong ETag for two contents" in text}
    assert found >= operations, said


@pytest.mark.parametrize("has_filter", [True, False])
def test_what_is_made_although_it_is_refused_is_found_with_a_filter_and_without(
    has_filter: bool, tmp_path: Path
) -> None:
    promised = document()
    if not has_filter:
        del promised["paths"]["/tools"]["get"]["x-pagination"]["filters"]

    with trial_of(Tools(), promised, ACCOUNTS, tmp_path) as trial:
        honest = trial("ERR-04")
    with trial_of(Tools(defect="the refused are made"), promised, ACCOUNTS, tmp_path) as trial:
        said = trial("ERR-04")

    assert {name for name, text in honest.items() if text == "passed"} == {"make_tool", "put_tool", "patch_tool"}, (
        honest
    )
    assert "and the write had an effect" in said["make_tool"]


@pytest.mark.parametrize(
    ("words", "is_said"),
    [
        ("The tool is retired.", True),
        ("It was already Retired", True),
        ("The name is taken by a retired tool.", False),
        ("It is not retired yet.", False),
        ("It is retiredly so.", False),
        ("", False),
    ],
)
def test_a_conflict_says_a_state_in_words(words: str, is_said: bool) -> None:
    assert says_it_is(words, "retired") is is_said
