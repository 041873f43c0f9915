"""The bill of materials: what the wheel is locked to, as CycloneDX has it."""

import json
import re
import subprocess
import sys
from pathlib import Path

from .building import NotReleasable

PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)", re.MULTILINE)


def write_materials(repository: Path, file: Path) -> int:
    """Write the bill of materials of requirements/bookplate.txt, judged by CycloneDX' own schema; return its length."""
    command = [
        *(sys.executable, "-m", "cyclonedx_py", "requirements", "--pyproject", str(repository / "pyproject.toml")),
        *("--output-reproducible", "--validate", "--output-format", "JSON", "--output-file", str(file)),
        str(repository / "requirements/bookplate.txt"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReleasable(f"no bill of materials: {done.stderr.strip()}")
    lock = (repository / "requirements/bookplate.txt").read_text(encoding="utf-8")
    require_all(lock, json.loads(file.read_text(encoding="utf-8")))
    return len(PIN.findall(lock))


def require_all(lock: str, materials: dict[str, object]) -> None:
    """Raise NotReleasable where a bill of materials has other packages or other versions than a lock."""
    components = materials.get("components")
    assert isinstance(components, list)
    told = {(each["name"].lower(), each["version"]) for each in components}
    pinned = {(name.lower(), version) for name, version in PIN.findall(lock)}
    differing = sorted(f"{name} {version}" for name, version in told ^ pinned)
    if differing:
        raise NotReleasable(f"lock and bill of materials differ: {', '.join(differing)}")
