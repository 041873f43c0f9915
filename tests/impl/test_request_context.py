"""Each field of the request's context has one writer, and the table in its docstring names it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields

from impl.request_context import RequestContext

from .reference_server import ROOT

IMPL = ROOT / "impl"
ROW = re.compile(r"^ *\| (`.+?`) \| .+ \| `(\S+\.py)` \|$", re.MULTILINE)
NAMES = {field.name for field in fields(RequestContext)}
# Objects that a context is made with, and that the named writer fills: they are handed on under other names.
FILLED = {"rate_limit_fields": "backends/limiter.py", "redis_wait": "backends/bounded_redis.py"}


def stated() -> dict[str, str]:
    """Return the writer of each field, as the table names it."""
    rows = ROW.findall(RequestContext.__doc__ or "")
    return {name: writer for names, writer in rows for name in re.findall(r"`(\w+)`", names)}


def attributes(target: ast.expr) -> Iterator[ast.Attribute]:
    """Yield what an assignment sets of objects, also where it sets several at once or one item of what they hold."""
    if isinstance(target, ast.Tuple):
        for each in target.elts:
            yield from attributes(each)
    elif isinstance(target, ast.Subscript):
        yield from attributes(target.value)
    elif isinstance(target, ast.Attribute):
        yield target


def written(tree: ast.AST) -> Iterator[str]:
    """Yield the fields of a request's context that some code sets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for each in attributes(target):
                    if isinstance(each.value, ast.Name) and each.value.id == "request":
                        yield each.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RequestContext":
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)


def writers() -> dict[str, set[str]]:
    """Return the files of impl/ that write each field."""
    found: dict[str, set[str]] = {}
    for path in IMPL.rglob("*.py"):
        for name in written(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(name, set()).add(path.relative_to(IMPL).as_posix())
    return found


def test_every_field_is_in_the_table() -> None:
    """The table has each field once, and names files that are there."""
    assert stated().keys() == NAMES
    assert [name for name in stated().values() if not (IMPL / name).is_file()] == []


def test_each_field_has_the_writer_that_the_table_names() -> None:
    """No other file sets a field, and the one that is named does."""
    assert writers() | {name: {path} for name, path in FILLED.items()} == {
        name: {path} for name, path in stated().items()
    }


def test_filled_objects_are_only_handed_on() -> None:
    """Beside the writer, code passes these objects on or reads them, and never fills them."""
    assert not FILLED.keys() & writers().keys()
    assert [*written(ast.parse("request.rate_limit_fields['x'] = 'y'"))] == ["rate_limit_fields"]
