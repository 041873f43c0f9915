"""Laws are silent on a service that leaves content out of answers, and whose things are not all read."""

import json
from pathlib import Path

from bookplate.cli import main
from tests.fakes.binders import DOCUMENT, Binders
from tests.fakes.serving import opened

from . import command

Verdicts = dict[tuple[str, str | None], tuple[str, str]]


def verdicts(service: Binders, folder: Path, *arguments: str) -> Verdicts:
    folder.mkdir(exist_ok=True)
    document = folder / "binders.json"
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    with opened(service) as url:
        main([url, "--document", str(document), "--output", str(folder / "out"), *arguments])
    found = command.read_report(folder / "out")["findings"]
    return {(each["rule"], each["operation"]): (each["verdict"], each["reason"]) for each in found}


def test_what_answers_leave_out_and_nobody_can_read_breaks_no_law(tmp_path: Path) -> None:
    laws = command.rules("STATE-01", "ROBUST-05", "SPEC-03")

    found = verdicts(Binders(), tmp_path, *laws)

    assert {pair for pair, (verdict, _) in found.items() if verdict == "failed"} == set()
    assert found["STATE-01", "put_sheet"][0] == "passed"
    assert found["STATE-01", "add_seal"] == (
        "not checked",
        "the document has no GET of what add_seal makes, at /sheets/{name}/seals/{seal} or elsewhere",
    )
    assert found["SPEC-03", "print"][0] == "passed"


def test_a_text_that_answers_leave_out_is_lost_all_the_same(tmp_path: Path) -> None:
    found = verdicts(Binders(forgets=True), tmp_path, *command.rules("STATE-01"))

    assert found["STATE-01", "put_sheet"][0] == "failed"


def test_a_thing_that_a_change_may_move_stays_where_it_is(tmp_path: Path) -> None:
    """What a run has moved it finds no more: its next run would meet it, and the runs after that would differ."""
    service = Binders()

    runs = [verdicts(service, tmp_path / str(number), *command.rules("ROBUST-08", "HTTP-04")) for number in range(2)]

    assert {runs[0][law, "move_sheet"][0] for law in ("ROBUST-08", "HTTP-04")} == {"passed"}
    assert runs[0] == runs[1]
    assert service.sheets == {}
