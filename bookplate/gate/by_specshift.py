"""The changes that specshift sees, each with the line it is about."""

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..contract.document import Document
from ..contract.place import spread_out
from ..target.config import SetUpError
from .finding import BREAKING, COMPATIBLE, Finding
from .place import find

# Its verdict on null has requests and answers the wrong way round, and it sees only half of security: ours are used.
OURS = ("Field no longer accepts null.", "Field now accepts a null value.")
ENTRY = "import sys; from specshift.cli import main; sys.exit(main())"


def compare_by_specshift(old: Document, new: Document) -> Iterator[Finding]:
    """Yield what specshift finds between two documents; raises SetUpError where it is not installed."""
    for change in changes(old, new):
        if change["category"] == "security" or change["message"] in OURS:
            continue
        location, message = pointed(change["location"], change["message"])
        level = BREAKING if change["severity"] == "breaking" else COMPATIBLE
        operation = operation_of(old, new, change["location"])
        subject = "" if "'" in message else last_step(location)
        yield Finding(level, where(old, new, location, change), f"{subject}{message}", operation)


def is_installed() -> bool:
    return importlib.util.find_spec("specshift") is not None


def where(old: Document, new: Document, location: str, change: dict[str, Any]) -> str:
    """Return the line a change is about: where it stands now or, of what is gone, where it stood."""
    place, arrived = find(new, location)
    before, was_there = find(old, location)
    if not arrived and was_there:
        place = before
    if change["change_type"] != "modified":
        return place.mention
    return place.schema().where if change["category"] == "schema" else place.where


def changes(old: Document, new: Document) -> list[dict[str, Any]]:
    """Return the changes in specshift's own form. Raises SetUpError."""
    if not is_installed():
        raise SetUpError("specshift is not installed: pip install specshift==1.5.0")
    with tempfile.TemporaryDirectory() as folder:
        sides = [Path(folder) / "old.json", Path(folder) / "new.json"]
        for side, document in zip(sides, (old, new), strict=True):
            side.write_text(json.dumps(with_nullable(spread_out(document))), encoding="utf-8")
        command = [sys.executable, "-c", ENTRY, "diff", *map(str, sides), "--format", "json", "--fail-on", "none"]
        # specshift reads .specshift.yml from its working directory: there is none in the folder.
        done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder, check=False)
    if done.returncode != 0 or not done.stdout.startswith("{"):
        lines = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise SetUpError(f"specshift could not compare the documents. It said: {lines[-1][:200]}")
    found: list[dict[str, Any]] = json.loads(done.stdout)["changes"]
    return found


def with_nullable(node: Any) -> Any:
    """Return a node with null as OpenAPI 3.0 writes it: specshift takes a list of types for another type."""
    if isinstance(node, list):
        return [with_nullable(member) for member in node]
    if not isinstance(node, dict):
        return node
    members = {name: with_nullable(member) for name, member in node.items()}
    types = members.get("type")
    if isinstance(types, list) and "null" in types and len(types) == 2:
        (other,) = (name for name in types if name != "null")
        members |= {"type": other, "nullable": True}
    return members


def pointed(location: str, message: str) -> tuple[str, str]:
    """Lead on to the parameter or answer that only the message names, and say the message in house style."""
    for pattern, step in ((r"parameter.*?'([^']+)'", "parameter '{}'"), (r"response '([^']+)'", "response {}")):
        named = re.search(pattern, message, re.IGNORECASE)
        if named and " > " not in location:
            return f"{location} > {step.format(named[1])}", sentence(message)
    return location, sentence(message)


def sentence(message: str) -> str:
    return f"{message[:1].lower()}{message[1:]}".rstrip(".")


def last_step(location: str) -> str:
    """Return the innermost field of a location, as the start of a sentence."""
    step = location.rpartition(" > ")[2]
    return f"{step}: " if step.startswith("field") else ""


def operation_of(old: Document, new: Document, location: str) -> str:
    """Return the id of the operation that a location begins with; empty where it names none."""
    method, _, path = location.partition(" > ")[0].partition(" ")
    for operation in (*new.operations, *old.operations):
        if (operation.method, operation.path) == (method, path):
            return operation.id
    return ""
