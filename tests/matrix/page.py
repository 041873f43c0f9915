"""docs/kill-matrix.md: which laws see each fault, and what plain schemathesis sees; and the figure of README."""

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from bookplate.laws.catalogue import Catalogue

from .compared import Both, Comparison, Side
from .record import Row, rows, runs
from .seen import BOOKPLATE, DRAW, FAULTS, HONEST_SEEDS, OPTIONS, SCHEMATHESIS, SEED

FIGURE = re.compile(r"(<!-- kill-matrix -->).*?(<!-- /kill-matrix -->)", re.DOTALL)
GROUPS = ((0, 0, "none"), (1, 1, "one"), (2, 3, "two or three"), (4, 9, "four to nine"), (10, 999, "ten or more"))
INTRODUCTION = """\
Each fault is put into the reference, and every law that applies where the fault acts is tried on it: its own law, which
stands beside it, and all others. A law that fails or warns, and does not without the fault, sees it.

```sh
tox -e faults -- --matrix      # every fault with every law: build/faults/matrix.json
tox -e matrix                  # both tools on some faults, one after the other: build/faults/beside.json
tox -e matrix -- --record      # writes what was seen into tests/matrix/record/
tox -e docs                    # writes this page
```

Both files grow with each row, and a run goes on where it ended. None of it is part of CI.

- An experiment is played alone, with users that sign up while the fault is in.
- An invariant sees a fault if it is broken by an exchange of any of these experiments, or of generated requests.
- Requests are generated once for each fault, for the operation where the law of the fault saw it.
- A law that applies there and sees nothing is counted as tried.
"""


def kill_matrix_page(generated: str) -> str:
    """Return the page; `generated` is the comment that says how it is written."""
    played, compared = rows(), Comparison(runs())
    parts = ["# The kill matrix", "", generated, INTRODUCTION]
    parts += ["## What it shows\n", *figures(played), ""]
    parts += ["## Beside plain schemathesis\n", *beside(compared), ""]
    parts += ["## Laws that alone see a fault\n", *alone(played), ""]
    parts += ["## Laws that explain no fault alone\n", *explained_by_others(played), ""]
    parts += ["## Each fault\n", *each_fault(played), ""]
    return "\n".join(parts)


def readme_with_matrix(text: str) -> str:
    """Return README with the figure of the last record between its marks."""
    return FIGURE.sub(lambda marks: f"{marks[1]}{figure()}{marks[2]}", text)


def figure() -> str:
    played, compared = rows(), Comparison(runs())
    caught, others = sum(row.is_caught for row in played), sum(bool(row.seen_by) for row in played)
    if not played:
        return "no run is written down yet"
    counted = f"{caught:,} of {len(played):,} faults were seen by their own law, and {others:,} by others too"
    if not compared.rows:
        return counted
    ours, theirs = len(compared.seen(BOOKPLATE)), len(compared.seen(SCHEMATHESIS))
    return (
        f"{counted};\nof {len(compared.rows)} drawn at random a whole check saw {ours}, and plain schemathesis {theirs}"
    )


@cache
def all_faults() -> list[str]:
    return [f"{law.id} {fault.name}" for law in Catalogue.shipped() for fault in law.faults]


def figures(played: Sequence[Row]) -> Iterator[str]:
    """Yield how many faults were seen, and by how many laws."""
    left = sum(name not in {row.name for row in played} for name in all_faults())
    commits = ", ".join(f"`{commit}`" for commit in sorted({row.commit for row in played})) or "none"
    yield f"{len(played)} of {len(played) + left} faults have been played, at these commits: {commits}."
    if not played:
        return
    caught = [row for row in played if row.is_caught]
    served = [row for row in caught if row.tried]
    yield ""
    yield "| | faults |"
    yield "|---|---|"
    yield f"| seen by their own law | {share(len(caught), len(played))} |"
    yield f"| seen by another law too | {share(sum(bool(row.seen_by) for row in served), len(served))} |"
    yield f"| seen by their own law alone | {share(sum(row.is_alone for row in served), len(served))} |"
    yield ""
    yield "A fault of the document, and one that acts where no operation is, is tried by its own law alone; it is not among"
    yield "those of which the last two lines speak."
    yield ""
    yield from (f"- not seen: `{row.name}`: {row.outcome}" for row in played if not row.is_caught)
    yield ""
    yield "| other laws that see it | faults |"
    yield "|---|---|"
    for least, most, name in GROUPS:
        yield f"| {name} | {sum(least <= len(row.seen_by) <= most for row in served)} |"
    yield ""
    times = sorted(row.own for row in caught)
    late = times[int(len(times) * 0.9)]
    yield f"Half of the faults were seen within {statistics.median(times):.1f} s, nine of ten within {late:.1f} s, by their"
    yield f"own law, which was played alone; all rows took {sum(row.all for row in played) / 60:.0f} minutes of one worker."


def share(count: int, whole: int) -> str:
    return f"{count} of {whole} ({count / whole:.0%})" if whole else f"{count}"


