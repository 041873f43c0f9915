"""docs/census.md: whether verdicts change from run to run, and where the time goes."""

from collections.abc import Iterator, Mapping, Sequence

from .runs import BUSY, KINDS, SHUFFLED, Told, recorded

SHOWN = 25  # laws
INTRODUCTION = f"""\
The reference is checked {len(KINDS)} times with one seed: {KINDS.count(BUSY)} times with all cores busy, and
{KINDS.count(SHUFFLED)} times with the experiments in another order (`--shuffle N`). No verdict may change.

```sh
tox -e census                  # on an idle machine; goes on where it ended: build/census/
tox -e census -- --record      # writes what is seen into tests/census/record.json
tox -e docs                    # writes this page
```
"""


def census_page(generated: str) -> str:
    """Return the page; `generated` is the comment that says how it is written."""
    runs, laws = recorded()
    parts = ["# The census", "", generated, INTRODUCTION]
    parts += ["## Verdicts\n", *verdicts(runs), ""]
    parts += ["## Where the time goes\n", *times(laws), ""]
    return "\n".join(parts)


def verdicts(runs: Sequence[Told]) -> Iterator[str]:
    """Yield what each run came to, and which verdicts changed."""
    if not runs:
        yield "No census is written down yet."
        return
    words = sorted({word for run in runs for word in run.counts})
    yield f"| run | kind | commit | seconds | {' | '.join(words)} | other than in run {runs[0].number} |"
    yield f"|---|---|---|---|{'---|' * len(words)}---|"
    for run in runs:
        counts = " | ".join(f"{run.counts.get(word, 0):,}" for word in words)
        yield f"| {run.number} | {run.kind} | `{run.commit}` | {run.seconds:.0f} | {counts} | {len(run.changed)} |"
    yield ""
    changes = [
        f"- run {run.number} ({run.kind}), {name}: {change}" for run in runs for name, change in run.changed.items()
    ]
    yield from changes or ["No verdict changed."]


def times(laws: Mapping[str, float]) -> Iterator[str]:
    """Yield the laws that take longest."""
    if not laws:
        yield "No census is written down yet."
        return
    whole = sum(laws.values())
    yield f"Seconds of each law over all operations with what it sets up: the median of the plain runs. Together {whole:.0f}."
    yield "Laws that judge generated requests come last. The first of them has the time in which all wait for these requests."
    yield ""
    yield "| law | seconds | share |"
    yield "|---|---|---|"
    for law, seconds in [*laws.items()][:SHOWN]:
        yield f"| {law} | {seconds:.1f} | {seconds / whole:.0%} |"
    left = [*laws.values()][SHOWN:]
    if left:
        yield f"| {len(left)} others | {sum(left):.1f} | {sum(left) / whole:.0%} |"
