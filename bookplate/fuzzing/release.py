"""Which releases of schemathesis were tried, and what to say where another one lacks something."""

import re
from importlib.metadata import PackageNotFoundError, version

# The same range stands in pyproject.toml.
OLDEST, BELOW = (4, 31), (4, 33)


def is_tried(release: str) -> bool:
    """Whether a release, such as 4.32.5, is one that the engine was tried with."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", release)[:2])
    return OLDEST <= numbers < BELOW


def other_release(problem: Exception) -> str:
    """Return the line that says which release is installed, what it lacks, and which one has it."""
    try:
        installed = f"schemathesis {version('schemathesis')} is installed"
    except PackageNotFoundError:
        installed = "schemathesis is not installed"
    oldest, below = (".".join(map(str, numbers)) for numbers in (OLDEST, BELOW))
    reason = " ".join(str(problem).split())[:200]
    return (
        f"{installed} and lacks what generated requests need ({reason}): pip install 'schemathesis>={oldest},<{below}'"
    )
