"""The settings of a check: as `bookplate init` wrote them, and then as a person has changed them."""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .environment import ROOT
from .services import Service

CHANGES = "changes.diff"


def write_init(service: Service, url: str, folder: Path) -> None:
    """Let `bookplate init` write its files to a folder, which is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    document = ("--document", url + service.document) if service.document else ()
    command = [sys.executable, "-m", "bookplate", "init", url, *document, *service.identity]
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    variables = os.environ | {"PYTHONPATH": paths}
    subprocess.run(command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, check=True)


def written_otherwise(service: Service, folder: Path) -> list[str]:
    """Return the names of the files of a folder that are not those of the service's `init`."""
    known = service.folder / "init"
    names = sorted({path.name for place in (known, folder) for path in place.iterdir()})
    _, different, missing = filecmp.cmpfiles(known, folder, names, shallow=False)
    return sorted(different + missing)


def write_changed(service: Service, folder: Path) -> Path:
    """Write what `init` wrote to a folder, with a person's changes; return the settings file."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(service.folder / "init", folder)
    changes = service.folder / CHANGES
    if changes.exists():
        # Git takes the folder for one outside of a repository, so that it reads the paths from there.
        variables = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)}
        subprocess.run(["git", "apply", str(changes)], cwd=folder, env=variables, check=True)
    return folder / "bookplate.toml"
