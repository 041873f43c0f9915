"""The settings file: where it is found, and how it is read together with those that it extends."""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .accounts import read_accounts
from .set_up_error import SetUpError

NAME = "bookplate.toml"
OLD_NAME = "contract.toml"
PROJECT = "pyproject.toml"
NAMES = (NAME, OLD_NAME, PROJECT)
# The settings that are paths, relative to the file that they stand in.
PATHS = ("document", "overlay")


# Is given the settings of one file and its path; raises SetUpError where they are wrong.
Check = Callable[[Mapping[str, Any], Path], None]


def found_in(*folders: Path) -> Path | None:
    """Return the first settings file in folders: bookplate.toml, contract.toml, or a pyproject.toml that has some."""
    for folder in folders:
        for path in (folder / name for name in NAMES):
            if path.is_file() and (path.name != PROJECT or has_settings(path)):
                return path
    return None


def has_settings(path: Path) -> bool:
    """Whether a pyproject.toml has a table [tool.bookplate]; SetUpError where it cannot be read."""
    return "bookplate" in parsed(path).get("tool", {})


def parsed(path: Path) -> dict[str, Any]:
    """Return what stands in a TOML file; SetUpError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SetUpError(f"{path}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise SetUpError(f"{path}: is not in UTF-8: save it in that encoding") from problem
    except tomllib.TOMLDecodeError as problem:
        raise SetUpError(f"{path}: {problem}") from problem


def own_settings(path: Path) -> dict[str, Any]:
    """Return the settings of one file, without those that it extends; SetUpError where there are none to read."""
    settings = parsed(path)
    if path.name != PROJECT:
        return settings
    table = settings.get("tool", {}).get("bookplate")
    if not isinstance(table, dict):
        raise SetUpError(f"{path}: has no table [tool.bookplate]: write one, or name another file with --config")
    return table


def read(path: Path, check: Check, below: tuple[Path, ...] = ()) -> dict[str, Any]:
    """
    Return the settings of a file over those of the file that its `extends` names, and of the file which that extends.

    A table is merged name by name; anything else is replaced. Paths are made relative to the current folder. Raises
    SetUpError for a file that cannot be read, for what `check` refuses, and where files extend each other in a circle.
    """
    here = path.resolve()
    if here in below:
        circle = " extends ".join(each.name for each in (*below[below.index(here) :], here))
        raise SetUpError(f"{path}: {circle}: take one `extends` away")
    settings = own_settings(path)
    check(settings, path)
    for name in PATHS:
        if name in settings and not is_url(settings[name]):
            settings[name] = os.path.relpath(path.parent / settings[name])
    if "accounts" in settings:
        settings["accounts"] = read_accounts(settings["accounts"], path.parent)
    extended = settings.pop("extends", None)
    if extended is None:
        return settings
    return merged(read(path.parent / extended, check, (*below, here)), settings)


def is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def merged(far: Mapping[str, Any], near: Mapping[str, Any]) -> dict[str, Any]:
    """Return two files' settings as one: what is nearer wins, tables are merged name by name."""
    tables = {
        name: {**value, **near[name]}
        for name, value in far.items()
        if isinstance(value, dict) and isinstance(near.get(name), dict)
    }
    return {**far, **near, **tables}
