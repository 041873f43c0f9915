"""The steps that bring a database up to date."""

from pathlib import Path

FOLDER = str(Path(__file__).parent)
