"""Released documents, and how far info.version has to rise after a change."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..contract.document import Document
from ..target.config import SetUpError
from .changes import NONE
from .finding import BREAKING, ERROR, Finding

NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, order=True)
class Version:
    """Three numbers, as Semantic Versioning 2.0.0 has them."""

    major: int
    minor: int
    patch: int

    @classmethod
    def read(cls, text: object) -> "Version | None":
        match = NUMBER.fullmatch(str(text))
        return cls(*map(int, match.groups())) if match else None

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


def last_released(folder: Path) -> Path:
    """Return the file with the highest version in a folder of VERSION.yaml; raises SetUpError where there is none."""
    files = (path for path in folder.iterdir() if path.suffix in SUFFIXES)
    versions = [(version, path) for path in files if (version := Version.read(path.stem))]
    if not versions:
        raise SetUpError(f"{folder} holds no released document: copy one there as VERSION.yaml, such as 1.0.0.yaml")
    return max(versions)[1]


def check_version(old: Document, new: Document, verdict: str) -> Iterator[Finding]:
    """Yield what is wrong with info.version, when what changed between the two documents has this verdict."""
    released, version = (Version.read(version_of(document)) for document in (old, new))
    if released is None or version is None:
        unreadable = new if version is None else old
        message = "info.version is not three numbers: write one such as 1.0.0"
        yield Finding(ERROR, unreadable.where("/info/version"), message)
    elif version < released.after(verdict):
        least = released.after(verdict)
        message = f"info.version is {version}: what is {verdict} since {released} needs {least} or later"
        yield Finding(ERROR, new.where("/info/version"), message)


def check_name(released: Document) -> Iterator[Finding]:
    """Yield a finding where a released document has another version than its file's name says."""
    if version_of(released) != released.path.stem:
        message = f"info.version is not that of the file's name: write {released.path.stem}, or rename the file"
        yield Finding(ERROR, released.where("/info/version"), message)


def version_of(document: Document) -> str:
    """Return info.version as a text; empty where the document has none."""
    return document.info.version
