"""Secrets: what the settings and the command line name, and do not hold."""

import os
from pathlib import Path

from .set_up_error import SetUpError


def secret(value: str, folder: Path = Path()) -> str:
    """
    Return a secret: the environment variable that "$NAME" names, the first line of the file of "@FILE", else the text.

    A file is found from `folder`. SetUpError says which variable is not set, or which file cannot be read.
    """
    if value.startswith("$"):
        name = value[1:].removeprefix("{").removesuffix("}")
        if name not in os.environ:
            raise SetUpError(f"the settings name {value}, which is not set: export {name}")
        return os.environ[name]
    if value.startswith("@"):
        return first_line(folder / value[1:], value)
    return value


def first_line(file: Path, written: str) -> str:
    """Return the first line of a file that holds a secret."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise SetUpError(
            f"the settings name {written}, which cannot be read: write the secret into {file}"
        ) from problem
    return text.partition("\n")[0].strip("\r")


def is_named(value: str) -> bool:
    """Tell whether a text names a secret and does not hold it, so that it may be shown."""
    return value.startswith(("$", "@"))
