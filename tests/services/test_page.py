"""The page of what happens when something fails."""

from .faults.play import find_scenarios
from .faults.row import Row
from .page import rows, table


def test_a_row_that_does_not_hold_stands_out() -> None:
    written = list(table([Row("F04 a | b", "1 lost", "none < 1", False), Row("control: F04", "2 lost", "some", True)]))

    assert "2 rows, 1 of them not as wanted." in written[0]
    assert written[3:] == ["| F04 a \\| b | 1 lost | none &lt; 1 | **no** |", "| *control:* F04 | 2 lost | some | ok |"]


def test_all_of_the_last_run_was_as_wanted() -> None:
    assert [row.name for row in rows() if not row.holds] == []


def test_what_is_quick_is_among_all() -> None:
    quick, whole = find_scenarios([], are_quick=True), find_scenarios([], are_quick=False)

    assert {*quick} < {*whole}
    assert find_scenarios(["backup"], are_quick=True)
    assert not find_scenarios(["nothing"], are_quick=False)
