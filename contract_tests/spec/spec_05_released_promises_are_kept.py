"""SPEC-05: released promises are kept."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bookplate import NotExercised, Violation, document_law, fault, said
from bookplate.contract import Document, Operation, Schema


@document_law("SPEC-05", source="#/info/version")
def test_released_promises_are_kept(document: Document) -> None:
    """
    A document of the same version step still promises all that the last released one promised.

    The step is the first number of the version, and the second one while the first is 0. Released documents are the
    files of released/ beside the document, or else in openapi/. The newest one of the same API up to this version counts.

    Why it matters: clients that were built for the released document go on sending and reading what it says. They break
    on the day of the deployment, and no version number has warned their developers.

    To mend it: take the change back, or raise the version of the document as the step asks for. Add members to
    answers and optional ones to requests; never remove, rename or require within one version.
    """
    path = newest_release(document)
    if path is None:
        raise NotExercised("no document of this version step has been released")
    released = Document.load(path)
    if released.info.title != document.info.title:
        raise NotExercised(f"{path} is about another API")

    first = next(breaks(released, document), None)

    if first is not None:
        raise Violation(first, expected=f"what {path.stem} promised, or a version that says it is gone")


Version = tuple[int, int, int]
RELEASED = Path("openapi/released")
# Schemas may contain themselves.
DEEPEST = 8


def newest_release(document: Document) -> Path | None:
    """Return the newest released document up to this version; None where it is of another step, or there is none."""
    now = version_of(document.info.version)
    if now is None:
        return None
    folders = filter(None, (document.beside("released"), RELEASED if RELEASED.is_dir() else None))
    files = [path for folder in folders for path in folder.glob("*.yaml")]
    earlier = [(then, path) for path in files if (then := version_of(path.stem)) is not None and then <= now]
    if not earlier:
        return None
    then, path = max(earlier)
    return path if step_of(then) == step_of(now) else None


def version_of(text: str) -> Version | None:
    """Return the three numbers of a version; None where it is written otherwise."""
    numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(numbers[1]), int(numbers[2]), int(numbers[3])) if numbers else None


def step_of(version: Version) -> tuple[int, ...]:
    """Return the numbers of a version within which nothing may break."""
    return version[:2] if version[0] == 0 else version[:1]


def breaks(old: Document, new: Document) -> Iterator[str]:
    """Yield the places at which a client of the old document fails with the new one."""
    present = {(operation.method, operation.path): operation for operation in new.operations}
    for was in old.operations:
        now = present.get((was.method, was.path))
        if now is None:
            yield f"{was.method} {was.path} is gone"
        else:
            yield from breaks_of_operation(was, now)


def breaks_of_operation(was: Operation, now: Operation) -> Iterator[str]:
    """Yield what an operation no longer answers, what it requires now, and what it no longer shows or takes."""
    for status in sorted(was.responses.keys() - now.responses.keys()):
        yield f"{was.id}: {status} is gone"
    yield from breaks_of_parameters(was, now)
    for status in sorted(was.responses.keys() & now.responses.keys()):
        for text in missing_members(was.response(status).schema, now.response(status).schema):
            yield f"{was.id}, {status}: {text}"
    old_content = was.body.schema if was.body else None
    new_content = now.body.schema if now.body else None
    for text in narrower(old_content, new_content):
        yield f"{was.id}: {text}"


def breaks_of_parameters(was: Operation, now: Operation) -> Iterator[str]:
    """Yield the parameters that are required now, and the values of parameters that are no longer taken."""
    known = {(parameter.place, parameter.name): parameter for parameter in was.parameters}
    for parameter in now.parameters:
        before = known.get((parameter.place, parameter.name))
        if parameter.required and not (before and before.required):
            yield f"{was.id}: parameter '{parameter.name}' is required now"
        yield from narrower(before.schema if before else None, parameter.schema)


def missing_members(was: Schema | None, now: Schema | None, depth: int = 0) -> Iterator[str]:
    """Yield the members that an answer had and has no longer."""
    members = now.properties if now else {}
    for name in was.properties if was else ():
        if name not in members:
            yield f"property '{name}' is gone"
    for before, after in below(was, now, depth):
        yield from missing_members(before, after, depth + 1)


def narrower(was: Schema | None, now: Schema | None, depth: int = 0) -> Iterator[str]:
    """Yield the members that a request needs now and did not need before, and the values that are no longer taken."""
    for name in newly_required(was, now):
        yield f"property '{name}' is required now"
    for value in no_longer_taken(was, now):
        yield f"{said(value)} is no longer taken"
    for before, after in below(was, now, depth):
        yield from narrower(before, after, depth + 1)


def below(was: Schema | None, now: Schema | None, depth: int) -> list[tuple[Schema | None, Schema | None]]:
    """Return the schemas of the members that both have, and those of their items, down to the deepest level."""
    if depth >= DEEPEST:
        return []
    before = was.properties if was else {}
    after = now.properties if now else {}
    members: list[tuple[Schema | None, Schema | None]] = [
        (schema, after[name]) for name, schema in before.items() if name in after
    ]
    return [*members, (was.items if was else None, now.items if now else None)]


def newly_required(was: Schema | None, now: Schema | None) -> list[str]:
    """Return the members that a request needs now, and did not need before."""
    before = set(was.required) if was else set()
    after = set(now.required) if now else set()
    return sorted(after - before)


def no_longer_taken(was: Schema | None, now: Schema | None) -> list[Any]:
    """Return the values that were taken and are not now; where any value was, that is one of its own."""
    if now is None or not now.enum or was is None or was.is_empty:
        return []
    return [value for value in was.enum or ("anything else",) if value not in now.enum]


def as_a_patch(raw: dict[str, Any]) -> None:
    """Let only the last number of the version rise, which excuses no break."""
    releases = [version for path in RELEASED.glob("*.yaml") if (version := version_of(path.stem)) is not None]
    first, second, third = max(releases)
    raw["info"]["version"] = f"{first}.{second}.{third + 1}"


@fault(test_released_promises_are_kept)
def a_property_is_gone(raw: dict[str, Any]) -> None:
    """An answer loses a property."""
    as_a_patch(raw)
    raw["components"]["schemas"]["Book"]["properties"].popitem()


@fault(test_released_promises_are_kept)
def a_property_is_required(raw: dict[str, Any]) -> None:
    """A request needs a property that was optional."""
    as_a_patch(raw)
    raw["components"]["schemas"]["BookInput"]["required"].append("genre")


@fault(test_released_promises_are_kept)
def an_operation_is_gone(raw: dict[str, Any]) -> None:
    """The last path is gone."""
    as_a_patch(raw)
    raw["paths"].popitem()
