"""expect.each: a law tries each of its subjects, also after one has failed."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from bookplate import NotChecked, Violation, expect
from bookplate.laws.notes import noted
from bookplate.wire import Exchange

LAWS = Path(__file__).parents[3] / "contract_tests"
COLORS = ("red", "green", "blue")


def answered(status: int) -> Exchange:
    return Exchange("list_colors", "GET", "http://127.0.0.1/colors", [], b"", status, [], b"")


class ColorLaw:
    """A law about colors: it remembers which it has tried, and raises for some of them what it is given."""

    def __init__(self, **problems: Exception) -> None:
        self.problems = problems
        self.tried: list[str] = []

    def try_each(self, colors: Iterable[str] = COLORS) -> None:
        for color, trial in expect.each(colors):
            with trial:
                self.tried.append(color)
                if color in self.problems:
                    raise self.problems[color]


def test_every_subject_is_tried_where_nothing_is_violated() -> None:
    law = ColorLaw()

    law.try_each()

    assert law.tried == ["red", "green", "blue"]


def test_no_subject_is_no_violation() -> None:
    ColorLaw(red=Violation("red is dark")).try_each(())


def test_a_single_violation_is_raised_as_it_is_after_all_subjects_were_tried() -> None:
    violation = Violation("green is dark", expected="a light color", exchanges=[answered(200)])
    law = ColorLaw(green=violation)

    with pytest.raises(Violation) as raised:
        law.try_each()

    assert raised.value is violation
    assert law.tried == ["red", "green", "blue"]


def test_of_several_violations_the_first_is_raised_with_all_others_behind_it() -> None:
    law = ColorLaw(
        red=Violation("red is dark", expected="a light red", exchanges=[answered(200)]),
        green=Violation("green is dark"),
        blue=Violation("blue is dark"),
    )

    with pytest.raises(Violation) as raised:
        law.try_each()

    assert raised.value.observed == "red is dark; also: green is dark; also: blue is dark"
    assert raised.value.expected == "a light red"
    assert [exchange.status for exchange in raised.value.exchanges] == [200]


def test_a_server_error_is_worse_than_what_came_before_it() -> None:
    law = ColorLaw(
        red=Violation("red is shown", exchanges=[answered(200)]),
        green=Violation("green crashes", exchanges=[answered(503)]),
        blue=Violation("blue crashes", exchanges=[answered(500)]),
    )

    with pytest.raises(Violation) as raised:
        law.try_each()

    assert raised.value.observed == "green crashes; also: red is shown; also: blue crashes"


def test_a_subject_that_cannot_be_tried_is_noted_where_others_are_as_they_should_be() -> None:
    with noted() as notes:
        ColorLaw(green=NotChecked("there is no green")).try_each()

    assert notes.not_tested == ["there is no green"]


def test_nothing_is_checked_where_no_subject_can_be_tried() -> None:
    law = ColorLaw(**{color: NotChecked(f"there is no {color}") for color in COLORS})

    with pytest.raises(NotChecked, match=r"^there is no red; there is no green; there is no blue$"):
        law.try_each()


def test_a_violation_counts_more_than_subjects_that_could_not_be_tried() -> None:
    law = ColorLaw(red=NotChecked("there is no red"), blue=Violation("blue is dark"))

    with pytest.raises(Violation, match=r"^blue is dark$"):
        law.try_each()


@pytest.mark.parametrize("problem", [Violation("no paint is left"), NotChecked("no paint is left")])
def test_a_violation_is_not_lost_where_the_next_subject_cannot_be_made(problem: Exception) -> None:
    def mixed() -> Iterator[str]:
        yield "red"
        raise problem

    law = ColorLaw(red=Violation("red is dark"))

    with pytest.raises(Violation, match=r"^red is dark"):
        law.try_each(mixed())


def test_a_mistake_of_the_law_itself_ends_it_at_once() -> None:
    law = ColorLaw(red=Violation("red is dark"), green=ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        law.try_each()

    assert law.tried == ["red", "green"]


def loops_over_trials(tree: ast.AST) -> Iterator[ast.For]:
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and ast.unparse(node.iter).startswith("expect.each("):
            yield node


def test_every_law_runs_its_trials_to_the_end() -> None:
    """Nothing would be raised after a `break` or a `return`, whatever was found."""
    early = []
    for file in sorted(LAWS.rglob("*.py")):
        for loop in loops_over_trials(ast.parse(file.read_text(encoding="utf-8"))):
            left = [node for node in ast.walk(loop) if isinstance(node, ast.Break | ast.Return)]
            early += [f"{file.name}:{node.lineno}" for node in left]

    assert early == []


def test_every_trial_of_a_law_is_entered() -> None:
    """What a loop does outside of its trial would end the law at the first violation."""
    outside = []
    for file in sorted(LAWS.rglob("*.py")):
        for loop in loops_over_trials(ast.parse(file.read_text(encoding="utf-8"))):
            if len(loop.body) != 1 or not isinstance(loop.body[0], ast.With):
                outside.append(f"{file.name}:{loop.lineno}")

    assert outside == []
