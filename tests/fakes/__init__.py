"""Services that the tests of the suite check: honest ones of several styles, and some with a known defect."""

from pathlib import Path

FOLDER = Path(__file__).parent
