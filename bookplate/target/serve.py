"""Serve an import string for the suite: `python -m bookplate.target.serve package.module:name --port N`."""

import argparse
import importlib
import inspect
import logging.config
import sys
from typing import Any

import uvicorn
from uvicorn.config import LOGGING_CONFIG


def load(name: str) -> Any:
    """
    Return the ASGI application that an import string names, calling it where it is a factory.

    Ends the process with one line where the name leads nowhere.
    """
    # Set up later, these would close the handlers that the application has set up by then.
    logging.config.dictConfig(LOGGING_CONFIG)
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute or "app")
    except (ImportError, AttributeError) as problem:
        sys.exit(f"{name} cannot be loaded: {problem}")
    if inspect.isfunction(found) and not any(
        parameter.default is parameter.empty for parameter in inspect.signature(found).parameters.values()
    ):
        found = found()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    run(load(options.name), options.port)


def run(app: Any, port: int, *, date_header: bool = True) -> None:
    """Serve an application until the process is told to end; without `date_header` it has to give answers a Date itself."""
    # From loopback uvicorn would believe X-Forwarded-For; httptools has no ceiling for headers.
    uvicorn.run(
        app,
        port=port,
        http="h11",
        proxy_headers=False,
        log_config=None,
        log_level="warning",
        access_log=False,
        date_header=date_header,
    )


if __name__ == "__main__":
    main()
