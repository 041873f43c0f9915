"""The sum of the JUnit files that are named on the command line, as one plain line; nothing executed is a failure."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


def tally(paths: list[Path]) -> dict[str, int]:
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in paths:
        for case in ElementTree.parse(path).iter("testcase"):
            counts[outcome(case)] += 1
    return counts


if __name__ == "__main__":
    counts = tally([path for name in sys.argv[1:] if (path := Path(name)).is_file()])
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    sys.exit(counts["passed"] == 0)
