"""The files of a report: every form of one tree of results, and a page for each of its laws."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .har import har
from .junit import junit
from .markdown import Addresses, beside_the_report, markdown
from .page import page
from .rule_page import rule_page
from .rules import FOLDER
from .sarif import sarif

REPORT = "report.json"


def write(
    results: Mapping[str, Any], output: Path, address: Addresses = beside_the_report, workspace: str = ""
) -> None:
    """
    Write every report of the results to a folder, which is made where it is not there.

    `address` gives the page of a law for the Markdown, which is often read elsewhere. `workspace` is the folder of the
    repository in a workflow, which reads the paths of files from there.
    """
    (output / FOLDER).mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=True)
    (output / REPORT).write_text(text + "\n", encoding="ascii")
    (output / "junit.xml").write_bytes(junit(results))
    (output / "report.html").write_bytes(page(results).encode())
    (output / "report.sarif").write_text(sarif([results], workspace=workspace), encoding="ascii")
    (output / "report.har").write_bytes(archived([results]))
    (output / "report.md").write_text(markdown(results, address), encoding="utf-8")
    for rule in results["rules"]:
        (output / rule["page"]).write_text(rule_page(rule), encoding="utf-8")


def archived(runs: list[Mapping[str, Any]]) -> bytes:
    """Return the archive of exchanges; what is half of a character stands as an escape of JSON."""
    return har(runs).encode("utf-8", "backslashreplace")
