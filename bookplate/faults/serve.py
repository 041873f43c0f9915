"""Serve an import string with room for a fault: `python -m bookplate.faults.serve NAME --port N --order FILE`."""

import argparse
from pathlib import Path

from ..target.serve import load, run
from .wrapper import Faulty


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--order", type=Path, required=True, metavar="FILE", help="names the fault that is put in")
    options = parser.parse_args()
    run(Faulty(load(options.name), options.order), options.port, date_header=False)


if __name__ == "__main__":
    main()
