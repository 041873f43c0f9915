"""The sentences of an OpenAPI document: what its descriptions say, one by one, with the places where they stand."""

import re
from collections.abc import Iterator
from typing import Any

# A value of these keys is an example, whose texts promise nothing.
EXAMPLES = ("example", "examples")
HEADING = re.compile(r"#+ ")
RULE_OF_TABLE = re.compile(r"\|[\s|:-]+\|$")
# A full stop ends a sentence where white space and the beginning of another one follow.
END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`0-9])")


def sentences(document: Any) -> dict[str, list[str]]:
    """Return each sentence of a parsed document with the JSON pointers of the descriptions that say it."""
    found: dict[str, list[str]] = {}
    for pointer, text in descriptions(document):
        for sentence in split(text):
            places = found.setdefault(sentence, [])
            if pointer not in places:
                places.append(pointer)
    return found


def descriptions(node: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield the pointer and the text of each description below a node, but for those of examples."""
    if isinstance(node, list):
        for number, each in enumerate(node):
            yield from descriptions(each, f"{pointer}/{number}")
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        place = f"{pointer}/{escaped(str(name))}"
        if name == "description" and isinstance(value, str):
            yield place, value
        elif name not in EXAMPLES:
            yield from descriptions(value, place)


def escaped(name: str) -> str:
    """Return a name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def split(text: str) -> Iterator[str]:
    """Yield the sentences of a text in Markdown: those of its paragraphs, and each row of a table below its head."""
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in block.splitlines()]
        if lines[0].startswith("|"):
            yield from rows(lines)
        elif not HEADING.match(lines[0]):
            yield from END.split(" ".join(lines))


def rows(lines: list[str]) -> Iterator[str]:
    """Yield the rows of a table as they stand, without its head."""
    rule = next((number for number, line in enumerate(lines) if RULE_OF_TABLE.match(line)), -1)
    yield from lines[rule + 1 :]
