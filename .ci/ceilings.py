"""The house's sizes: no file passes its ceiling, and how large each part has grown is said each time."""

import sys
from collections.abc import Iterable
from pathlib import Path

FILE_LINES = 250
FOLDERS = ["impl", "contract_tests", "tests", "examples", "benchmarks", ".ci"]
# Past one of these something is removed, or docs/decisions.md says why not: a judgement, so it is shown and not enforced.
PARTS = {
    "impl": (["impl"], 3000),
    "the suite's engine": (["contract_tests"], 1500),
    "rules with their faults": (["contract_tests/rules"], 3000),
}


def count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def sources(folder: str) -> Iterable[Path]:
    inside = [part for folders, _ in PARTS.values() for part in folders if part.startswith(f"{folder}/")]
    paths = Path(folder).rglob("*.py")
    return sorted(path for path in paths if not path.as_posix().startswith(tuple(f"{part}/" for part in inside)))


def sizes() -> Iterable[str]:
    for name, (folders, ceiling) in PARTS.items():
        lines = sum(count_lines(path) for folder in folders for path in sources(folder))
        yield f"{name}: {lines} of {ceiling} lines{', OVER' if lines > ceiling else ''}"


def long_files() -> Iterable[str]:
    for path in sorted(path for folder in FOLDERS for path in Path(folder).rglob("*.py")):
        if (lines := count_lines(path)) > FILE_LINES:
            yield f"{path}: {lines} lines, the ceiling is {FILE_LINES}"


if __name__ == "__main__":
    complaints = list(long_files())
    print("\n".join([*sizes(), *complaints]))
    sys.exit(bool(complaints))
