"""Mutants are drawn at lines that requests run, the same ones each time, and differ in one place from the reference."""

from .making import Module, mutant_of, sample

FILE = "impl/example.py"
TEXT = """\
import logging

log = logging.getLogger(__name__)


@cache("decorated")
def discounted(price: "int", share: int = 10) -> "int":
    log.info("asked for %s", price)
    if price > 100:
        return price - share
    return len(str(price))
"""
ALL = {str(number): ["buy"] for number in range(1, len(TEXT.splitlines()) + 1)}


def names(lines: dict[str, list[str]], text: str = TEXT) -> list[str]:
    return [place.name for place in Module(FILE, text).places(lines)]


def test_only_lines_that_requests_run_are_changed() -> None:
    """A comparison is changed where its line was run, and nowhere else."""
    found = names({"9": ["buy"]})
    assert f"{FILE}:9:12 swap_op 1" in found
    assert {name.split(":")[1] for name in found} == {"9"}


def test_annotations_decorators_and_the_log_are_left_alone() -> None:
    """No change says anything to a client there, or it is made when the module is imported."""
    found = {name.split(":")[1] for name in names({"6": ["buy"], "8": ["buy"], "11": ["buy"]})}
    assert not found


def test_a_mutant_differs_in_one_place() -> None:
    """The text of the mutant is the text of the file but for one line, and the mutant says which."""
    module = Module(FILE, TEXT)
    mutants = [mutant for place in module.places({"10": ["buy"]}) if (mutant := mutant_of(module, place))]
    assert [(mutant.before, mutant.after) for mutant in mutants] == [("return price - share", "return price + share")]
    assert mutants[0].text == TEXT.replace("price - share", "price + share")
    assert mutants[0].module == "impl.example"
    assert mutants[0].operations == ("buy",)


def test_the_place_in_the_draw_does_not_move_with_a_line_above() -> None:
    """A line that is added above changes neither the order of the draw nor what is drawn."""
    moved = "# A comment.\n" + TEXT
    lines = {str(number): ["buy"] for number in range(1, len(moved.splitlines()) + 1)}
    before = sorted(place.rank[0] for place in Module(FILE, TEXT).places(ALL))
    assert before == sorted(place.rank[0] for place in Module(FILE, moved).places(lines))


def test_a_greater_sample_has_the_smaller_one() -> None:
    """To draw more adds mutants and takes none away."""
    lines = {"impl/representation/cursors.py": {str(number): ["list_books_feed"] for number in range(1, 40)}}
    few, more = sample(lines, 3), sample(lines, 6)
    assert few == more[:3]
    assert len({(mutant.module, mutant.text) for mutant in more}) == 6
