"""Overlays: what is said of a document that cannot be edited (OpenAPI Overlay Specification 1.0)."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonpath import JSONPathEnvironment, JSONPathError
from jsonschema import Draft202012Validator

from .lines import DocumentError, place, written
from .pointer import look_up
from .reading import read

SHAPE = Draft202012Validator(json.loads(Path(__file__).with_name("overlay.schema.json").read_text(encoding="utf-8")))
PATHS = JSONPathEnvironment(strict=True)  # RFC 9535 and nothing beyond it


def lay_over(raw: dict[str, Any], path: Path) -> dict[str, str]:
    """
    Change a document as an overlay says; return where each thing that it may have added stands.

    A mistake raises DocumentError, and so does a target that selects nothing: it would go unnoticed.
    """
    there = read(path)
    content, places = there.value, there.places
    for mistake in there.mistakes:
        raise DocumentError(str(mistake))
    for error in SHAPE.iter_errors(content):
        where = place(places, written(error.absolute_path))
        raise DocumentError(f"{where}: {error.message[:200]}: write an Overlay 1.0")
    laid: dict[str, str] = {}
    for number, action in enumerate(content["actions"]):
        update = f"/actions/{number}/update"
        added = {each.removeprefix(update): where for each, where in places.items() if each.startswith(f"{update}/")}
        try:
            for pointer in perform(action, raw):
                laid |= {pointer + rest: where for rest, where in added.items()}
        except (JSONPathError, ValueError) as problem:
            where = places[f"/actions/{number}/target"]
            raise DocumentError(f"{where}: {str(problem).splitlines()[0]}: mend the action") from problem
    return laid


def perform(action: dict[str, Any], raw: dict[str, Any]) -> Iterator[str]:
    """Do what an action says and yield the pointer of each node; a mistake raises ValueError."""
    found = list(PATHS.finditer(action["target"], raw))
    if not found:
        raise ValueError(f"{action['target']} selects nothing in the document")
    for match in reversed(found):
        update = copy.deepcopy(action.get("update"))
        if action.get("remove") and match.parts:
            del look_up(raw, written(match.parts[:-1]))[match.parts[-1]]
        elif isinstance(match.obj, list):
            match.obj.append(update)
        elif isinstance(match.obj, dict) and isinstance(update, dict):
            match.obj.update(merged(match.obj, update))
        else:
            raise ValueError(f"{match.path} is no array, nor is it an object that is updated with an object")
        yield written(match.parts)


def merged(old: Any, new: Any) -> Any:
    """Return a value with another merged into it: objects member by member, arrays one after the other."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: merged(old.get(name), value) for name, value in new.items()}
    return old + new if isinstance(old, list) and isinstance(new, list) else new
