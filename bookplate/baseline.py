"""Today's failures, written into the settings as expected, so that a service with faults can start."""

import datetime
import json
import os
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from .laws.catalogue import Catalogue
from .laws.known_failures import name_of
from .laws.verdict import CONFORMANT, UNCHECKED, Finding, Verdict
from .target.config import SetUpError
from .target.settings_file import NAME, PROJECT


class Baseline:
    """
    The expected failures of a settings file: bookplate.toml of the current folder where `path` is None.

    What is written is put behind what stands in the file, so that nothing of it is lost. An entry that is there already
    is left as it is: it is renewed by hand.
    """

    def __init__(self, path: Path | None, catalogue: Catalogue, until: datetime.date, reason: str) -> None:
        self.path = path or Path(NAME)
        self.catalogue = catalogue
        self.until = until
        self.reason = reason

    def require_writable(self) -> None:
        """Raise SetUpError where the file cannot be written to."""
        place = self.path if self.path.exists() else self.path.parent
        if not os.access(place, os.W_OK):
            raise SetUpError(
                f"{self.path}: cannot be written to: start where it can, or name another file with --config"
            )

    def write(self, findings: Iterable[Finding]) -> int:
        """
        Write each failure into the file and print how many there are; return 0, or 3 where a MUST was not checked.

        Raises SetUpError where the file has a form that nothing can be put behind.
        """
        findings = list(findings)
        names = sorted({name_of(each) for each in findings if each.verdict is Verdict.FAILED})
        if names:
            before = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
            entries = "\n".join(self.lines(names))
            text = f"{before}\n{entries}" if before else entries
            self.require_sound(text)
            self.path.write_text(text, encoding="utf-8")
        expected = "1 failure is expected" if len(names) == 1 else f"{len(names)} failures are expected"
        print(f"{self.path}: {expected} until {self.until}" if names else "nothing failed")
        is_unchecked = any(each.verdict is Verdict.NOT_CHECKED and each.level == "MUST" for each in findings)
        return UNCHECKED if is_unchecked else CONFORMANT

    def lines(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the lines of the entries."""
        table = "tool.bookplate.expected" if self.path.name == PROJECT else "expected"
        for name in names:
            law = self.catalogue[name.partition(" ")[0]]
            yield f"# {law.text}"
            yield f"[{table}.{quoted(name)}]"
            yield f"reason = {quoted(self.reason)}"
            yield f"until = {self.until}"
            yield ""

    def require_sound(self, text: str) -> None:
        """Raise SetUpError where a text is no TOML."""
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            raise SetUpError(
                f"{self.path}: nothing can be put behind it ({problem}): write `expected` as a table, [expected]"
            ) from problem


def quoted(text: str) -> str:
    """Return a text as a basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
