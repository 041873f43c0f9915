"""Old names in the extension keys of the document: each stops the start, with its line and the name that it has now."""

from collections.abc import Iterator
from typing import Any

import yaml

# The extension key, the member that it had, the new name, and where that stands.
RENAMED = (
    ("x-rate-limit", "sizes", "x-size-limits", "beside x-rate-limit"),
    ("x-unique", "twins", "equivalent", "in its place"),
    ("x-cache", "lag", "max-staleness", "in its place"),
    ("x-access", "otherwise", "refusal", "in its place"),
)
Steps = tuple[str | int, ...]


def find_old_name(raw: Any, text: str) -> str | None:
    """Return the line of an old name in a document with this text, and what to write instead; None without one."""
    for steps, told in _old_names(raw):
        return f"{_line_of(text, steps)}: {told}"
    return None


def _old_names(raw: Any) -> Iterator[tuple[Steps, str]]:
    """Yield the keys and indexes that lead to each old name, and what to write instead."""
    pending: list[tuple[Steps, Any]] = [((), raw)]
    while pending:
        steps, node = pending.pop(0)
        if isinstance(node, list):
            pending += [((*steps, index), member) for index, member in enumerate(node)]
        if isinstance(node, dict):
            pending += [((*steps, name), member) for name, member in node.items()]
            for key, old, new, where in RENAMED:
                if steps[-1:] == (key,) and old in node:
                    yield (*steps, old), f"`{old}` of {key} is called `{new}` now: write that {where}"


def _line_of(text: str, steps: Steps) -> int:
    """Return the line of the member of a YAML text that these keys and indexes lead to."""
    node: Any = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    line = 1
    for step in steps:
        if isinstance(step, int):
            node = node.value[step]
        else:
            name, node = next(pair for pair in node.value if str(pair[0].value) == str(step))
            line = name.start_mark.line + 1
    return line
