"""The reference implementation of the Bookplate contract: a plug-in like any other."""

import warnings
from typing import TYPE_CHECKING

# connexion imports its test client and an old resolver with itself; neither is used here.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
warnings.filterwarnings("ignore", category=DeprecationWarning, message="jsonschema.Ref")

from .app import create_app  # noqa: E402  the filters must come first

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["create_app"]


def __getattr__(name: str) -> "Flask":
    """Build `application` for the Flask command line, which looks for that name, and for nobody else."""
    if name != "application":
        raise AttributeError(name)
    from flask.cli import NoAppException

    from .cli import command_line_app
    from .policy import ContractError
    from .settings import SettingsError

    try:
        return command_line_app()
    except (SettingsError, ContractError) as error:
        raise NoAppException(str(error)) from None
