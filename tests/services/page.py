"""The page of what happens when something fails, docs/reliability.md, and the run that it is made of."""

import json
from collections.abc import Iterator
from pathlib import Path

from .faults.row import Row

RECORD = Path(__file__).parent / "chaos.json"
INTRO = """\
Something fails, and the service is asked and written to all the while. Each row is a fault that was played on real
processes: the reference in production settings, PostgreSQL, Redis and nginx, all of them started, frozen and killed by
the run itself. A write counts as acknowledged when its client has got a 2xx; it is lost where no store has it later.

A row whose name begins with *control* is the same measure with a protection off. It shows that the figure above it can
be another one. Times are those of a machine with two cores on which everything runs at once, clients included.

```sh
tox -e services -- --chaos     # all of it, in about 12 minutes
tox -e services -- --quick     # what is short, in less than 4
tox -e services -- --record    # keeps what was seen of each module when it was played last
tox -e docs                    # writes this page
```

F08, a full disk, needs a mount of its own (`unshare`, as root). Where that is not permitted, the run says that it is
not played.
"""
ELSEWHERE = """\
## What other tests play

| fault | where |
|---|---|
| F06 the drain itself, second signals, what hangs | `tests/impl/server/test_stop.py` |
| F08 the disk of the log is full | `tests/impl/process/test_log_writing.py` |
| F09 clients that send a byte a second, half a body, or nothing | `tests/deploy/test_nginx.py`, with nginx |
| F11 what is too large | the laws ROBUST-03 and ROBUST-09, at every change |
| F12 what two servers read differently | `tests/impl/server/test_framing.py` |
| F22 a secret that is changed | `tests/impl/test_settings.py` |
| F24 unsafe settings | `tests/impl/test_settings.py` |

## What nobody plays

- F10, 10,000 connections at once. nginx takes 8,192 of each process, and 512 of one address.
- F13, a clock that steps: nothing here sets a clock.
- F21, half an hour of mixed load.
"""


def record(report: Path) -> None:
    """Keep what was seen of each module when it was played last."""
    RECORD.write_text(report.read_text(encoding="utf-8"), encoding="utf-8")


def rows() -> list[Row]:
    known = json.loads(RECORD.read_text(encoding="utf-8"))
    return [Row(**each) for rows_of_module in known.values() for each in rows_of_module]


def reliability_page(generated: str) -> str:
    """Return the whole page; `generated` is the line that says so."""
    return "\n".join(["# When something fails", "", generated, INTRO, *table(rows()), "", ELSEWHERE]).rstrip() + "\n"


def table(known: list[Row]) -> Iterator[str]:
    """Yield a table with a row for each thing that was seen."""
    failed = sum(not row.holds for row in known)
    yield f"## What was seen\n\n{len(known)} rows, {failed} of them not as wanted.\n"
    yield "| fault | what was seen | wanted |  |"
    yield "|---|---|---|---|"
    for row in known:
        cells = (cell(text) for text in (row.name, row.seen, row.wanted, "ok" if row.holds else "**no**"))
        yield f"| {' | '.join(cells)} |"


def cell(text: str) -> str:
    return text.replace("control: ", "*control:* ").replace("|", "\\|").replace("<", "&lt;")
