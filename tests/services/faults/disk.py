"""
A disk that is full, with PostgreSQL and the logs of the service on it.

The disk is a small tmpfs in a mount namespace of a process of its own: nobody else sees it, and it goes with the process.
"""

import errno
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from .postgresql import ALLOWANCE, LATEST, Stage, staged, true_to_its_word
from .row import Row, Scenario
from .service import Answer, Load, between, counted, slowest

SIZE = "160m"
BLOCK = bytes(1 << 20)
SECONDS_BEFORE, SECONDS_FULL = 1.5, 4.0
SMALL_DISK = ("unshare", "--mount", "--propagation", "private")


def full(folder: Path) -> Iterator[Row]:
    """Play this module where a mount of its own is permitted, and say loudly where it is not."""
    if reason := why_not(folder):
        print(f"services: F08, a full disk, is NOT PLAYED: {reason}", file=sys.stderr)
        return
    command = [*SMALL_DISK, sys.executable, "-m", __name__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield Row(**json.loads(line))
    if process.returncode:
        raise RuntimeError(f"the process with the small disk ended with {process.returncode}")


def why_not(folder: Path) -> str | None:
    """Return why no small disk can be had here; None where one can."""
    if shutil.which(SMALL_DISK[0]) is None:
        return f"{SMALL_DISK[0]} is not installed"
    tried = subprocess.run([*SMALL_DISK, *mounting(folder)], capture_output=True, text=True, check=False)
    return tried.stderr.strip() or "it may not mount" if tried.returncode else None


def mounting(folder: Path) -> list[str]:
    return ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]


def main(folder: Path) -> None:
    """Put the small disk in place of a folder, which only this process and its children see, and print a row a line."""
    subprocess.run(mounting(folder), check=True)
    with staged(folder) as stage:
        for fault in (no_room_for_books, no_room_for_the_log):
            for row in fault(stage, folder):
                print(json.dumps(asdict(row)), flush=True)


def no_room_for_books(stage: Stage, folder: Path) -> Iterator[Row]:
    """No table can grow, while there is room in the log: what changes something is refused, and reads go on."""
    with Load(stage.user) as load:
        time.sleep(SECONDS_BEFORE)
        # What is left of this segment of the log may be little, and the next one could not be made.
        stage.postgresql.execute("SELECT pg_switch_wal()")
        time.sleep(0.5)
        before = time.monotonic()
        fill(folder)
        began = time.monotonic()
        time.sleep(SECONDS_FULL)
        ended = time.monotonic()
        free(folder)
        recovered = stage.seconds_until_written()
        time.sleep(1)
    writes = [answer for _, answer in load.writes]
    yield refused_or_done("F08 a full disk: writes meanwhile", between(writes, began, ended))
    reads = between(load.reads, began, ended)
    seen = f"{counted(reads)}, slowest {slowest(reads):.2f} s; health {counted(between(load.health, began, ended))}"
    holds = bool(reads) and all(read.status == 200 for read in reads) and slowest(reads) <= LATEST
    yield Row("F08 a full disk: reads meanwhile", seen, "200 within 2 s", holds)
    yield Row("F08 room again", f"a write after {recovered:.1f} s", "a write within 3 s", recovered < 3)
    restarted(stage)
    yield true_to_its_word("F08 a full disk, a crash, and what the log has: writes", load, stage)
    with_room = between(writes, 0, before)
    refused = sum(answer.status != 201 for answer in with_room)
    seen = f"{len(with_room)} writes, {refused} refused"
    yield Row("control: F08, with room on the disk", seen, "none refused", bool(with_room) and not refused)


def no_room_for_the_log(stage: Stage, folder: Path) -> Iterator[Row]:
    """PostgreSQL cannot begin the next segment of its log, and ends itself: everything is refused until it is started."""
    load, recovered = log_filled(stage, folder)
    answers = [answer for _, answer in load.writes] + load.reads
    yield refused_or_done("F08 a full disk of the log: answers", answers)
    seen = f"a write {recovered:.1f} s after it takes connections"
    yield Row("F08 room for the log again, PostgreSQL started", seen, "within 3 s", recovered < 3)
    yield true_to_its_word("F08 a full disk of the log: writes", load, stage)


def log_filled(stage: Stage, folder: Path) -> tuple[Load, float]:
    """Fill the disk where a segment of the log ends, and start PostgreSQL with room; return what clients saw, and when."""
    with Load(stage.user) as load:
        time.sleep(SECONDS_BEFORE)
        fill(folder)
        stage.postgresql.execute("SELECT pg_switch_wal()")
        time.sleep(SECONDS_FULL)
        free(folder)
        restarted(stage)
        recovered = stage.seconds_until_written()
        time.sleep(1)
    return load, recovered


def restarted(stage: Stage) -> None:
    """End PostgreSQL where it still runs, without a checkpoint, and wait until it has recovered from its log."""
    stage.postgresql.crash()
    stage.postgresql.start()
    stage.postgresql.connect().close()


def refused_or_done(name: str, answers: list[Answer]) -> Row:
    """Some requests are refused, in time and with a time to come again; the others are done as usual."""
    refused = [answer for answer in answers if answer.status not in (200, 201)]
    odd = [answer for answer in refused if answer.status != 503 or "retry-after" not in answer.fields]
    seen = f"{counted(answers)}, slowest {slowest(answers):.2f} s"
    holds = bool(refused) and not odd and slowest(answers) <= LATEST + ALLOWANCE
    return Row(name, seen, "done, or 503 with Retry-After, within 2 s", holds)


def fill(folder: Path) -> None:
    """Take all the room that is left."""
    try:
        with (folder / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(BLOCK)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def free(folder: Path) -> None:
    (folder / "ballast").unlink()


SCENARIOS: tuple[Scenario, ...] = (full,)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
