"""SPEC-05: released promises are kept."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bookplate import Violation, document_law, fault
from bookplate.contract import Document, Schema

DEEPEST = 8


RELEASED = Path("openapi/released")


@document_law("SPEC-05", source="#/info/version")
def test_released_promises_are_kept(document: Document) -> None:
    """
    Nothing that the released document promised is gone, unless the version rises accordingly.

    That is its first number, or the second one while the first is 0. Released documents are the files of
    released/ beside the document, or else in openapi/; the newest one of the same API up to this version counts.
    """
    now = numbers_of(document.info.version)
    folders = (document.path.with_name("released"), RELEASED)
    paths = [path for folder in folders if folder.is_dir() for path in folder.glob("*.yaml")]
    named = [(found, path) for path in paths if (found := numbers_of(path.stem)) and found <= now]
    if not named or not now:
        return
    then, path = max(named)
    same_step = then[: 1 + (then[0] == 0)] == now[: 1 + (then[0] == 0)]
    if not same_step or path.read_bytes() == document.path.read_bytes():
        return
    released = Document.load(path)
    if released.info.title == document.info.title:
        for broken in breaks(released, document):
            expected = f"what {'.'.join(map(str, then))} promised, or a version that says it is gone"
            raise Violation(broken, expected=expected)


def numbers_of(version: str) -> tuple[int, ...]:
    """Return the three numbers of a version; none where it is written otherwise."""
    numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(map(int, numbers.groups())) if numbers else ()


def breaks(old: Document, new: Document) -> Iterator[str]:
    """Yield what a client of the old document would stumble over."""
    there = {(operation.method, operation.path): operation for operation in new.operations}
    for was in old.operations:
        now = there.get((was.method, was.path))
        if now is None:
            yield f"{was.method} {was.path} is gone"
            continue
        yield from (f"{was.id}: {status} is gone" for status in sorted(was.responses.keys() - now.responses.keys()))
        known = {(parameter.place, parameter.name): parameter for parameter in was.parameters}
        for parameter in now.parameters:
            before = known.get((parameter.place, parameter.name))
            if parameter.required and not (before and before.required):
                yield f"{was.id}: parameter '{parameter.name}' is required now"
            yield from narrower(before.schema if before else None, parameter.schema)
        for status in sorted(was.responses.keys() & now.responses.keys()):
            schemas = was.response(status).schema, now.response(status).schema
            yield from (f"{was.id}, {status}: {text}" for text in narrower(*schemas, answer=True))
        bodies = (was.body.schema if was.body else None), (now.body.schema if now.body else None)
        yield from (f"{was.id}: {text}" for text in narrower(*bodies))


def narrower(was: Schema | None, now: Schema | None, *, answer: bool = False, depth: int = 0) -> Iterator[str]:
    """Yield what a schema no longer gives, or no longer takes."""
    before, members = (was.properties if was else {}), (now.properties if now else {})
    if answer:
        yield from (f"property '{name}' is gone" for name in before if name not in members)
    else:
        yield from (f"property '{name}' is required now" for name in newly_required(was, now))
        yield from (f"{value!r} is no longer taken" for value in no_longer_taken(was, now))
    pairs = [(each, members[name]) for name, each in before.items() if name in members]
    items = (was.items if was else None), (now.items if now else None)
    for one, other in [*pairs, items] if depth < DEEPEST else ():
        yield from narrower(one, other, answer=answer, depth=depth + 1)


def newly_required(was: Schema | None, now: Schema | None) -> list[str]:
    """Return the members that a request must have now, and did not need before."""
    return sorted(set(now.required if now else ()) - set(was.required if was else ()))


def no_longer_taken(was: Schema | None, now: Schema | None) -> list[Any]:
    """Return the values that were taken and are not now; where any value was, that is one of its own."""
    if now is None or not now.enum or was is None or was.is_empty:
        return []
    return [value for value in was.enum or ("anything else",) if value not in now.enum]


def as_a_patch(raw: dict[str, Any]) -> None:
    """Have the version rise by its last number alone, which excuses no break."""
    first, second, third = max(numbers_of(path.stem) for path in RELEASED.glob("*.yaml"))
    raw["info"]["version"] = f"{first}.{second}.{third + 1}"


@fault(test_released_promises_are_kept)
def a_property_is_gone(raw: dict[str, Any]) -> None:
    """Answers lose a property."""
    as_a_patch(raw)
    raw["components"]["schemas"]["Book"]["properties"].popitem()


@fault(test_released_promises_are_kept)
def a_property_is_required(raw: dict[str, Any]) -> None:
    """Requests need a property that they did not need."""
    as_a_patch(raw)
    raw["components"]["schemas"]["BookInput"]["required"].append("genre")


@fault(test_released_promises_are_kept)
def an_operation_is_gone(raw: dict[str, Any]) -> None:
    """The last path is not there any more."""
    as_a_patch(raw)
    raw["paths"].popitem()
