"""If-Match and If-None-Match, as RFC 9110 section 13 defines them."""

import pytest

from impl.problems import InvalidPrecondition, PreconditionFailed, PreconditionRequired, Problem
from impl.representation.preconditions import matches, require_match, strong_tag

from ..people import Person, add_book

NOW = '"now"'
HELD = [
    NOW,
    "*",
    " * ",
    '"other", "now"',
    '"other","now"',
    f" {NOW}\t",
    'W/"other", "now"',
    '"a,b", "now"',
    '"", "now"',
]
MALFORMED = [
    "",
    "now",
    '"now',
    'now"',
    "'now'",
    '"now" "other"',
    '"n ow"',
    '"n\tow"',
    'w/"now"',
    'W/ "now"',
    '*, "now"',
]
MALFORMED += ['"now", *', '"now";', '"now"x', '"no\x7fw"', '"now"\n', f'"{"x" * 255}"']
FAILED = ['"other"', 'W/"now"', '"NOW"', '"other", W/"now"', '""', '"now,other"', f'"{"x" * 254}"', '"\xfc"']


@pytest.mark.parametrize("condition", HELD)
def test_condition_holds(condition: str) -> None:
    """A condition that names the present tag, or any tag at all, holds."""
    require_match(condition, NOW)


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (None, PreconditionRequired),
        *((condition, InvalidPrecondition) for condition in MALFORMED),
        *((condition, PreconditionFailed) for condition in FAILED),
    ],
)
def test_condition_is_refused(condition: str | None, problem: type[Problem]) -> None:
    """Absent is 428, malformed 400, false 412; a weak tag never matches."""
    with pytest.raises(problem):
        require_match(condition, NOW)


@pytest.mark.parametrize("condition", [", ".join(['"x"', "", NOW]), f",{NOW}", f"{NOW},"])
def test_empty_list_elements_are_ignored(condition: str) -> None:
    """A recipient ignores empty elements of a list (RFC 9110, section 5.6.1.2)."""
    require_match(condition, NOW)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (NOW, True),
        ('W/"now"', True),
        ("*", True),
        ('"other", "now"', True),
        ('"other"', False),
        ("now", False),
        ("", False),
    ],
)
def test_conditional_read(condition: str, expected: bool) -> None:
    """If-None-Match compares weakly; what is no tag matches nothing."""
    assert matches(condition, NOW) is expected


def test_tags_are_strong_and_stand_for_bytes() -> None:
    """Equal bytes have equal tags, other bytes others, and no tag is weak."""
    assert strong_tag(b"a") == strong_tag(b"a") != strong_tag(b"b")
    assert strong_tag(b"a").startswith('"')


@pytest.mark.parametrize(
    ("field", "status", "code"),
    [
        (None, 428, "precondition_required"),
        ("If-Match: nonsense", 400, "invalid_precondition"),
        ("If-Match: ", 400, "invalid_precondition"),
        (f'If-Match: "{"x" * 300}"', 400, "invalid_precondition"),
        ('If-Match: "other"', 412, "precondition_failed"),
        ("If-Match: W/{tag}", 412, "precondition_failed"),
        ("If-Match: *", 200, None),
        ("If-Match: {tag}", 200, None),
        ('If-Match: "other", {tag}', 200, None),
        ('If-Match: "other"\r\nIf-Match: {tag}', 200, None),
    ],
)
def test_update_needs_the_tag(person: Person, field: str | None, status: int, code: str | None) -> None:
    """An update is made only with a condition that holds."""
    added = add_book(person.client)
    target, tag = f"/api/books/{added.json()['id']}", added.header("ETag") or ""
    fields = [field.replace("{tag}", tag)] if field else []
    answer = person.client.ask("PATCH", target, {"price": "1.00"}, *fields)

    assert (answer.status, answer.code) == (status, code)
    assert person.client.ask("GET", target).json()["price"] == ("1.00" if status == 200 else "9.99")


def test_patch_that_changes_nothing_keeps_the_tag(person: Person) -> None:
    """A patch to what is there already changes neither tag nor time."""
    added = add_book(person.client)
    target = f"/api/books/{added.json()['id']}"
    answer = person.client.ask("PATCH", target, {"price": "9.99"}, f"If-Match: {added.header('ETag')}")

    assert (answer.status, answer.header("ETag")) == (200, added.header("ETag"))
    assert answer.json() == added.json()
