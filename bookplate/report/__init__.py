"""Reports: one tree of results, shown on the terminal and written as JSON, as JUnit, as a page and to a GitHub workflow."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..contract.document import Document
from ..laws.catalogue import Catalogue
from ..laws.generated import FuzzingResult
from ..laws.verdict import Finding
from .github import annotate
from .junit import junit
from .page import page
from .scripts import write_scripts
from .terminal import Terminal
from .tree import tree

__all__ = ["Report"]


class Report:
    """Shows what goes on, and at the end what came of it; `output` is where files go."""

    def __init__(
        self,
        document: Document,
        catalogue: Catalogue,
        output: Path,
        *,
        seed: int,
        target: str,
        terminal: Terminal | None = None,
    ) -> None:
        self.document = document
        self.catalogue = catalogue
        self.output = output
        self.seed = seed
        self.target = target
        self.terminal = terminal or Terminal(sys.stdout)

    def progress(self, what: str, cases: int) -> None:
        self.terminal.progress(what, cases)

    def finish(
        self,
        findings: Iterable[Finding],
        fuzzing: FuzzingResult,
        *,
        stale: Sequence[str] = (),
        missing: Sequence[str] = (),
        notices: Sequence[str] = (),
        is_whole: bool = True,
        code: int,
        seconds: float,
    ) -> None:
        """
        Write every report; `code` is the exit code, `stale` what expectations no longer hold.

        `missing` is what keeps the service from being called conformant, which only a run claims that `is_whole`.
        """
        run: dict[str, Any] = {
            "target": self.target,
            "seed": self.seed,
            "seconds": round(seconds, 1),
            "exit_code": code,
        }
        run["notices"] = list(notices)  # what it did not do as usual, such as laws that are switched off
        results = tree(
            self.document,
            self.catalogue,
            findings,
            fuzzing,
            run=run,
            stale=stale,
            missing=missing,
            is_whole=is_whole,
        )
        write_scripts(results, self.output)
        self.output.mkdir(parents=True, exist_ok=True)
        text = json.dumps(results, indent=1, ensure_ascii=True)
        (self.output / "report.json").write_text(text + "\n", encoding="ascii")
        (self.output / "junit.xml").write_bytes(junit(results))
        (self.output / "report.html").write_bytes(page(results).encode())
        self.terminal.show(results, self.output)
        annotate(results, os.environ, sys.stdout)
