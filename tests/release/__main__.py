"""Make a release of the last commit and try it, all but the publishing; `--tag` also asks whether it is that version's."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import bookplate

from .building import NotReleasable, build_twice
from .materials import write_materials
from .trial import require_data, try_wheel

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "build/release"


def require_version(tag: str, changes: str) -> None:
    """Raise NotReleasable where a tag is not that of this version, or the changelog has no section of it."""
    if tag != f"v{bookplate.__version__}":
        raise NotReleasable(f"the tag {tag} is not that of bookplate {bookplate.__version__}: v{bookplate.__version__}")
    if f"\n## {bookplate.__version__}" not in changes:
        raise NotReleasable(f"CHANGELOG.md has no section of {bookplate.__version__}: give its changes that heading")


def release(tag: str | None) -> None:
    """Make and try a release in build/release; raises NotReleasable."""
    if tag is not None:
        require_version(tag, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    shutil.rmtree(OUTPUT, ignore_errors=True)
    dist = OUTPUT / "dist"
    dist.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name, digest in build_twice(ROOT, work, dist).items():
            say(f"{name}: twice the same bytes, sha256 {digest}")
        [wheel] = dist.glob("*.whl")
        say(f"{wheel.name}: {require_data(wheel)} files, all its own")
        materials = OUTPUT / "bookplate.cdx.json"
        say(f"{materials.name}: {write_materials(ROOT, materials)} packages, valid CycloneDX")
        say(f"bookplate check, installed in an empty folder: {try_wheel(ROOT, wheel, work)}")


def say(text: str) -> None:
    print(f"{time.monotonic() - STARTED:5.1f} s  {text}", flush=True)


STARTED = time.monotonic()

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tox -e release --", description=__doc__)
    parser.add_argument("--tag", help="the tag of the release, such as v0.1.0")
    try:
        release(parser.parse_args().tag)
    except NotReleasable as problem:
        sys.exit(f"release: {problem}")
