"""What an operation tells its clients beside its schemas: its name, its pages and its response headers."""

from collections.abc import Iterator
from typing import Any

from ..contract.document import Document
from ..contract.place import Place
from .finding import Finding
from .pairs import Pair, pairs

TEXT = ("description", "example", "examples")


def compare_operations(old: Document, new: Document) -> Iterator[Finding]:
    """Yield each change of an operation's name, of its pages and of its response headers."""
    for pair in pairs(old, new):
        yield from compare_names(pair)
        yield from compare_pages(pair)
        for status in pair.new.responses:
            yield from compare_headers(pair, status)


def compare_names(pair: Pair) -> Iterator[Finding]:
    if pair.old.id != pair.new.id:
        yield pair.breaking(f"operationId was {pair.old.id}: generated clients name a method after it", "operationId")
    if pair.old.tag != pair.new.tag:
        yield pair.breaking(f"the first tag was {pair.old.tag}: generated clients name a module after it", "tags")


def compare_pages(pair: Pair) -> Iterator[Finding]:
    before, after = written(pair.before), written(pair.after)
    if not before and after:
        yield pair.compatible("it has pages now", "x-pagination")
        return
    for number, style in enumerate(before):
        same = [each for each in after if each.get("style") == style.get("style")]
        yield from compare_style(pair, style, next(iter([*same, *after[number:]]), {}))
    if len(after) > len(before):
        yield pair.compatible("its pages can be asked for in another way too", "x-pagination")


def compare_style(pair: Pair, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    """Yield what changed in one style of pages."""
    for key in before:
        was, is_now = members(before[key]), members(after.get(key))
        if any(is_now.get(name) != value for name, value in was.items()):
            yield pair.breaking(f"the pages changed: x-pagination/{key} is not what it was", "x-pagination", key)
        elif len(is_now) > len(was):
            yield pair.compatible(f"x-pagination/{key} offers more", "x-pagination", key)


def written(operation: Place) -> list[dict[str, Any]]:
    """Return the styles of pages in the x-pagination of an operation as they are written; none where it has none."""
    declared = operation.below("x-pagination")
    styles = [] if declared is None else declared.value if isinstance(declared.value, list) else [declared.value]
    return [style for style in styles if isinstance(style, dict)]


def members(value: Any) -> dict[str, Any]:
    """Return the members of a value by name: filters and sort keys, to which more may be added without harm."""
    if not isinstance(value, dict):
        return {"": value}
    return value["keys"] | {"": value["parameter"]} if "keys" in value else value


def compare_headers(pair: Pair, status: str) -> Iterator[Finding]:
    before = headers(pair.before, status)
    after = headers(pair.after, status)
    answer = pair.after.below("responses", status)
    for name, header in before.items():
        now = after.get(name)
        if now is None:
            if pair.before.below("responses", status) is not None:
                yield pair.breaking(f"answer {status} lost its header {name}", at=answer)
        elif header.value.get("required") and not now.value.get("required"):
            yield pair.breaking(f"header {name} may be absent now", at=now)
        elif substance(header) != substance(now):
            yield pair.breaking(f"header {name} has other values than before", at=now)
    if pair.before.below("responses", status) is not None:
        for name in set(after) - set(before):
            yield pair.compatible(f"answer {status} has a new header {name}", at=after[name])


def headers(operation: Place, status: str) -> dict[str, Place]:
    """Return the headers of an answer by their names in lower case."""
    declared = operation.below("responses", status, "headers")
    return {} if declared is None else {name.lower(): place for name, place in declared.members().items()}


def substance(header: Place) -> Any:
    schema = header.below("schema")
    return None if schema is None else {key: value for key, value in schema.value.items() if key not in TEXT}
