"""
Refused requests that are valid by schemathesis and break a schema by our own reading, so that nobody judges them.

One of both readings is wrong. Left out without a word, such requests would hide a service that refuses valid ones.
"""

from collections import Counter

from ..wire.exchange import Exchange

ABOUT_STATE = (404, 409, 410, 412, 423)  # what a valid request may get for what the server holds


class Doubts:
    """Counts such requests by operation, and by the parameter that breaks its schema."""

    def __init__(self) -> None:
        self.counted: dict[str, Counter[str]] = {}

    def note(self, answer: Exchange, operation_id: str, parameter: str) -> None:
        """Count an answer that refuses what was sent."""
        if answer.status >= 400 and answer.status not in ABOUT_STATE:
            self.counted.setdefault(operation_id, Counter())[parameter] += 1

    def words(self, rule_id: str) -> dict[tuple[str, str], str]:
        """Return what a rule leaves out, by the rule and each operation."""
        found = {}
        for operation_id, counted in self.counted.items():
            names = ", ".join(sorted(counted))
            words = f"refused requests with a parameter that breaks its schema ({names}): {counted.total()}"
            found[rule_id, operation_id] = words
        return found
