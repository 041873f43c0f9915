"""SPEC-05: released promises are kept."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bookplate import Violation, document_law, fault
from bookplate.contract import Document

DEEPEST = 8


RELEASED = Path("openapi/released")


@document_law("SPEC-05", source="#/info/version")
def test_released_promises_are_kept(document: Document) -> None:
    """
    Nothing that the released document promised is gone, unless the version rises accordingly.

    That is its first number, or the second one while the first is 0. Released documents are the files of
    released/ beside the document, or else in openapi/; the newest one of the same API up to this version counts.
    """
    now = version(document.raw)
    folders = (document.path.with_name("released"), RELEASED)
    paths = [path for folder in folders if folder.is_dir() for path in folder.glob("*.yaml")]
    named = [(found, path) for path in paths if (found := version({"info": {"version": path.stem}})) and found <= now]
    if not named or not now:
        return
    then, path = max(named)
    same_step = then[: 1 + (then[0] == 0)] == now[: 1 + (then[0] == 0)]
    if not same_step or path.read_bytes() == document.path.read_bytes():
        return
    released = Document.load(path)
    if released.raw["info"].get("title") == document.raw["info"].get("title"):
        for broken in breaks(released, document):
            expected = f"what {'.'.join(map(str, then))} promised, or a version that says it is gone"
            raise Violation(broken, expected=expected)


def version(raw: Any) -> tuple[int, ...]:
    numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", str(raw.get("info", {}).get("version")))
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
        known = {(parameter["in"], parameter["name"]): parameter for parameter in was.parameters}
        for parameter in now.parameters:
            before = known.get((parameter["in"], parameter["name"]), {})
            if parameter.get("required") and not before.get("required"):
                yield f"{was.id}: parameter '{parameter['name']}' is required now"
            yield from narrower(old, new, before.get("schema"), parameter.get("schema"))
        for status in sorted(was.responses.keys() & now.responses.keys()):
            schemas = was.response_schema(status), now.response_schema(status)
            yield from (f"{was.id}, {status}: {text}" for text in narrower(old, new, *schemas, answer=True))
        yield from (f"{was.id}: {text}" for text in narrower(old, new, was.body_schema(), now.body_schema()))


def narrower(
    old: Document, new: Document, was: Any, now: Any, *, answer: bool = False, depth: int = 0
) -> Iterator[str]:
    """Yield what a schema no longer gives, or no longer takes."""
    was, now = old.resolve(was) or {}, new.resolve(now) or {}
    members = now.get("properties", {})
    if answer:
        yield from (f"property '{name}' is gone" for name in was.get("properties", {}) if name not in members)
    else:
        required = set(now.get("required", ())) - set(was.get("required", ()))
        yield from (f"property '{name}' is required now" for name in sorted(required))
        taken = was.get("enum", ["anything else"] if was else ())
        yield from (f"{value!r} is no longer taken" for value in taken if value not in now.get("enum", [value]))
    pairs = [(each, members[name]) for name, each in was.get("properties", {}).items() if name in members]
    for one, other in [*pairs, (was.get("items"), now.get("items"))] if depth < DEEPEST else ():
        yield from narrower(old, new, one, other, answer=answer, depth=depth + 1)


def as_a_patch(raw: dict[str, Any]) -> None:
    """Have the version rise by its last number alone, which excuses no break."""
    first, second, third = max(version({"info": {"version": path.stem}}) for path in RELEASED.glob("*.yaml"))
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
