"""What the bench has to say: a table for people, the same with every round for machines."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from .servers import BenchError

PACKAGES = ("connexion", "flask", "fastapi", "pydantic", "sqlalchemy", "uvicorn", "uvloop", "httptools", "h11")
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
HEAD = (
    "| work | reference, requests/s | FastAPI, requests/s | ratio | reference p50 / p99, ms | FastAPI p50 / p99, ms "
    "| reference CPU, µs | FastAPI CPU, µs |\n|---|---:|---:|---:|---:|---:|---:|---:|\n"
)


@dataclass(frozen=True)
class Round:
    """One run of one case on one server; `load` is the share of its core that the generator needed."""

    requests: int
    rate: float
    p50: float
    p99: float
    cpu: float
    load: float


@dataclass(frozen=True)
class Row:
    """A case with all rounds of both servers."""

    case: str
    title: str
    reference: list[Round]
    peer: list[Round]

    @property
    def ratio(self) -> float:
        """How many requests the reference answers in the time of one of the peer's: the median of the rounds."""
        return median(own.rate / other.rate for own, other in zip(self.reference, self.peer, strict=True))

    @property
    def is_bounded_by_load(self) -> bool:
        """Tell whether the generator rather than the server may have set the pace."""
        return any(each.load > 0.85 for each in [*self.reference, *self.peer])


def table(rows: list[Row]) -> str:
    """Write the table."""
    return HEAD + "".join(_line(row) for row in rows)


def page(rows: list[Row], seconds: float, books: int) -> str:
    """Write the table with what a reader must know to judge it."""
    packages = ", ".join(f"{name} {number}" for name, number in _versions().items())
    rounds = len(rows[0].reference)
    about = (
        f"\n{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{packages}. Medians of {rounds} interleaved rounds of {seconds:g} s each, 16 keep-alive connections, {books} books; "
        "server on one core, load generator on another. CPU is the server's, per request."
    )
    doubt = "\n`*` The load generator was near its own limit: the server may be faster."
    return table(rows) + about + (doubt if any(row.is_bounded_by_load for row in rows) else "") + "\n"


def save(folder: Path, rows: list[Row], text: str, seconds: float, books: int) -> None:
    """Write `bench.md` and `bench.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(text)
    whole = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "versions": _versions(),
        "seconds": seconds,
        "books": books,
        "rows": [asdict(row) | {"ratio": row.ratio} for row in rows],
    }
    (folder / "bench.json").write_text(json.dumps(whole, indent=2) + "\n")


def frame(file: Path) -> tuple[str, str]:
    """
    Return what stands in a page before and after its table.

    Raises BenchError where the markers are missing.
    """
    before, begin, rest = file.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchError(f"{file} lacks the markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n", f"{END}{after}"


def _line(row: Row) -> str:
    cells = [row.title + (" *" if row.is_bounded_by_load else "")]
    cells += [f"{_median(rounds, 'rate'):.0f}" for rounds in (row.reference, row.peer)]
    cells += [f"{row.ratio:.2f}"]
    cells += [f"{_median(rounds, 'p50'):.1f} / {_median(rounds, 'p99'):.1f}" for rounds in (row.reference, row.peer)]
    cells += [f"{_median(rounds, 'cpu'):.0f}" for rounds in (row.reference, row.peer)]
    return f"| {' | '.join(cells)} |\n"


def _median(rounds: list[Round], name: str) -> float:
    return float(median(getattr(each, name) for each in rounds))


def _versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}
