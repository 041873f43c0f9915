"""
Reports: one tree of results, from which all others are made.

It is shown on the terminal, and written as JSON, JUnit, SARIF, HAR, Markdown, a page and annotations of GitHub.
"""

import datetime
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..contract.document import Document
from ..laws.catalogue import Catalogue
from ..laws.generated import FuzzingResult
from ..laws.verdict import Finding
from .comparison import Earlier, comparison
from .files import write
from .github import addresses, annotate
from .scripts import write_scripts
from .terminal import Terminal
from .tree import tree

__all__ = ["Report"]


class Report:
    """
    Shows what goes on, and at the end what came of it; `output` is where files go.

    `command` is the command line of the run without its secrets, `settings` the file of the settings, and `earlier` the
    run to compare with.
    """

    def __init__(
        self,
        document: Document,
        catalogue: Catalogue,
        output: Path,
        *,
        seed: int,
        target: str,
        terminal: Terminal | None = None,
        command: str = "",
        settings: str = "",
        earlier: Earlier | None = None,
    ) -> None:
        self.document = document
        self.catalogue = catalogue
        self.output = output
        self.seed = seed
        self.target = target
        self.terminal = terminal or Terminal(sys.stdout)
        self.command = command
        self.settings = settings
        self.earlier = earlier
        self.started = datetime.datetime.now(datetime.UTC)

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
            "command": self.command,
            "settings": self.settings,
            "bookplate": __version__,
            "started": self.started.isoformat(timespec="seconds"),
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
        if self.earlier is not None:
            results["comparison"] = comparison(results, self.earlier)
        write_scripts(results, self.output)
        write(results, self.output, addresses(os.environ), os.environ.get("GITHUB_WORKSPACE", ""))
        self.terminal.show(results, self.output)
        annotate(results, os.environ, sys.stdout)
