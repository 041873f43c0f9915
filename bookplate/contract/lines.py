"""YAML with the line of every node, for failures that point at the document."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml


class DocumentError(Exception):
    """Say where the document is wrong, and how to mend it, in one line."""


class PlainLoader(yaml.SafeLoader):
    """Read dates as the strings they are: JSON knows no dates."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> tuple[Any, dict[str, str]]:
    """
    Return the content of a YAML file and the place, file and line, of each JSON pointer in it.

    Raises DocumentError for a file that cannot be read, a syntax mistake or a key written twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
        # JSON may be indented with tabs and YAML may not; inside a text, JSON has no tab.
        loader = PlainLoader(text.replace("\t", " ") if path.suffix == ".json" else text)
        node = loader.get_single_node()
        places = {"": f"{path}:1"} if node is None else places_below(node, path)
        return None if node is None else with_text_keys(loader.construct_document(node)), places
    except OSError as problem:
        raise DocumentError(f"{path}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise DocumentError(f"{path}: is not UTF-8: save it as UTF-8") from problem
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 1
        raise DocumentError(f"{path}:{line}: YAML: {problem.problem}: mend the line or the one above it") from problem
    except yaml.YAMLError as problem:
        raise DocumentError(f"{path}:1: YAML: {problem}") from problem


def places_below(root: yaml.Node, path: Path) -> dict[str, str]:
    places: dict[str, str] = {}
    pending = [("", root, root.start_mark.line + 1)]
    while pending:
        pointer, node, line = pending.pop()
        places[pointer] = f"{path}:{line}"
        if isinstance(node, yaml.MappingNode):
            refuse_twins(node, path)
            pending += [(f"{pointer}/{escape(k.value)}", v, k.start_mark.line + 1) for k, v in node.value]
        elif isinstance(node, yaml.SequenceNode):
            pending += [(f"{pointer}/{i}", v, v.start_mark.line + 1) for i, v in enumerate(node.value)]
    return places


def place(places: Mapping[str, str], pointer: str) -> str:
    """Return where a JSON pointer stands, or the nearest node above it that has a place; empty where none has."""
    while pointer and pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places.get(pointer, "")


def refuse_twins(node: yaml.MappingNode, path: Path) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise DocumentError(f"{path}:{key.start_mark.line + 1}: a key is no plain text: quote it")
        if key.value in seen:
            raise DocumentError(f"{path}:{key.start_mark.line + 1}: key '{key.value}' stands twice: remove one")
        seen.add(key.value)


def with_text_keys(value: Any) -> Any:
    """YAML reads an unquoted `200:` as a number; JSON, and OpenAPI with it, has only text keys."""
    if isinstance(value, dict):
        return {str(key): with_text_keys(member) for key, member in value.items()}
    if isinstance(value, list):
        return [with_text_keys(member) for member in value]
    return value


def escape(key: str) -> str:
    """Return a key as a segment of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def written(parts: Iterable[str | int]) -> str:
    """Return keys and indexes as a JSON pointer."""
    return "".join(f"/{escape(str(part))}" for part in parts)
