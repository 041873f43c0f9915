"""Which operations and laws are selected, and what is said of a name that is nearly right."""

import pytest

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.selection import selected_operations, selected_rules
from bookplate.target.config import SetUpError


def selected(document: Document, *include: str, exclude: tuple[str, ...] = ()) -> set[str]:
    return set(selected_operations(document.operations, (), include, exclude) or ())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("get_note", {"get_note"}),
        ("id:get_note", {"get_note"}),
        ("*_note", {"create_note", "get_note", "update_note", "delete_note"}),
        ("/notes", {"list_notes", "create_note"}),
        ("path:/notes/*", {"get_note", "update_note", "delete_note"}),
        ("DELETE", {"delete_note"}),
        ("method:delete", {"delete_note"}),
        ("method:GET path:/notes*", {"list_notes", "get_note"}),
        ("'method:GET' \"/notes/{note_id}\"", {"get_note"}),
    ],
)
def test_an_expression_selects_what_matches_each_of_its_words(
    document: Document, expression: str, expected: set[str]
) -> None:
    assert selected(document, expression) == expected


def test_several_expressions_add_up(document: Document) -> None:
    assert selected(document, "get_note", "list_notes") == {"get_note", "list_notes"}


def test_what_is_excluded_is_taken_from_what_is_included(document: Document) -> None:
    assert selected(document, "/notes/*", exclude=("DELETE",)) == {"get_note", "update_note"}


def test_without_an_inclusion_all_but_the_excluded_is_selected(document: Document) -> None:
    every = {operation.id for operation in document.operations}

    assert selected(document, exclude=("/notes*",)) == every - selected(document, "/notes*")


def test_nothing_selected_means_all(document: Document) -> None:
    assert selected_operations(document.operations, (), (), ()) is None


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("get_nots", "did you mean get_note?"),
        ("path:/note", "did you mean /notes?"),
        ("method:GETS", "did you mean GET?"),
        ("zzz", "no id, method, path or tag is near it"),
        ("operation:get_note", "there is no 'operation:', only id:, method:, path:, tag:"),
        ("method:DELETE path:/notes", "no operation matches all"),
        ("", "selects no operation"),
        ("'unclosed", "cannot be read"),
    ],
)
def test_an_expression_that_selects_nothing_is_told(document: Document, expression: str, told: str) -> None:
    with pytest.raises(SetUpError) as problem:
        selected(document, expression)

    assert told in str(problem.value)


def test_an_exclusion_that_leaves_nothing_is_told(document: Document) -> None:
    with pytest.raises(SetUpError, match="no operation is left"):
        selected(document, "get_note", exclude=("*",))


def test_rules_and_groups_are_found_in_any_case() -> None:
    catalogue = Catalogue.shipped()

    chosen = selected_rules(catalogue, ["page-01"], ["Health"])

    assert chosen == frozenset(["PAGE-01", *(law.id for law in catalogue if law.group == "HEALTH")])


@pytest.mark.parametrize(
    ("rules", "groups", "told"),
    [
        (["paeg-01"], [], "there is no rule paeg-01: did you mean PAGE-01?"),
        (["nonsense"], [], "there is no rule nonsense: --list shows all"),
        ([], ["cashe"], "there is no group cashe: did you mean CACHE?"),
        ([], ["nonsense"], "there is no group nonsense: groups are AUTH, "),
    ],
)
def test_a_wrong_name_of_a_law_is_told_with_the_nearest(rules: list[str], groups: list[str], told: str) -> None:
    with pytest.raises(SetUpError) as problem:
        selected_rules(Catalogue.shipped(), rules, groups)

    assert told in str(problem.value)
