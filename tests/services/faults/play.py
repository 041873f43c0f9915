"""Play the scenarios of this package: one line for each row, and all rows in a file."""

import importlib
import json
import pkgutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from ..private import MissingProgram
from .row import Row, Scenario

REPORT = Path("build/services/chaos.json")


def find_scenarios(names: list[str], *, are_quick: bool) -> list[tuple[str, Scenario]]:
    """
    Return the scenarios of every module in this package, or those that it calls QUICK, each with the module's name.

    Where there are names, only those of the named modules.
    """
    folder = str(Path(__file__).parent)
    modules = sorted(each.name for each in pkgutil.iter_modules([folder]))
    found: list[tuple[str, Scenario]] = []
    for name in modules:
        module = importlib.import_module(f"{__package__}.{name}")
        if not names or name in names:
            found += [(name, each) for each in getattr(module, "QUICK" if are_quick else "SCENARIOS", ())]
    return found


def play(names: list[str], *, are_quick: bool = False) -> int:
    """
    Play the scenarios and return the exit code: 1 if a row does not hold.

    Raises MissingProgram.
    """
    rows: dict[str, list[Row]] = {}
    began = time.monotonic()
    scenarios = find_scenarios(names, are_quick=are_quick)
    if not scenarios:
        print(f"services: no module of scenarios is called {' or '.join(names)}", file=sys.stderr)
        return 2
    for module, scenario in scenarios:
        for row in _rows_of(scenario):
            print(_line(row), flush=True)
            rows.setdefault(module, []).append(row)
    if not are_quick:
        keep(rows)
    seen = [row for known in rows.values() for row in known]
    failed = sum(not row.holds for row in seen)
    print(f"{len(seen)} rows, {failed} FAILED, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def keep(rows: Mapping[str, Sequence[Row]]) -> None:
    """Write the rows of modules that were played whole; those of other modules stay as they are."""
    known = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    known |= {module: [asdict(row) for row in each] for module, each in rows.items()}
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n", encoding="utf-8")


def _rows_of(scenario: Scenario) -> Iterator[Row]:
    # One scenario that breaks off must not hide what the others would show.
    with tempfile.TemporaryDirectory(prefix="bookplate-faults-") as folder:
        try:
            yield from scenario(Path(folder))
        except MissingProgram:
            raise
        except Exception as error:
            traceback.print_exc()
            yield Row(scenario.__name__, f"broke off: {type(error).__name__}: {error}", "its rows", False)


def _line(row: Row) -> str:
    return f"{'ok    ' if row.holds else 'FAILED'} {row.name}: {row.seen} (wanted: {row.wanted})"