def beside(compared: Comparison) -> Iterator[str]:
    """Yield how both tools were run, and what they saw."""
    honest = ", ".join(map(str, HONEST_SEEDS[SCHEMATHESIS]))
    yield f"{FAULTS} faults are drawn with the seed {DRAW} from those that change an answer. Both tools look at the reference"
    yield "with each of them: a whole check, which ends at its first failure, and plain schemathesis for as long as a check"
    yield "without a fault takes. Two runs are made at once, each with one core for the server and the tool."
    yield ""
    yield "schemathesis runs as its guides recommend: all phases, all checks, and two users who are peers."
    yield "Both can log in, and do so again every five seconds, so that a log-out ends no run. The limits are relaxed, as"
    yield "it would be refused after some requests otherwise; so are they for most laws of a check."
    yield ""
    yield "```sh"
    yield f"schemathesis --config-file schemathesis.toml run document.json --origin URL --checks all \\\n  {' '.join(OPTIONS)} \\"
    yield f"  --max-time SECONDS --seed {SEED}"
    yield "```"
    yield ""
    yield "```toml"
    yield '[auth.wfc]\npath = "users.json"      # two users with loginEndpointAuth, at the operation that logs in'
    yield 'refresh_interval = 5\npeers = ["ann", "bob"]'
    yield "```"
    yield ""
    yield "What it finds is a kind of failure at an operation, and counts if it is not among what it finds of the reference"
    yield f"without a fault, with the seeds {honest}. A law counts if it fails or warns, and does not without a fault."
    yield "Seconds are counted from the start of the tool. Those of a check last until it has ended, and those of schemathesis"
    yield "until its first event that shows the failure."
    if not compared.rows:
        yield "\nNo fault has been looked at yet."
        return
    yield from compared_figures(compared)
    yield ""
    yield "| fault | a check sees | after | schemathesis sees | after | alone or first |"
    yield "|---|---|---|---|---|---|"
    yield from (compared_row(row) for row in compared.rows)
    yield ""
    yield "Of the reference without a fault, schemathesis says:"
    yield ""
    yield from (f"- {kind} at `{where}`" for kind, where in sorted(compared.honest(SCHEMATHESIS)))


def compared_figures(compared: Comparison) -> Iterator[str]:
    seconds = {run.seconds for run in compared.runs if run.tool == SCHEMATHESIS and run.fault and not run.trouble}
    commits = ", ".join(f"`{commit}`" for commit in sorted({run.commit for run in compared.runs}))
    ours, theirs = ({row.fault for row in compared.seen(tool)} for tool in (BOOKPLATE, SCHEMATHESIS))
    yield ""
    yield f"Commits: {commits}. Seconds that schemathesis had: {', '.join(f'{each:.0f}' for each in sorted(seconds))}."
    yield ""
    yield "| | a check | schemathesis |"
    yield "|---|---|---|"
    yield f"| saw | {share(len(ours), len(compared.rows))} | {share(len(theirs), len(compared.rows))} |"
    yield f"| saw alone | {len(ours - theirs)} | {len(theirs - ours)} |"
    firsts = Counter(row.first for row in compared.rows)
    yield f"| saw alone or first | {firsts[BOOKPLATE]} | {firsts[SCHEMATHESIS]} |"
    medians = [compared.median(tool) for tool in (BOOKPLATE, SCHEMATHESIS)]
    told = ["" if median is None else f"{median:.0f} s" for median in medians]
    yield f"| half of what it saw within | {told[0]} | {told[1]} |"


def compared_row(row: Both) -> str:
    ours = ", ".join(sorted({each.what for each in row.ours.found}))
    theirs = "; ".join(sorted({f"{each.what} ({each.check}) at `{each.where}`" for each in row.theirs.found}))
    cells = [f"`{row.fault}`", ours, after(row.ours), theirs or "; ".join(row.theirs.trouble), after(row.theirs)]
    return f"| {' | '.join([*cells, f'**{row.first}**' if row.first == SCHEMATHESIS else row.first])} |"


def after(side: Side) -> str:
    return "" if side.seconds is None else f"{side.seconds:.0f} s"


def alone(played: Sequence[Row]) -> Iterator[str]:
    """Yield the faults that a law sees and no other of those that were tried."""
    yield "Without this law, nobody would see the fault:"
    yield ""
    yield "| law | faults |"
    yield "|---|---|"
    for law in dict.fromkeys(row.law for row in played):
        names = [f"`{row.fault}`" for row in played if row.law == law and row.is_alone]
        if names:
            yield f"| {law} | {', '.join(names)} |"


def explained_by_others(played: Sequence[Row]) -> Iterator[str]:
    """Yield the laws whose faults are all seen by others too."""
    yield "Each fault of these laws is seen by another law too. That is no reason to give one up: another law may see only"
    yield "that something is wrong, and not what."
    yield ""
    yield "| law | each fault with the laws that see it too |"
    yield "|---|---|"
    for law in dict.fromkeys(row.law for row in played):
        own = [row for row in played if row.law == law and row.tried]
        if own and not any(row.is_alone for row in own):
            yield f"| {law} | {'; '.join(f'`{row.fault}`: {others(row)}' for row in own)} |"


def others(row: Row) -> str:
    return ", ".join(row.seen_by) if row.seen_by else row.outcome


def each_fault(played: Sequence[Row]) -> Iterator[str]:
    yield "| fault | of | at | seconds | tried | seen by others |"
    yield "|---|---|---|---|---|---|"
    for row in played:
        where = f"`{row.operation}`" if row.operation else ""
        seen = ", ".join(row.seen_by) if row.is_caught else f"**{row.outcome}**"
        yield f"| `{row.fault}` | {row.law} | {where} | {row.own:.1f} | {row.tried} | {seen} |"
