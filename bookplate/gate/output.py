"""How findings are printed: one line for each, and an annotation where GitHub runs the command."""

import os
from collections.abc import Sequence

from ..report.github import message_text, property_text
from .finding import Finding


def show(finding: Finding, operations: Sequence[str] = (), *, label: str = "", annotation: str = "error") -> None:
    """Print `FILE:LINE: label: message (operations)`; `annotation` is GitHub's error or notice, or empty for none."""
    where = f" ({', '.join(operations)})" if operations else ""
    head = f"{label}: " if label else ""
    print(f"{finding.place}: {head}{finding.message}{where}")
    if annotation and os.environ.get("GITHUB_ACTIONS") == "true":
        file, _, line = finding.place.rpartition(":")
        print(f"::{annotation} file={property_text(file)},line={line}::{message_text(finding.message)}")
