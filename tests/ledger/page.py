"""docs/ledger.md: what the ledger is, and what was found in each try, from the tries that were recorded."""

from collections import Counter
from collections.abc import Iterator

from .judged import JUDGED, MISSES, Judgement, judged
from .results import BROKEN, FAILED, HONEST, MISSED, MODES, WARNED, Try
from .service import NAMES, Service
from .tries import tries

INTRODUCTION = """\
The ledger measures how much the suite finds in services that it was not written for, and how often it is wrong.
It is five small services of different styles, each with twelve defects: sixty in all.
The defects were written from the services and their documents, before any rule was tried on them.
A defect is a patch of the source, with the promise that it breaks and a probe that shows it from outside.

```sh
python -m tests.ledger                                   # all services, with settings and without
python -m tests.ledger notes --bare --defect no-challenge
```

*With settings* is the plain document with `overlay.yaml` and `bookplate.toml`, as a person would confirm them.
*Bare* is the document and an address, with nothing written at all: no users, no keys.
A defect is *failed* if a MUST fails that does not fail without the defect, *warned* if only a warning is new.
A defect is *found* if it is failed or warned.
Requests are generated only for a defect that no other rule has seen.
In the first try they were, too, for a defect that only warnings had shown.
The tries stand in `tests/ledger/tries/`, and none is written again.
The first one shows what the suite found before anybody had prepared it for these defects.
Later ones are not blind: laws were written meanwhile for the kinds of defects that it had missed, and tried on other toys.
"""
SECOND_TRY = """\
What the second try missed has two reasons. 22 of the 23 defects are those of `notes` and `tickets`, where nobody can sign up:
without credentials, what is behind them stays unchecked. The other one is an email in another case, which the document of
the shop promises in prose alone."""
MODE_NAMES = {"settings": "with settings", "bare": "bare"}


def ledger_page(generated: str) -> str:
    """Return the page; `generated` is the comment that says how it is written."""
    known = tries()
    parts = ["# The ledger", "", generated, INTRODUCTION, "## The services\n", *services(), ""]
    parts += ["## What was found\n", *figures(known), "", SECOND_TRY, ""]
    parts += ["## Failures of services without a defect\n", *false_alarms(known), ""]
    parts += ["## Why the first try missed what it missed\n", *misses(), ""]
    parts += ["## Each defect\n", *each_defect(known), ""]
    return "\n".join(parts)


def services() -> Iterator[str]:
    yield "| service | what it is |"
    yield "|---|---|"
    for name in NAMES:
        yield f"| `{name}` | {first_line(Service(name))} |"


def first_line(service: Service) -> str:
    """Return the first line of what the application says of itself."""
    text = (service.folder / "app.py").read_text(encoding="utf-8")
    return text.removeprefix('"""').partition('"""')[0].partition("\n")[0].strip()


def figures(known: list[Try]) -> Iterator[str]:
    """Yield a table for all tries: what was found, and how right the failures were."""
    yield "| try | day | commit | | found | failed | warned | missed | failures without a defect | of them false | warnings |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for each in known:
        for mode in MODES:
            levels = Counter(
                each.seen(name, mode, defect.name)[0] for name in NAMES for defect in Service(name).defects
            )
            found, whole = levels[FAILED] + levels[WARNED], levels.total()
            alarms = alarms_of(each, mode)
            warnings = sum(len(each.honest(name, mode).warned) for name in NAMES)
            false = sum(judgement is None or not judgement.is_real for _, _, judgement in alarms)
            yield (
                f"| {each.name} | {each.day} | `{each.commit[:10]}` | {MODE_NAMES[mode]} "
                f"| **{found} of {whole} ({found / whole:.0%})** | {levels[FAILED]} | {levels[WARNED]} "
                f"| {levels[MISSED] + levels[BROKEN]} | {len(alarms)} | {false} | {warnings} |"
            )


def alarms_of(found: Try, mode: str) -> list[tuple[str, str, Judgement | None]]:
    """Return the failures of services without a defect, each with what a person judged of it."""
    return [
        (name, failure, judged(name, failure)) for name in NAMES for failure in found.run(name, mode, HONEST).failed
    ]


def false_alarms(known: list[Try]) -> Iterator[str]:
    yield "Each was judged by hand. What is real was mended in the service before the first try."
    yield ""
    yield "| service | failure | seen in | | because |"
    yield "|---|---|---|---|---|"
    for each in JUDGED:
        where = [
            f"{found.name}, {MODE_NAMES[mode]}"
            for found in known
            for mode in MODES
            if any(judgement is each for _, _, judgement in alarms_of(found, mode))
        ]
        yield (
            f"| `{each.service}` | {each.failure} | {'; '.join(where) or 'before the first try'} "
            f"| {'real' if each.is_real else 'false'} | {each.because} |"
        )


def misses() -> Iterator[str]:
    yield "With settings, each missed defect was followed by hand to what stood in the way:"
    yield ""
    yield "| kind | defects | because |"
    yield "|---|---|---|"
    for each in MISSES:
        yield f"| {each.kind} | {', '.join(each.defects)} | {each.because} |"


def each_defect(known: list[Try]) -> Iterator[str]:
    """Yield a table for each service: the defects, and how each try saw them."""
    columns = [(found, mode) for found in known for mode in MODES]
    for name in NAMES:
        yield f"### {name}\n"
        yield f"| defect | what it breaks | {' | '.join(f'{found.name}, {MODE_NAMES[mode]}' for found, mode in columns)} |"
        yield f"|---|---|{'---|' * len(columns)}"
        for defect in Service(name).defects:
            cells = [cell(*found.seen(name, mode, defect.name)) for found, mode in columns]
            yield f"| `{defect.name}` | {defect.breaks} {defect.promise} | {' | '.join(cells)} |"
        yield ""


def cell(level: str, rules: list[str]) -> str:
    """Return how a defect was seen, with the rules that saw it."""
    ids = sorted({rule.partition(" ")[0] for rule in rules})
    return f"**{level}**: {', '.join(ids)}" if ids else level
