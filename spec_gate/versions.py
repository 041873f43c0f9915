"""Released documents, and what their versions promise."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bookplate.contract.document import Document

from .finding import BREAKING, COMPATIBLE, ERROR, Finding, Missing

NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
NONE = "none"


@dataclass(frozen=True, order=True)
class Version:
    """Three numbers, as Semantic Versioning 2.0.0 has them."""

    major: int
    minor: int
    patch: int

    @classmethod
    def read(cls, text: object) -> "Version | None":
        told = NUMBER.fullmatch(str(text))
        return cls(*map(int, told.groups())) if told else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def after(self, verdict: str) -> "Version":
        """Return the least version that may follow; while the major number is 0, each step is one place lower."""
        if verdict == NONE:
            return self
        if self.major == 0:
            breaking = verdict == BREAKING
            return Version(0, self.minor + 1, 0) if breaking else Version(0, self.minor, self.patch + 1)
        return Version(self.major + 1, 0, 0) if verdict == BREAKING else Version(self.major, self.minor + 1, 0)


def verdict_of(findings: list[Finding]) -> str:
    """Return breaking, compatible or none: the worst of what was found."""
    levels = {finding.level for finding in findings}
    return BREAKING if BREAKING in levels else COMPATIBLE if levels else NONE


def last_released(folder: Path) -> tuple[Version, Path]:
    """Return the highest version in a folder of released documents; raises Missing where there is none."""
    found = [(version, path) for path in folder.glob("*.yaml") if (version := Version.read(path.stem))]
    if not found:
        raise Missing(f"{folder} holds no released document: copy openapi/openapi.yaml there as VERSION.yaml")
    return max(found)


def compare_versions(old: Document, new: Document, verdict: str) -> Iterator[Finding]:
    """Yield what is wrong with info.version, given what changed."""
    released, version = (Version.read(document.info.version) for document in (old, new))
    where = new.where("/info/version")
    if released is None or str(released) != old.path.stem:
        yield Finding(
            ERROR, old.where("/info/version"), f"info.version is not that of the file's name, {old.path.stem}"
        )
    elif version is None:
        yield Finding(ERROR, where, "info.version is not three numbers, such as 1.0.0")
    elif version < released.after(verdict):
        least = released.after(verdict)
        yield Finding(
            ERROR, where, f"info.version is {version}: what is {verdict} since {released} needs {least} or later"
        )
