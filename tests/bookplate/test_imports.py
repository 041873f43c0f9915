"""What a command that only reads laws must not pay for: libraries that take longer to import than all laws together."""

import subprocess
import sys

import pytest

HEAVY = ("pytest", "schemathesis", "hypothesis", "httpx")
LOADED = "import sys; from bookplate.laws.catalogue import Catalogue; print(len(Catalogue.shipped()), *sys.modules)"


@pytest.mark.parametrize("statement", ["import bookplate", "import bookplate.cli"])
def test_laws_are_loaded_without_what_runs_them(statement: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}; {LOADED}"], capture_output=True, text=True, check=True, timeout=60
    )

    count, *modules = done.stdout.split()
    assert int(count) > 0
    assert not {*HEAVY} & {*modules}
