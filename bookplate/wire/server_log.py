"""What a server has printed while it answered a request: the reason of a server error."""

import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

MOST_BYTES = 20000
MOST_LINES = 8
PATIENCE = 0.5  # seconds: a server may print what went wrong after it has answered
EVERY = 0.02
TRACEBACK = "Traceback (most recent call last):"
MOST_IN_VAIN = 3  # waits, after which nobody waits any more: such a server prints nothing


# Gives what the server at a URL prints; None where the suite has not started it.
LogOf = Callable[[str], "ServerLog | None"]


def nothing_printed(url: str) -> None:
    """Say of every server that the suite has not started it."""
    del url


class ServerLog:
    """The file that a server prints to; one that is not there has nothing."""

    def __init__(self, path: Path, sleep: Callable[[float], None] = time.sleep) -> None:
        self.path = path
        self.sleep = sleep
        self.in_vain = 0

    @property
    def size(self) -> int:
        """How many bytes it has by now."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def since(self, size: int) -> str:
        """Return the last lines that the server has printed since the log had a size; empty where it printed nothing."""
        if not self.path.is_file():
            return ""
        deadline = time.monotonic() + (PATIENCE if self.in_vain < MOST_IN_VAIN else 0)
        known = self.size
        while known == size and time.monotonic() < deadline:
            self.sleep(EVERY)
            known = self.size
        if known == size:
            self.in_vain += 1
            return ""
        self.in_vain = 0
        # The rest of what has begun comes at once.
        self.sleep(EVERY)
        with self.path.open("rb") as stream:
            stream.seek(max(size, self.size - MOST_BYTES))
            text = stream.read(MOST_BYTES).decode("utf-8", "replace")
        return last_words(text)


def last_words(text: str) -> str:
    """Return the end of the last traceback in a log, of anything else its last lines; lines of JSON are unfolded."""
    before, _, traceback = "\n".join(map(unfolded, text.splitlines())).rpartition(TRACEBACK)
    lines = [line.rstrip() for line in (traceback or before).splitlines() if line.strip()]
    if not traceback:
        return "\n".join(lines[-MOST_LINES:])
    lines = [line for line in lines if line.strip(" ^~")]  # without the marks below the code
    # The exception is the first line that is not indented below one that is; what follows is another entry of the log.
    pairs = enumerate(itertools.pairwise(lines), 2)
    end = next(
        (number for number, (one, next_one) in pairs if one[0] in " \t" and next_one[0] not in " \t"), len(lines)
    )
    return "\n".join(lines[max(end - MOST_LINES, 0) : end])


def unfolded(line: str) -> str:
    """Return the member of a line of JSON that has several lines, such as a traceback; any other line as it is."""
    try:
        entry = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        return line
    members = entry.values() if isinstance(entry, dict) else ()
    long = next((each for each in members if isinstance(each, str) and "\n" in each), None)
    if long is None:
        return line
    return long if TRACEBACK in long else f"{TRACEBACK}\n{long}"
