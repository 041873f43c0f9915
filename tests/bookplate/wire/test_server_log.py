"""Of what a server prints, the end of the traceback is kept, and nobody waits for a server that prints nothing."""

import json
import threading
import time
from pathlib import Path

from bookplate.wire.server_log import ServerLog, last_words

FRAMES = "\n".join(f'  File "app.py", line {number}, in step\n    step({number})\n    ~~~~^^^' for number in range(9))
CRASH = f"Traceback (most recent call last):\n{FRAMES}\nZeroDivisionError: division by zero"


def test_the_end_of_a_traceback_is_kept_and_what_follows_it_is_not() -> None:
    words = last_words(f"INFO started\n{CRASH}\nINFO another request\n").splitlines()

    assert words[-1] == "ZeroDivisionError: division by zero"
    assert words[-3:-1] == ['  File "app.py", line 8, in step', "    step(8)"]
    assert len(words) == 8


def test_a_traceback_within_a_line_of_json_is_unfolded_also_where_its_start_is_cut() -> None:
    whole, cut = (json.dumps({"level": "ERROR", "exception": text}) for text in (CRASH, f"...{CRASH[60:]}"))

    for log in (whole, cut):
        assert last_words(f'{{"level": "INFO"}}\n{log}\n').splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_any_other_log_has_its_last_lines() -> None:
    assert last_words("\n".join(f"line {number}" for number in range(20))).splitlines() == [
        f"line {number}" for number in range(12, 20)
    ]


def test_what_is_printed_a_moment_after_the_answer_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text("before\n", encoding="utf-8")
    log = ServerLog(path)
    size = log.size

    def print_late() -> None:
        time.sleep(0.1)
        path.write_text("before\nit broke\n", encoding="utf-8")

    thread = threading.Thread(target=print_late)
    thread.start()
    try:
        assert log.since(size) == "it broke"
    finally:
        thread.join()


def test_a_server_that_prints_nothing_is_soon_waited_for_no_more(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.touch()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    log = ServerLog(path, sleep)

    assert [log.since(0) for _ in range(3)] == [""] * 3
    waits = len(slept)
    assert log.since(0) == ""
    assert len(slept) == waits


def test_a_log_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "none.log")

    assert (log.size, log.since(0)) == (0, "")
