"""The tries that were recorded, the first of which is frozen."""

import json
from dataclasses import asdict
from pathlib import Path

from .results import Try, run_of

FOLDER = Path(__file__).parent / "tries"


def record(found: Try) -> None:
    """Write a try under its name; SystemExit where one of that name was recorded already."""
    number = len(list(FOLDER.glob("*.json"))) + 1
    if any(each.name == found.name for each in tries()):
        raise SystemExit(f"the try '{found.name}' was recorded already: give this one another name")
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{number:02}_{'_'.join(found.name.split())}.json"
    path.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")


def tries() -> list[Try]:
    """Return all tries, the first one first."""
    return [read(path) for path in sorted(FOLDER.glob("*.json"))]


def read(path: Path) -> Try:
    value = json.loads(path.read_text(encoding="utf-8"))
    runs = tuple(run_of(each) for each in value["runs"])
    return Try(value["name"], value["day"], value["commit"], runs)
