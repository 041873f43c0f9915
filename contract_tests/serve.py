"""Serve an import string for the suite: `python -m contract_tests.serve package.module:name --port N`."""

import argparse
import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

import uvicorn

from .fault import Faulty


def load(name: str) -> Any:
    """
    Return the ASGI application that an import string names, calling it where it is a factory.

    Raises ImportError or AttributeError where the name leads nowhere.
    """
    module, _, attribute = name.partition(":")
    found = getattr(importlib.import_module(module), attribute or "app")
    if inspect.isfunction(found) and not any(
        parameter.default is parameter.empty for parameter in inspect.signature(found).parameters.values()
    ):
        found = found()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--faulty", type=Path, metavar="FILE", help="wrap it in the fault that this file names")
    options = parser.parse_args()
    try:
        app = load(options.name)
    except (ImportError, AttributeError) as problem:
        sys.exit(f"{options.name} cannot be loaded: {problem}")
    if options.faulty:
        app = Faulty(app, options.faulty)
    # From loopback uvicorn would believe X-Forwarded-For; httptools has no ceiling for headers.
    uvicorn.run(app, port=options.port, http="h11", proxy_headers=False, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
