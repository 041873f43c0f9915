"""The page of mutants, docs/mutants.md, and its figure in README."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator

from .record import EQUIVALENT, SEED, SURVIVORS, Row, equivalent, place_of, read_table, recorded, wilson

FIGURE = re.compile(r"<!-- mutants -->.*?<!-- /mutants -->", re.DOTALL)
WIDTH = 118
INTRO = """\
The reference is changed in one place after the other, by machine: an argument is left out, a text has another case,
`<` is `<=`, a value is `None`. Each such mutant is served, and the laws are played on it that check the operations
whose requests run the changed line. What survives them meets a whole run, generated requests included. A mutant is
*killed* where a law fails or warns that does not on the reference, or where the server does not start any more.

`tox -e mutants` plays them, and goes on where it ended; `tox -e mutants -- --record` keeps what it saw for this
page. The changes are those of [mutmut](https://pypi.org/project/mutmut/), at lines that requests of the suite run.
Left out are annotations and decorators, and what only writes the log. Most mutants are crude, and any test that
looks at answers finds them. So the share that is killed is no measure of the suite by itself: what survives is
worth reading.
"""


def mutants_page(generated: str) -> str:
    """Return the whole page; `generated` is the line that says so."""
    rows = sorted(recorded(), key=place_of)
    lines = ["# Mutants", "", generated, INTRO, *summary_of(rows), "", *by_change(rows), ""]
    lines += ["", "## What survives", "", *survivors(rows), "", "## Equivalent", "", *equivalents(rows)]
    return "\n".join(lines).rstrip() + "\n"


def figure() -> str:
    """Return what README says of the mutants."""
    rows = recorded()
    killed = sum(row.is_killed for row in rows)
    low, high = wilson(killed, len(rows))
    return f"{killed} of {len(rows)} mutants of the reference killed ({low:.0%} to {high:.0%})"


def with_figure(readme: str) -> str:
    """Return README with the figure of today."""
    return FIGURE.sub(f"<!-- mutants -->{figure()}<!-- /mutants -->", readme)


def summary_of(rows: list[Row]) -> Iterator[str]:
    """Yield how many were killed, with the interval, and by what."""
    outcomes = Counter(row.outcome for row in rows)
    killed = sum(row.is_killed for row in rows)
    alike = len(equivalent(rows))
    low, high = wilson(killed, len(rows))
    by_run = sum(row.is_killed and row.phase == "run" for row in rows)
    warned = sum(row.outcome == "killed" and row.level != "MUST" for row in rows)
    left = sum(not row.is_decided for row in rows)
    yield f"Drawn by the seed {SEED}: {len(rows)} mutants."
    yield ""
    yield "| of these | mutants |"
    yield "|---|---|"
    yield f"| killed | {killed}, {killed / max(len(rows), 1):.1%}; with 95 % confidence {low:.1%} to {high:.1%} (Wilson) |"
    yield f"| by a law that fails or warns | {outcomes['killed']}, of which {warned} only warn |"
    yield f"| by a server that does not start or ends | {outcomes['not served']} |"
    yield f"| only by a whole run | {by_run} |"
    yield f"| survived | {len(rows) - killed} |"
    yield f"| of the survivors: equivalent, as two readers say | {alike} |"
    if alike:
        yield f"| killed of those that are not equivalent | {killed / (len(rows) - alike):.1%} |"
    if left:
        yield f"| of the survivors: not yet played in a whole run | {left} |"


def by_change(rows: list[Row]) -> Iterator[str]:
    """Yield a table of the kinds of changes."""
    kinds = Counter(kind_of(row) for row in rows)
    killed = Counter(kind_of(row) for row in rows if row.is_killed)
    yield "| change | mutants | killed |"
    yield "|---|---|---|"
    yield from (f"| {kind} | {count} | {killed[kind]} |" for kind, count in kinds.most_common())


def kind_of(row: Row) -> str:
    return row.name.split(" ")[1].replace("_", " ")


def survivors(rows: list[Row]) -> Iterator[str]:
    """Yield what survived, with what a reader says of each."""
    said, alike = read_table(SURVIVORS), equivalent(rows)
    left = [row for row in rows if not row.is_killed and row.name not in alike]
    if not left:
        yield "Nothing."
    for row in left:
        judged = said.get(row.name, {})
        about = judged.get("says", "") if judged.get("after") == row.after else ""
        yield from described(row, about or "not judged yet", judged.get("law", "") if about else "")


def equivalents(rows: list[Row]) -> Iterator[str]:
    """Yield what no client can tell from the reference, with the reasons."""
    table, alike = read_table(EQUIVALENT), equivalent(rows)
    if not alike:
        yield "None was agreed on."
    for row in rows:
        if row.name in alike:
            said = table[row.name]
            yield from described(row, f"{said['reason']} Second reader: {said['second']}", "")


def described(row: Row, text: str, law: str) -> Iterator[str]:
    """Yield an item of a list: where, what was changed to what, and what is said of it."""
    yield f"- `{row.name}`"
    yield f"  - was {code(row.before)}"
    yield f"  - is {code(row.after)}"
    if row.outcome == "survived" and row.unchecked > row.played / 2:
        yield f"  - {row.unchecked} of {row.played} laws at operations said that they could not be checked: no false praise"
    says = f"{text.strip()}{f' Law: {law.strip()}' if law else ''}"
    yield from textwrap.wrap(says, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False)


def code(text: str) -> str:
    """Return a line of code, short enough to be read, as Markdown has code."""
    short = text if len(text) < 90 else text[:87] + "..."
    return f"`` {short} ``" if short else "nothing"
