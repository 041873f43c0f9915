"""After the end of `--time-budget` hardly a request is sent, and what is left on the service is told."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from bookplate.fixtures.clearing import MOST_SECONDS_LATE
from tests.fakes.fragile import Fragile
from tests.fakes.serving import opened

from . import command

MAKING = command.rules("STATE-01", "STATE-02")


@dataclass
class Slow:
    """Things behind a service that takes `seconds` for an answer, and answers 429 to all that is deleted where it is `busy`."""

    seconds: float = 0.0
    busy: bool = False
    things: Fragile = field(
        default_factory=lambda: Fragile(known={"ada": "token-of-ada", "ben": "token-of-ben"}, signs_up=False)
    )
    came: list[float] = field(default_factory=list)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], Any]:
        with self.lock:
            self.came.append(time.monotonic())
            time.sleep(self.seconds)
            if self.busy and method == "DELETE":
                self.refused += 1
                return 429, {"Retry-After": "45"}, {"detail": "later"}
            token = headers.get("authorization", "").removeprefix("Bearer ")
            status, content = self.things.answer(method.replace("HEAD", "GET"), target.partition("?")[0], token, body)
            return status, {}, content

    def came_after(self, seconds: float) -> int:
        """Return how many requests came when this time was over, counted from the first of all."""
        return sum(each > self.came[0] + seconds for each in self.came)


@contextmanager
def checked(service: Slow, folder: Path, *arguments: str) -> Iterator[int]:
    """Run the command on a service, and yield its exit code while the service is still there."""
    settings, document = folder / "bookplate.toml", folder / "things.json"
    settings.write_text('accounts = {a = "token-of-ada", b = "token-of-ben"}\n', encoding="utf-8")
    document.write_text(json.dumps(service.things.document), encoding="utf-8")
    files = ("--document", str(document), "--config", str(settings), "--output", str(folder / "out"))
    with opened(service) as url:
        yield main([url, *files, *arguments])


def things_in(journal: Path) -> set[str]:
    lines = journal.read_text(encoding="utf-8").splitlines()[1:] if journal.exists() else []
    return {json.loads(line)["at"] for line in lines}


def test_nobody_waits_beyond_the_budget_to_delete_what_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Slow(busy=True)

    with checked(service, tmp_path, *MAKING, "--time-budget", "20"):
        told = capsys.readouterr().err
        left = set(service.things.things)

        assert left
        assert f"{len(left)} made by the run are left on the service: there was no time to delete it" in told
        assert f"`bookplate clean {tmp_path / 'out'}`" in told
        assert things_in(tmp_path / "out/journal.jsonl") == {f"/things/{number}" for number in left}
        service.busy = False
        assert main(["clean", str(tmp_path / "out")]) == 0
        assert service.things.things == {}


def test_deleting_goes_on_for_little_time_after_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bookplate.run.cleanup.MOST_SECONDS_LATE", 0.5)
    service = Slow(seconds=0.1)

    with checked(service, tmp_path, *MAKING, "--time-budget", "1"):
        # The one that was under way, and those that half a second is enough for.
        assert service.came_after(1) <= 1 + 5 + 1
        assert things_in(tmp_path / "out/journal.jsonl") == {f"/things/{number}" for number in service.things.things}


def test_a_run_that_is_interrupted_leaves_to_its_journal_what_takes_long_to_delete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bookplate.run.cleanup.MOST_SECONDS_LATE", 0.5)
    service = Slow()
    enough = 2

    def interrupted(*given: Any) -> Any:
        if len(service.things.things) >= enough and not service.busy:
            service.busy = True
            signal.raise_signal(signal.SIGTERM)
        return answer(*given)

    answer = service.things.answer
    monkeypatch.setattr(service.things, "answer", interrupted)

    with checked(service, tmp_path, *MAKING) as code:
        told = capsys.readouterr().err
        left = set(service.things.things)

        assert (code, len(left) >= enough) == (130, True)
        assert f"{len(left)} made by the run are left on the service: there was no time to delete it" in told
        assert things_in(tmp_path / "out/journal.jsonl") == {f"/things/{number}" for number in left}


@pytest.mark.nightly  # the tests above hold each part of it
def test_a_run_with_generated_requests_ends_with_its_budget(tmp_path: Path) -> None:
    service = Slow(seconds=0.2)

    with checked(service, tmp_path, "--time-budget", "8"):
        # One request under way, and both the process and its generator may delete for some seconds.
        assert service.came_after(8) <= 1 + 2 * (MOST_SECONDS_LATE / service.seconds + 1)
