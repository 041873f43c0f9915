"""The scripts of failures as files: each shows one failure to somebody who has the file and a server."""

import re
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..wire.script import SERVER

FOLDER = "scripts"
# Where a script sets the address of a server, unless whoever runs it has set it.
SET = re.compile(r"^(BASE(?:_\d+)?)=\$\{", re.MULTILINE)


def write_scripts(results: Mapping[str, Any], output: Path) -> None:
    """
    Write a script for each failure and warning that can be sent again, and note its path in the finding as `script`.

    Those of an earlier run are removed.
    """
    folder = output / FOLDER
    if folder.is_dir():
        for old in folder.glob("*.sh"):
            old.unlink()
    used: Counter[str] = Counter()
    for finding in results["findings"]:
        if not finding["curl"]:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name_of(finding, used)
        path.write_text(text_of(finding, path), encoding="utf-8", errors="backslashreplace")
        finding["script"] = str(path)


def name_of(finding: Mapping[str, Any], used: Counter[str]) -> str:
    """Return the file's name for a finding, such as PAGE-01-list_books.sh; names that would be the same get a number."""
    stem = "-".join(
        filter(None, (finding["rule"], re.sub(r"[^\w.-]+", "_", finding["operation"] or "", flags=re.ASCII)))
    )
    used[stem] += 1
    return f"{stem}{f'-{used[stem]}' if used[stem] > 1 else ''}.sh"


def text_of(finding: Mapping[str, Any], path: Path) -> str:
    """Return the script of a finding with a head that says what it shows and how it is used."""
    where = f" at {finding['operation']}" if finding["operation"] else ""
    head = [f"{finding['rule']}{where}: {' '.join(finding['observed'].split())}"]
    head += [f"expected: {' '.join(finding['expected'].split())}"] if finding["expected"] else []
    head += [f"{number}. {step}" for number, step in enumerate(steps(finding, path), 1)]
    return "\n".join(["#!/bin/sh", *(f"# {line}" for line in head), finding["curl"], ""])


def steps(finding: Mapping[str, Any], path: Path) -> list[str]:
    """Return what somebody does to see a failure by its script."""
    start = start_of(finding["curl"])
    first = f"in the folder of this run:  {start}" if start else "start the service that was checked, unless it runs"
    names = dict.fromkeys(each[1] for each in SET.finditer(finding["curl"])) or {"BASE": None}
    given = " ".join(f"{name}=http://..." for name in names)
    elsewhere = "a server elsewhere" if len(names) == 1 else "servers elsewhere"
    return [first, f"beside it:  sh {shlex.quote(str(path))}   ({given} before it, for {elsewhere})"]


def start_of(script: str) -> str:
    """Return the command that starts the server, for readers who have none running; empty where it is not known."""
    named = (line.removeprefix(SERVER) for line in script.splitlines() if line.startswith(SERVER))
    return next(named, "")
