"""What may be done to a target: read-only runs, budgets and rehearsals, on a service that remembers every request."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookplate.cli import main
from tests.fakes.kiosk import DOCUMENT, Kiosk, kiosk

from . import command


@pytest.fixture(name="service")
def _service() -> Iterator[Kiosk]:
    with kiosk() as service:
        yield service


@pytest.fixture(name="check")
def _check(tmp_path: Path, service: Kiosk) -> "Check":
    document = tmp_path / "stamps.json"
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return Check(service, document, tmp_path / "out")


class Check:
    """Runs the command on the service; `reasons` are those of what was not checked."""

    def __init__(self, service: Kiosk, document: Path, output: Path) -> None:
        self.service = service
        self.document = document
        self.output = output

    def __call__(self, *arguments: str) -> int:
        files = ("--document", str(self.document), "--output", str(self.output))
        return main([self.service.url, *files, *arguments])

    @property
    def failures(self) -> int:
        return [each["verdict"] for each in command.read_report(self.output)["findings"]].count("failed")

    @property
    def reasons(self) -> dict[tuple[str, str | None], str]:
        findings = command.read_report(self.output)["findings"]
        return {(each["rule"], each["operation"]): each["reason"] for each in findings}


def test_a_read_only_run_sends_nothing_that_writes(check: Check, service: Kiosk) -> None:
    kept = dict(service.stamps)

    check("--read-only", "--max-examples", "1")

    assert {"GET"} <= service.methods <= {"GET", "HEAD", "OPTIONS"}
    assert service.stamps == kept
    assert check.reasons["STATE-01", "create_stamp"] == "--read-only: it needs a POST"
    assert check.reasons["SPEC-04", "delete_stamp"] == "--read-only: it needs a DELETE"
    assert "--read-only" in check.reasons["ROBUST-06", "list_stamps"]


def test_no_more_requests_are_sent_than_were_allowed(check: Check, service: Kiosk) -> None:
    code = check("--max-requests", "30")

    assert code == 3
    assert len(service.sent) <= 30
    assert check.reasons["STATE-06", "delete_stamp"] == "requests: --max-requests were used up"


def test_what_was_not_reached_in_time_is_not_checked(check: Check) -> None:
    code = check("--time-budget", "0.05")

    assert code in (1, 3)
    assert check.reasons["STATE-06", "delete_stamp"] == "time: --time-budget was used up"


def test_a_rehearsal_sends_nothing(check: Check, service: Kiosk, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--dry-run") == 0

    told = capsys.readouterr().out
    assert service.sent == []
    assert not check.output.exists()
    assert "writes: 1 operation " in told
    assert "  POST    /stamps  (create_stamp)\n" in told
    assert "deletes: 1 operation " in told
    assert "  DELETE  /stamps/{stamp_id}  (delete_stamp)\n" in told
    assert "items to try on are made by: create_stamp\n" in told


def test_the_rehearsal_of_a_read_only_run_writes_nothing(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    check("--dry-run", "--read-only")

    told = capsys.readouterr().out
    assert "writes: 0 operations " in told
    assert "deletes: 0 operations " in told
    assert "floods: 0 operations " in told
    assert "made by" not in told


def test_a_host_of_the_settings_may_be_read_from_and_not_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "bookplate.toml"
    settings.write_text('hosts = ["staging.invalid"]\n', encoding="utf-8")
    document = tmp_path / "stamps.json"
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    arguments = ["http://staging.invalid", "--config", str(settings), "--document", str(document), "--dry-run"]

    assert main([*arguments, "--read-only"]) == 0
    capsys.readouterr()
    assert main(arguments) == 2

    assert "the suite writes, deletes and floods" in capsys.readouterr().err


@pytest.mark.nightly  # at every change test_pytest_plugin shows that the first failure stops the run
def test_the_first_failure_can_be_the_last(check: Check) -> None:
    """The document promises a media type that no answer has, at two operations."""
    promised = check.document.read_text(encoding="utf-8").replace("application/json", "application/stamp+json")
    check.document.write_text(promised, encoding="utf-8")

    assert check("--rule", "schema-02", "--max-examples", "1") == 1
    assert check.failures > 1
    assert check("--rule", "schema-02", "--max-examples", "1", "--fail-fast") == 1
    assert check.failures == 1


def test_a_quiet_run_shows_failures_and_the_end_alone(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    check("--quiet", "--rule", "state-03", "--rule", "state-01")

    told = capsys.readouterr().out
    assert "STATE-01" not in told
    assert "n.c." not in told
    assert [line.partition(":")[0] for line in told.splitlines()] == ["passed", "next", "report"]


def test_colours_are_written_on_demand(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    check("--color", "always", "--rule", "state-01")

    assert "\x1b[32mpassed\x1b[0m: 1 passed" in capsys.readouterr().out


@pytest.mark.nightly  # at every change no more requests are sent than were allowed
def test_what_was_generated_before_the_limit_is_judged(check: Check) -> None:
    check("--max-requests", "60", "--max-examples", "4", "--group", "schema", "--rule", "robust-01")

    verdicts = {(each["rule"], each["verdict"]) for each in command.read_report(check.output)["findings"]}
    assert {("SCHEMA-01", "passed"), ("ROBUST-01", "passed")} <= verdicts
    assert ("CAMPAIGN", "error") not in verdicts
