"""deploy/bookplate@.service as systemd reads it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "bookplate@.service"
SHIPPED = "/opt/bookplate/.venv/bin/python"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd IS NOT INSTALLED: the unit was not read")
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """But for the path of the program, which is one of here."""
    text = UNIT.read_text(encoding="utf-8")
    (tmp_path / UNIT.name).write_text(text.replace(SHIPPED, sys.executable), encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / UNIT.name)], capture_output=True, text=True, check=False
    )

    assert text.count(SHIPPED) == 1
    assert (done.returncode, done.stderr) == (0, "")


def test_it_stops_no_earlier_than_the_server_does() -> None:
    """DRAIN_SECONDS in production and STOP_SECONDS, as docs/settings.md has them, fit into its time."""
    line = next(line for line in UNIT.read_text(encoding="utf-8").splitlines() if line.startswith("TimeoutStopSec="))

    assert int(line.partition("=")[2]) > 2 + 10
