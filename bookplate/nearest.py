"""Names that were written nearly right."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return how a message about an unknown name ends: with the nearest known one, or `otherwise` where none is near."""
    by_lower_case = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower_case, 1, 0.6)
    return f"did you mean {by_lower_case[found[0]]}?" if found else otherwise
