"""A run does not saw off its branch: users that it ends are made anew, and what ends them is named."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bookplate.cli import main
from tests.fakes.fragile import Fragile, served

from . import command


class Checked:
    """Runs the command on a service; what came of it is in `report`."""

    def __init__(self, service: Fragile, folder: Path) -> None:
        self.service = service
        self.folder = folder
        self.output = folder / "out"
        self.settings = folder / "bookplate.toml"
        self.settings.write_text("", encoding="utf-8")

    def __call__(self, *arguments: str) -> int:
        document = self.folder / "things.json"
        document.write_text(json.dumps(self.service.document), encoding="utf-8")
        files = ("--document", str(document), "--config", str(self.settings), "--output", str(self.output))
        return main([self.service.url, *files, *arguments])

    @property
    def report(self) -> command.Report:
        return command.read_report(self.output)

    @property
    def verdicts(self) -> dict[tuple[str, str | None], str]:
        return {(each["rule"], each["operation"]): each["verdict"] for each in self.report["findings"]}

    @property
    def reasons(self) -> dict[tuple[str, str | None], str]:
        return {(each["rule"], each["operation"]): each["reason"] for each in self.report["findings"]}


Begin = Callable[[Fragile], Checked]


@pytest.fixture(name="begin")
def _begin(tmp_path: Path) -> Iterator[Begin]:
    """Return a function that serves a service, and returns what checks it."""
    with ExitStack() as stack:
        yield lambda service: Checked(stack.enter_context(served(service)), tmp_path)


# ── Users ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_user_whom_an_operation_has_ended_is_signed_in_anew(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    check = begin(Fragile(traps=("/preferences",)))

    check(*command.rules("STATE-01", "STATE-02", "STATE-03", "SPEC-03"))

    told = capsys.readouterr().err
    assert told.count("PUT /preferences ended the session of A, who was signed in anew") == 1
    assert "failed" not in check.verdicts.values()
    assert check.verdicts["STATE-03", "delete_thing"] == "passed"


def test_a_law_that_ended_its_own_user_is_tried_once_more(begin: Begin) -> None:
    """The first try reads as somebody who is gone. The second one has a user that nobody else needs."""
    check = begin(Fragile(traps=("/preferences",)))

    check(*command.rules("SPEC-03"), "--operation", "set_colour", "--operation", "list_things")

    assert check.verdicts["SPEC-03", "list_things"] == "passed"
    assert check.verdicts["SPEC-03", "set_colour"] == "passed"


def test_a_given_user_who_cannot_be_had_again_is_done_without(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    check = begin(
        Fragile(traps=("/preferences",), known={"ada": "token-of-ada", "ben": "token-of-ben"}, signs_up=False)
    )
    check.settings.write_text('accounts = {a = "token-of-ada", b = "token-of-ben"}\n', encoding="utf-8")

    code = check(*command.rules("SPEC-03", "STATE-01", "STATE-03"))

    told = capsys.readouterr().err
    assert code == 3
    assert "failed" not in check.verdicts.values()
    assert told.count("PUT /preferences ended the session of A, and nobody can be signed in anew") == 1
    assert "PUT /preferences ended the session of A" in check.reasons["STATE-03", "delete_thing"]
    assert "token-of-ada" not in told


def test_a_service_that_lets_nobody_in_any_more_is_told_once(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    check = begin(Fragile(known={"ada": "token-of-ada", "ben": "token-of-ben"}, signs_up=False, lasts=26))
    check.settings.write_text('accounts = {a = "token-of-ada", b = "token-of-ben"}\n', encoding="utf-8")

    code = check(*command.rules("SPEC-03", "STATE-01", "STATE-02", "STATE-03"))

    told = capsys.readouterr().err
    assert code == 3
    assert told.count("the service answers 401 to everything") == 1
    assert "failed" not in check.verdicts.values()


# ── Reads that do more than read ──────────────────────────────────────────────────────────────────────────────────────
def test_gets_that_are_not_safe_are_found_first_and_never_called_again(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    check = begin(Fragile(traps=("/logout", "/maintenance")))

    check(*command.rules("SPEC-03", "STATE-01", "STATE-03"))

    told = capsys.readouterr().err
    assert "GET /logout is not safe: it ended the session of its caller" in told
    assert "GET /maintenance is not safe: it changes what GET /things" in told
    assert check.service.count("GET", "/logout") == 1
    assert check.service.count("GET", "/maintenance") == 3, "once among others, and twice to be sure"
    assert check.verdicts["SPEC-03", "maintain"] == "not checked"
    assert "GET /maintenance is not safe" in check.reasons["SPEC-03", "maintain"]
    assert check.verdicts["STATE-03", "delete_thing"] == "passed"


def test_a_read_only_run_calls_nothing_that_is_named_as_if_it_wrote(begin: Begin) -> None:
    check = begin(Fragile(traps=("/logout",), known={"ada": "token-of-ada"}, signs_up=False))
    check.settings.write_text('accounts = {a = "token-of-ada"}\n', encoding="utf-8")

    check("--read-only", *command.rules("SPEC-03"))

    assert check.service.count("GET", "/logout") == 0
    assert "this run does not try" in check.reasons["SPEC-03", "leave"]
    assert check.verdicts["SPEC-03", "list_things"] == "passed"


def test_few_requests_are_spent_on_reads_that_are_safe(begin: Begin) -> None:
    check = begin(Fragile())

    check(*command.rules("SPEC-03"), "--operation", "list_things")

    assert len(check.service.sent) < 25


# ── What is left alone ────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_the_settings_leave_alone_is_never_called(begin: Begin) -> None:
    check = begin(Fragile())
    check.settings.write_text('leave-alone = {operations = ["method:PUT path:/things/*"]}\n', encoding="utf-8")

    code = check(*command.rules("SPEC-03", "STATE-02", "STATE-03"))

    assert code == 3
    assert "PUT" not in {method for method, _ in check.service.sent}
    assert "[leave-alone]" in check.reasons["STATE-02", "replace_thing"]
    assert check.verdicts["STATE-03", "delete_thing"] == "passed"


def test_a_run_can_do_without_all_that_destroys(begin: Begin) -> None:
    check = begin(Fragile(traps=("/reset",)))

    code = check("--no-destructive", *command.rules("SPEC-03", "STATE-01", "STATE-03"))

    assert code == 3
    assert check.reasons["STATE-03", "delete_thing"] == "--no-destructive: it deletes"
    assert check.reasons["SPEC-03", "reset"] == "--no-destructive: its path says that it clears what is there"
    assert not {("POST", "/reset"), ("DELETE", "/things/1")} & set(check.service.sent)
    assert check.verdicts["STATE-01", "create_thing"] == "passed"
    assert "--no-destructive" in check.report["findings"][0]["again"]


def test_a_rehearsal_says_what_is_left_alone(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    check = begin(Fragile())

    assert check("--dry-run", "--no-destructive") == 0

    told = capsys.readouterr().out
    assert "left alone: 1 operation would never be sent" in told
    assert "deletes: 0 operations" in told
    assert "--no-destructive: it deletes" in told


@pytest.mark.parametrize("text", ["leave-alone = {}", "leave-alone = {operations = 'x'}", "leave-alone = {opera = []}"])
def test_a_mistake_below_leave_alone_is_told(begin: Begin, capsys: pytest.CaptureFixture[str], text: str) -> None:
    check = begin(Fragile())
    check.settings.write_text(f"{text}\n", encoding="utf-8")

    assert check() == 2
    assert "[leave-alone] has a list of operations" in capsys.readouterr().err


def test_what_is_left_alone_has_to_be_there(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    check = begin(Fragile())
    check.settings.write_text('leave-alone = {operations = ["delete_thin"]}\n', encoding="utf-8")

    assert check() == 2
    assert "delete_thing" in capsys.readouterr().err


def test_what_destroys_is_tried_last_and_never_again_where_it_ended_somebody(begin: Begin) -> None:
    """The document has it first."""
    check = begin(Fragile(traps=("/reset",)))

    check(*command.rules("SPEC-03", "STATE-03"))

    sent = check.service.sent
    assert sent.index(("POST", "/reset")) > sent.index(("GET", "/things"))
    assert sent.index(("POST", "/reset")) > sent.index(("PUT", "/things/987654321"))
    assert check.service.count("POST", "/reset") == 1
    assert check.verdicts["STATE-03", "delete_thing"] == "passed"


# ── The journal ───────────────────────────────────────────────────────────────────────────────────────────────────────
GIVEN = 'accounts = {a = "token-of-ada", b = "token-of-ben"}\n'
MAKING = command.rules("STATE-01", "STATE-02")


@pytest.fixture(name="given")
def _given(begin: Begin) -> Checked:
    """A service with two people whom the settings give."""
    check = begin(Fragile(known={"ada": "token-of-ada", "ben": "token-of-ben"}, signs_up=False))
    check.settings.write_text(GIVEN, encoding="utf-8")
    return check


def test_what_a_run_has_made_is_deleted_in_the_end(given: Checked) -> None:
    given(*MAKING)

    assert given.service.made > 0
    assert given.service.things == {}
    assert not (given.output / "journal.jsonl").exists()


def test_it_can_be_kept_and_deleted_later(given: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    given(*MAKING, "--keep")
    left = len(given.service.things)
    journal = (given.output / "journal.jsonl").read_text(encoding="utf-8")
    capsys.readouterr()

    code = main(["clean", str(given.output)])

    assert left > 0
    assert "token-of" not in journal
    assert json.loads(journal.splitlines()[1])["by"] == "A"
    assert code == 0
    assert capsys.readouterr().out.startswith(f"{left} deleted, 0 left on {given.service.url}")
    assert given.service.things == {}


def test_what_nobody_may_delete_any_more_is_told(given: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    given(*MAKING, "--keep")
    given.settings.write_text("", encoding="utf-8")
    capsys.readouterr()

    assert main(["clean", str(given.output)]) == 1

    told = capsys.readouterr().out
    assert "nobody who made it is there to call delete_thing" in told
    assert main(["clean", str(given.output), "--bearer", "token-of-ada"]) == 0
    assert given.service.things == {}


def test_without_a_journal_nothing_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", str(tmp_path)]) == 0
    assert "nothing is left" in capsys.readouterr().out


def test_a_run_that_is_interrupted_deletes_what_it_has_made(given: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    delete = Fragile.replace

    def interrupted(service: Fragile, number: int, content: dict[str, object] | None) -> object:
        signal.raise_signal(signal.SIGINT)
        return delete(service, number, content)

    monkeypatch.setattr(Fragile, "replace", interrupted)

    code = given(*MAKING)

    assert code == 130
    assert given.service.made > 0
    assert given.service.things == {}


def test_users_that_signed_up_delete_their_things_also_after_their_session(begin: Begin) -> None:
    check = begin(Fragile(traps=("/preferences",)))

    check(*MAKING, "--rule", "SPEC-03")

    assert check.service.made > 0
    assert check.service.things == {}


def test_what_its_maker_may_not_delete_is_tried_once_and_nobody_is_logged_in_for_it(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A service may refuse for what a thing holds: another token of the same person changes nothing."""
    monkeypatch.setattr(Fragile, "delete", lambda service, number: (409, {"detail": "it is not empty"}))
    check = begin(Fragile())

    check("--rule", "STATE-02")

    sent = check.service.sent
    deletions = [path for method, path in sent if method == "DELETE"]
    assert sorted(deletions) == sorted(f"/things/{number}" for number in check.service.things)
    assert ("POST", "/login") not in sent[sent.index(("DELETE", deletions[0])) :]
    assert "DELETE /things/{thing_id} answered 409" in capsys.readouterr().err


