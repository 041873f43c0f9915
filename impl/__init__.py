"""
The reference implementation of the Bookplate contract: a plug-in like any other.

Each folder is a room that its `__init__.py` explains in one sentence; `app.py` puts them together. A room imports only what
stands below it, from top to bottom: `server`, `app.py`, `connexion_adapters` and `background`, `handlers.py`, `edge`,
`services.py`, `metrics`, the features (`auth`, `books`, `users`, `system`), `migrations`, `request_context.py`, `backends`,
`representation`, `contract`, `settings.py`, and last `addresses`, `problems.py` and `process`. The layers of import-linter in
pyproject.toml hold it.

A request passes through the steps that `edge/steps.py` lists, in that order; its handler gets what its parameters name.
"""

import sys
import warnings
from typing import TYPE_CHECKING, Any

# connexion imports its test client and an old resolver with itself; neither is used here.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
warnings.filterwarnings("ignore", category=DeprecationWarning, message="jsonschema.Ref")

if TYPE_CHECKING:
    from flask import Flask

    from .app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """
    Import `create_app` for those who ask for it: it takes a second, in which `python -m impl` already hears signals.

    Build `application` for the Flask command line, which looks for that name, and for nobody else.
    """
    if name == "create_app":
        from .app import create_app

        return create_app
    if name == "application":
        return _application()
    raise AttributeError(name)


def _application() -> "Flask":
    from .backends.revisions import DatabaseError
    from .cli import command_line_app
    from .contract.contract import ContractError
    from .settings import SettingsError

    try:
        return command_line_app()
    except (SettingsError, ContractError, DatabaseError) as error:
        # Flask's own way to refuse would go on, and end in an error about a command that it does not know then.
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
