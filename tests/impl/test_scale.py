"""The bench of very many books says how its costs grow."""

import pytest

from benchmarks.scale import exponent, main, table

SIZES = [1000, 10_000, 100_000]


@pytest.mark.parametrize(("costs", "expected"), [([5.0, 5.0, 5.0], 0), ([1.0, 10.0, 100.0], 1), ([1.0, 100.0, 1e4], 2)])
def test_exponent_is_that_of_the_size(costs: list[float], expected: float) -> None:
    """What costs the same has 0, what is read whole has 1, and what is compared with all others has 2."""
    assert exponent(SIZES, costs) == pytest.approx(expected)


def test_table_compares_the_last_size_with_the_first() -> None:
    """A row has its costs, their ratio and their exponent."""
    assert table(SIZES, {"list": [20.0, 25.0, 30.0]}).splitlines()[-1] == "| list | 20 | 25 | 30 | 1.50 | 0.09 |"


def test_bench_measures_each_case(capsys: pytest.CaptureFixture[str]) -> None:
    """A small run fills its stores and prints a row for each case that was asked for."""
    status = main(["--sizes", "1000,2000", "--seconds", "0.01", "--only", "genre"])

    rows = [line.split(" | ")[0] for line in capsys.readouterr().out.splitlines()]
    assert (status, rows[2:-1]) == (0, ["| list, genre", "| list, genre, sort=title", "| feed, genre"])


def test_server_that_cannot_be_reached_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a PostgreSQL the bench says so and measures nothing."""
    status = main(["--store", "postgresql", "--server", "postgresql://nobody@127.0.0.1:1/none"])

    assert (status, len(capsys.readouterr().err.splitlines())) == (2, 1)