def test_somebody_whose_session_has_ended_is_logged_in_once_for_all_that_they_made(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete(service: Fragile, number: int) -> object:
        service.tokens.clear()
        return 401, {"detail": "nobody deletes"}

    monkeypatch.setattr(Fragile, "delete", delete)
    check = begin(Fragile())

    check("--rule", "STATE-02")

    sent = check.service.sent
    deleting = sent[sent.index(next(each for each in sent if each[0] == "DELETE")) :]
    makers = {check.service.owners[number] for number in check.service.things}
    assert len(check.service.things) > len(makers)
    assert 0 < deleting.count(("POST", "/login")) <= len(makers)


def test_nothing_is_deleted_where_nothing_may_be_destroyed(given: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    given(*MAKING, "--no-destructive")

    assert len(given.service.things) == given.service.made > 0
    assert "left on the service: --no-destructive: it deletes" in capsys.readouterr().err


@pytest.mark.nightly  # tests of the watch, the journal and deletion show its parts at every change
def test_a_second_run_without_a_reset_gives_the_same_verdicts(begin: Begin) -> None:
    check = begin(Fragile(traps=("/preferences", "/reset", "/logout")))
    laws = command.rules("SPEC-03", "STATE-01", "STATE-02", "STATE-03", "STATE-06", "AUTH-01", "ROBUST-06")

    first = (check(*laws), check.verdicts)
    second = (check(*laws), check.verdicts)

    assert first == second
    assert "failed" not in check.verdicts.values()
