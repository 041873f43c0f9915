"""An environment of its own for each service, so that its packages meet none of ours."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
BUILD = ROOT / "build" / "foreign"


@dataclass(frozen=True)
class Environment:
    """The folder of a service below build/foreign."""

    folder: Path

    @property
    def programs(self) -> Path:
        """Where its programs are."""
        return self.folder / "venv" / "bin"

    @property
    def work(self) -> Path:
        """Where it may write."""
        return self.folder / "work"

    @property
    def settings(self) -> Path:
        """Where the settings of the check are: those that init wrote, with a person's changes."""
        return self.folder / "settings"

    @property
    def report(self) -> Path:
        """Where the check of it writes."""
        return self.folder / "report"


def installed(name: str) -> Environment:
    """Return the environment of a service, made anew where its requirements have changed since."""
    environment = Environment(BUILD / name)
    environment.folder.mkdir(parents=True, exist_ok=True)
    requirements = REQUIREMENTS / f"foreign-{name}.txt"
    known = environment.folder / "installed.txt"
    if known.exists() and known.read_text(encoding="utf-8") == requirements.read_text(encoding="utf-8"):
        return environment
    venv.create(environment.folder / "venv", clear=True, with_pip=True)
    python = str(environment.programs / "python")
    command = [python, "-I", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)]
    subprocess.run(command, stdout=sys.stderr, check=True)
    known.write_text(requirements.read_text(encoding="utf-8"), encoding="utf-8")
    return environment
