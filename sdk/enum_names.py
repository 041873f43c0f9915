"""Names of the values of enumerations: the Python client gives each value a name, and two values may not share one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What may be called `enum` and is no enumeration: the members of an object, and values that the contract shows.
NO_SCHEMAS = ("example", "examples", "default", "enum")
# What openapi-python-client reads the names of the values from.
NAMES = "x-enum-varnames"
BETWEEN_WORDS = r"\\. _-"


def shared_names(document: Any) -> Iterator[str]:
    """
    Yield a line for each enumeration of a document, given as plain data, in which two values would share a name.

    The generator writes `txt` and `TXT` as TXT, and `C`, `C#` and `C++` as C. It then ends with a traceback, or leaves
    out a value without a word.
    """
    for pointer, schema in _enumerations(document, "#"):
        given = schema.get(NAMES, [])
        values = [value for value in schema["enum"] if isinstance(value, str)]
        named = given if len(given) == len(schema["enum"]) else values
        known: dict[str, str] = {}
        for number, text in enumerate(named):
            name = _name(text, number)
            if name in known:
                yield (
                    f"{pointer}/enum: '{known[name]}' and '{text}' are both {name} in the Python client: "
                    f"give each value a name of its own in {NAMES}, beside enum"
                )
                break
            known[name] = text


def _enumerations(node: Any, pointer: str, *, of_members: bool = False) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each schema with an enumeration, and the JSON pointer to it (RFC 6901)."""
    if isinstance(node, list):
        for number, each in enumerate(node):
            yield from _enumerations(each, f"{pointer}/{number}")
    if not isinstance(node, dict):
        return
    if not of_members and isinstance(node.get("enum"), list):
        yield pointer, node
    for name, each in node.items():
        if of_members or name not in NO_SCHEMAS:
            escaped = str(name).replace("~", "~0").replace("/", "~1")
            is_of_members = name == "properties" and not of_members
            yield from _enumerations(each, f"{pointer}/{escaped}", of_members=is_of_members)


def _name(text: str, number: int) -> str:
    """Return the name that openapi-python-client 0.29 gives a value."""
    if not text[:1].isalpha():
        return f"VALUE_{number}"
    kept = "".join(each for each in text.upper() if each.isidentifier() or each.isdecimal() or each in "\\. _-")
    words: Sequence[str] = re.findall(rf"[^{BETWEEN_WORDS}]+", kept)
    return "_".join(words)
