"""docs/promises.md: every promise of the contract, with the laws and faults that hold it; and the figure of README."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from .entries import (
    HELD,
    NOTHING,
    PARTLY,
    UNCHECKED,
    Entry,
    all_entries,
    keys_of_the_contract,
    sentences_of_the_contract,
    standards,
)
from .tries import seen, tries

FIGURE = re.compile(r"(<!-- promises -->).*?(<!-- /promises -->)", re.DOTALL)
INTRODUCTION = """\
What the contract in `openapi/` promises, sentence by sentence and key by key, and what the standards that it names
demand of a server. Each has the laws that hold it, and faults: small defects that break the promise and that the law is
seen to find. What no law holds is *unchecked*, with the reason. Its sources are the files of `openapi/promises/`.

- *held*: a law finds at least one fault that breaks it;
- *partly*: the laws leave something open, which is named;
- *unchecked*: no law fails where it is broken, or nothing shows that one would.

A sentence that explains, such as what a member is called for, promises nothing and is not counted.
A fault in *italics* was written from the sentence alone, before any law was tried on it: `python -m tests.promises`
plays these. The others stand beside their laws, in `contract_tests/`.
"""


def promises_page(generated: str) -> str:
    """Return the page; `generated` is the comment that says how it is written."""
    parts = ["# Promises", "", generated, INTRODUCTION, "## How many are held\n", *figures(), ""]
    parts += ["## The first try\n", *first_try(), ""]
    parts += ["## What is open\n", *open_promises(), ""]
    parts += ["## Sentences\n", *table(sentences_of_the_contract()), ""]
    parts += ["## Keys\n", *table(keys_of_the_contract()), ""]
    for standard in standards():
        parts += [f"## {standard.name}\n", *table(standard.entries), ""]
    return "\n".join(parts)


def readme_with_figure(text: str) -> str:
    """Return README with the figure of today between its marks."""
    return FIGURE.sub(lambda marks: f"{marks[1]}{figure()}{marks[2]}", text)


def figure() -> str:
    counts = Counter(each.state for each in all_entries())
    promised = counts.total() - counts[NOTHING]
    return f"{counts[HELD]:,} of {promised:,} promises held by a law with a fault"


def figures() -> Iterator[str]:
    """Yield the table of how many promises of each kind are held."""
    yield "| what promises | promises | held | partly | unchecked | held, in % |"
    yield "|---|---|---|---|---|---|"
    groups: list[tuple[str, Iterable[Entry]]] = [
        ("sentences of the contract", sentences_of_the_contract()),
        ("kinds of keys of the contract", keys_of_the_contract()),
        *((each.name, each.entries) for each in standards()),
        ("**together**", all_entries()),
    ]
    for name, entries in groups:
        counts = Counter(each.state for each in entries)
        promised = counts.total() - counts[NOTHING]
        share = f"{counts[HELD] / promised:.0%}" if promised else ""
        yield f"| {name} | {promised} | {counts[HELD]} | {counts[PARTLY]} | {counts[UNCHECKED]} | {share} |"


def first_try() -> Iterator[str]:
    """Yield what became of the faults that were written from the sentences."""
    first, now = tries()["first"], seen()
    caught, later = sum(map(bool, first.values())), sum(map(bool, now.values()))
    yield "Faults were written from the words of the contract, and frozen, before any law was tried on them."
    yield f"The laws that were asked found {caught} of {len(first)} at once, {caught / len(first):.0%}."
    yield f"Now they find {later}, {later / len(now):.0%}. Laws that judge generated requests were not asked, as each takes"
    yield "minutes; the faults that only those can find are named in `tests/promises/not_played.yaml`."
    yield ""
    yield "Those that no law finds today:"
    yield ""
    yield from (f"- `{name}`" for name, law in now.items() if not law)


def open_promises() -> Iterator[str]:
    """Yield what is held partly or not at all, with the reason."""
    for each in all_entries():
        reason = each.unchecked or each.partly or ("no fault shows it" if each.state == UNCHECKED else "")
        if reason and each.state in (PARTLY, UNCHECKED):
            yield f"- {each.id}, {each.state}: {each.says if each.says != each.id else ''} *{reason}*"


def table(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a table of entries."""
    written = seen()
    yield "| id | it says | at | held by |"
    yield "|---|---|---|---|"
    for each in entries:
        says = "" if each.says == each.id else cell(each.says)
        yield f"| {cell(each.id)} | {says} | {places(each)} | {cell(holding(each, written))} |"


def places(entry: Entry) -> str:
    if not entry.places:
        return ""
    more = len(entry.places) - 1
    return f"{cell(entry.places[0])}{f' and {more} more' if more else ''}"


def holding(entry: Entry, written: Collection[str]) -> str:
    """Say what holds an entry; `written` are the faults that were written from a sentence."""
    if entry.nothing:
        return f"nothing is promised: {entry.nothing}"
    if entry.unchecked:
        return f"**unchecked**: {entry.unchecked}"
    laws = "; ".join(
        f"{law}: {', '.join(f'*{name}*' if name in written else name for name in faults) or '**no fault**'}"
        for law, faults in entry.laws.items()
    )
    return f"{laws}; **partly**: {entry.partly}" if entry.partly else laws


def cell(text: str) -> str:
    """Return a text as a cell of a table: a bar would end it."""
    return text.replace("|", "\\|").replace("<", "&lt;")
