"""sdist and wheel of a commit, built twice in different places: the same commit gives the same bytes."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.archives import unpack


class NotReleasable(Exception):
    """What is in the way of a release, in a sentence."""


def export(repository: Path, folder: Path) -> Path:
    """Write the files of the last commit into a folder, and nothing that is not committed; return the folder."""
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=repository, capture_output=True, check=True)
    subprocess.run(["tar", "--extract"], cwd=folder, input=archive.stdout, check=True)
    return folder


def time_of_commit(repository: Path) -> str:
    """Return when the last commit was made, in seconds: the time of every file in sdist and wheel."""
    command = ["git", "log", "-1", "--format=%ct"]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout.strip()


def build(source: Path, kind: str, folder: Path, epoch: str) -> Path:
    """Build an `sdist` or a `wheel` from a folder of sources and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    known = set(folder.iterdir())
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)]
    subprocess.run(command, cwd=source, env=os.environ | {"SOURCE_DATE_EPOCH": epoch}, check=True, capture_output=True)
    [made] = set(folder.iterdir()) - known
    return made


def build_twice(repository: Path, work: Path, dist: Path) -> Mapping[str, str]:
    """
    Build sdist and wheel into `dist`, and return the SHA-256 of each by its name.

    They are built a second time in another place, the wheel from the sdist as pip would; raises NotReleasable where a
    byte differs.
    """
    epoch = time_of_commit(repository)
    first, second = export(repository, work / "first"), export(repository, work / "somewhere/else")
    for kind in ("sdist", "wheel"):
        build(first, kind, dist, epoch)
    again = work / "again"
    sdist = build(second, "sdist", again, epoch)
    build(unpacked(sdist, work / "unpacked"), "wheel", again, epoch)
    require_equal(digests(dist), digests(again))
    return digests(dist)


def unpacked(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist and return its one folder."""
    unpack(sdist, folder)
    [inside] = folder.iterdir()
    return inside


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder by its name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def require_equal(first: Mapping[str, str], second: Mapping[str, str]) -> None:
    """Raise NotReleasable where two builds have files of other names or other bytes."""
    differing = sorted(name for name in {*first, *second} if first.get(name) != second.get(name))
    if differing:
        raise NotReleasable(f"two builds of one commit differ: {', '.join(differing)}")
