"""What a run says to the user while it goes on."""

import sys
from collections.abc import Callable


class Messages:
    """Lines for the user, such as the credentials that were refused: printed at once, and kept for the reports."""

    def __init__(self, redacted: Callable[[str], str], *, are_printed: bool) -> None:
        self.lines: list[str] = []
        self._redacted = redacted  # returns a text without secrets
        self._are_printed = are_printed

    def say(self, line: str) -> None:
        """Print a line and keep it, unless it was said before."""
        line = self._redacted(line)
        if line in self.lines:
            return
        self.lines.append(line)
        if self._are_printed:
            print(f"bookplate: {line}", file=sys.stderr)
