"""What was seen of the mutants: each play in build/, as it happens, and the last record beside this file."""

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import NormalDist

import yaml

FOLDER = Path(__file__).parent
RECORD = FOLDER / "record.json"
EQUIVALENT = FOLDER / "equivalent.yaml"
SURVIVORS = FOLDER / "survivors.yaml"
PLAYS = Path("build/mutants/plays.json")
SEED = 13
OF_ONE_PLAY = ("seconds", "operations", "errors")  # what the record leaves out
MOST_EQUIVALENT = 0.15  # of the sample


@dataclass
class Row:
    """
    What became of one mutant.

    `outcome` is "killed", "not served" where the server did not start or ended, "timeout" where the play was cut off, "no
    verdict" where the play itself went wrong, or "survived". `phase` says where: "laws" are the experiments at operations that run the line, "run" is a whole run. `played` laws
    at operations were tried, and for `left` there was no time; `unchecked` of those that were tried could not be checked.
    """

    name: str
    before: str
    after: str
    outcome: str = ""
    phase: str = ""
    law: str = ""
    operation: str = ""
    level: str = ""
    observed: str = ""
    seconds: float = 0
    played: int = 0
    left: int = 0
    unchecked: int = 0
    operations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def is_killed(self) -> bool:
        return self.outcome in ("killed", "not served")

    @property
    def is_decided(self) -> bool:
        """Whether nothing is left to be played."""
        return self.is_killed or self.phase == "run"


class Plays:
    """The rows that were played: a file that grows with each of them, so that a run can be resumed."""

    def __init__(self, path: Path = PLAYS) -> None:
        self.path = path
        told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        self.rows = {row.name: row for row in (Row(**each) for each in told)}

    def add(self, row: Row) -> None:
        self.rows[row.name] = row
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps([asdict(each) for each in self.rows.values()], indent=1) + "\n", encoding="utf-8")
        new.replace(self.path)

    def forget_survivors(self, names: Collection[str]) -> None:
        """Forget what survived among some mutants, so that it is played again."""
        self.rows = {name: row for name, row in self.rows.items() if row.is_killed or name not in names}

    def of(self, name: str, after: str) -> Row | None:
        """Return what was seen of a mutant; None where nothing was, or the code has changed since."""
        row = self.rows.get(name)
        return row if row is not None and row.after == after else None


def recorded() -> list[Row]:
    """Return the last record that is kept."""
    return [Row(**each) for each in json.loads(RECORD.read_text(encoding="utf-8"))] if RECORD.exists() else []


def keep(rows: Iterable[Row]) -> None:
    """Write the record: one line for each mutant, in the order of their files and lines."""
    lines = (
        json.dumps({name: value for name, value in asdict(row).items() if name not in OF_ONE_PLAY})
        for row in sorted(rows, key=place_of)
    )
    RECORD.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def place_of(row: Row) -> tuple[str, int, str]:
    file, line, _ = row.name.split(":", 2)
    return file, int(line), row.name


def read_table(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Return what people have written of mutants, by the name of each."""
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return found


def equivalent(rows: Iterable[Row]) -> set[str]:
    """Return the names of those that no client can tell from the reference, as a second reader has agreed."""
    table = read_table(EQUIVALENT)
    return {row.name for row in rows if row.name in table and table[row.name]["after"] == row.after}


def wilson(part: int, whole: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share, after Wilson (1927)."""
    if not whole:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    reach = z / (1 + z * z / whole) * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return middle - reach, middle + reach


def summary(rows: list[Row]) -> str:
    """Return what all rows say together, in one line."""
    counts = Counter(row.outcome for row in rows)
    killed = sum(row.is_killed for row in rows)
    low, high = wilson(killed, len(rows))
    share = f"{killed / len(rows):.0%}" if rows else "none"
    others = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    left = sum(not row.is_decided for row in rows)
    return f"{killed} of {len(rows)} killed: {share} ({low:.0%} to {high:.0%}); {others}; {left} without a whole run"
