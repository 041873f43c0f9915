"""The settings: what an implementation tells the suite about itself."""

import datetime
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..nearest import did_you_mean
from . import settings_file
from .accounts import Account, mistakes_in_accounts
from .replicas import mistakes_in_replicas
from .secret import secret
from .set_up_error import SetUpError
from .settings_file import OLD_NAME

__all__ = ["SETTINGS", "Account", "Config", "SetUpError", "secret"]

# How header fields begin that say nothing of who sends them.
HARMLESS = ("accept", "content-", "user-agent", "prefer", "origin", "referer", "cache-control")


class Setting(NamedTuple):
    """A key of the settings: the type of its value, an example in TOML, and what it says."""

    type: type
    example: str
    meaning: str


SETTINGS: Mapping[str, Setting] = {
    "document": Setting(str, '"openapi.yaml"', "the OpenAPI document, relative to this file, or its URL"),
    "overlay": Setting(str, '"overlay.yaml"', "an OpenAPI Overlay that is laid over the document"),
    "extends": Setting(str, '"../company.toml"', "another file of settings, such as a company's; this file wins"),
    "laws": Setting(str, '"1.0"', "the version of the catalogue of laws: later laws are left out"),
    "disposable": Setting(bool, "true", "the target may be written to, deleted from and flooded, wherever it is"),
    "hosts": Setting(list, '["staging.example.com"]', "hosts that a run with `--read-only` may go to"),
    "origin": Setting(str, '"https://app.example.com"', "an origin that may call from a browser"),
    "origins": Setting(dict, 'office = "https://office.example.com"', "an origin for each group of `x-cors`"),
    "leave-alone": Setting(
        dict,
        'operations = ["method:DELETE path:/orders/*"]',
        "operations that are never called, named as for `--exclude`",
    ),
    "replicas": Setting(
        dict,
        'addresses = ["http://127.0.0.1:8002"]',
        "more servers of the same service: their `addresses`, beside that of the target; or, of a target that the suite "
        "starts, how many `processes`, on one store",
    ),
    "environment": Setting(dict, 'SECRET_KEY = "made up"', "variables for a server that the suite starts"),
    "admin": Setting(
        dict, 'identifier = "admin@example.com"', "how to become an admin: `identifier` and `secret`, or a `command`"
    ),
    "accounts": Setting(
        dict,
        'a = "$TOKEN_A"',
        "users that exist: `a`, `b` and one for each role of `x-access`: a token, or a table that says how each proves itself",
    ),
    "hooks": Setting(dict, 'mint = "{python} sign.py"', "commands that the suite may run beside the target"),
    "expected": Setting(
        dict,
        '"PAGE-01 list_books" = { reason = "ticket 12", until = 2027-01-01 }',
        "failures that are known; a surprise pass and an expired date fail the run",
    ),
    "unobserved": Setting(
        dict,
        '"* 503" = { reason = "nothing takes the store away", until = 2027-12-31 }',
        "answers that are never given",
    ),
    "rules": Setting(
        dict,
        '"CORS-05" = { level = "off", reason = "ticket 7", until = 2027-01-01 }',
        "laws that are switched off (`off`) or lowered (`SHOULD`), until a date",
    ),
}
# What may be said of a law under [rules].
LEVELS = ("off", "SHOULD")
WORDS = {str: "a text", bool: "true or false", list: "a list of texts", dict: "a table"}


@dataclass(frozen=True)
class Config:
    """
    The settings of one target, together with those that they extend.

    `path` is their file, None where there is none. `document` is a path or a URL, and `names_document` says whether they
    name it. `origin` is good for every group of origins that `origins` does not name. Values of `environment` may hold
    {work}, {document}, {port} and {python}. A secret written "$NAME" is taken from the environment, one written "@FILE"
    from a file. `leave_alone` names operations that are never called. `headers` go with every request; the command line gives them. `laws` is the version of the catalogue that
    the target is checked against.
    """

    folder: Path = Path()
    path: Path | None = None
    document: Path | str = Path("openapi/openapi.yaml")
    names_document: bool = False
    overlay: Path | None = None
    origin: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()
    disposable: bool = False
    hosts: Sequence[str] = ()
    laws: str | None = None
    leave_alone: Sequence[str] = ()
    replicas: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    admin: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    hooks: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unobserved: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Config":
        """Read a file and those that it extends; a mistake in one of them raises SetUpError."""
        settings = settings_file.read(path, refuse_mistakes)
        names_document = "document" in settings
        settings["leave_alone"] = settings.pop("leave-alone", {}).get("operations", ())
        settings.setdefault("document", os.path.relpath(path.parent / "openapi.yaml"))
        for name in settings_file.PATHS:
            if name in settings and not settings_file.is_url(settings[name]):
                settings[name] = Path(settings[name])
        return cls(folder=path.parent, path=path, names_document=names_document, **settings)

    @classmethod
    def found_in(cls, *folders: Path) -> "Config":
        """Return the settings of the first file that is found in folders, or those of a target that has no file."""
        path = settings_file.found_in(*folders)
        return cls.read(path) if path else cls()

    @property
    def notices(self) -> Iterator[str]:
        """What the user should know of the file, a line each."""
        if self.path is not None and self.path.name == OLD_NAME:
            yield f"{self.path} is read, but the file is called {settings_file.NAME} now: rename it"

    @property
    def secret_headers(self) -> dict[str, str]:
        """The header fields of every request whose values no report may show: all but those that any client sends."""
        return {name: value for name, value in self.headers if not name.lower().startswith(HARMLESS)}

    def account(self, name: str) -> Account | None:
        """Return what the settings tell of a, b or admin, secrets and all; None where they tell nothing."""
        return self.accounts[name].resolved() if name in self.accounts else None

    def origin_of(self, group: str) -> str | None:
        """Return an origin of a group of origins; None where the file names none."""
        return self.origins.get(group, self.origin)


def refuse_mistakes(settings: Mapping[str, Any], path: Path) -> None:
    """Raise SetUpError for the first mistake in a file of settings."""
    for name, value in settings.items():
        if name not in SETTINGS:
            remedy = did_you_mean(name, SETTINGS, f"it knows {', '.join(sorted(SETTINGS))}")
            raise SetUpError(f"{path}: unknown key '{name}': {remedy}")
        known = SETTINGS[name]
        if not isinstance(value, known.type):
            raise SetUpError(f"{path}: {name} is {WORDS[known.type]}, such as {known.example}")
    for mistake in mistakes_in(settings):
        raise SetUpError(f"{path}: {mistake}")


def mistakes_in(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the values of known keys."""
    for table in ("expected", "unobserved", "rules"):
        for name, entry in settings.get(table, {}).items():
            # A time of the day is no date, although Python counts it among them.
            if not (isinstance(entry, dict) and entry.get("reason") and type(entry.get("until")) is datetime.date):
                yield f"'{name}' needs a reason and a date `until`, such as 2027-01-01"
            elif table == "rules" and entry.get("level") not in LEVELS:
                yield f"'{name}' needs a level, {' or '.join(LEVELS)}"
    if not all(isinstance(host, str) for host in settings.get("hosts", [])):
        yield f"hosts is {WORDS[list]}, such as {SETTINGS['hosts'].example}"
    left_alone = settings.get("leave-alone", {"operations": []})
    named = left_alone.get("operations")
    if set(left_alone) != {"operations"} or not isinstance(named, list) or not all(isinstance(n, str) for n in named):
        yield f"[leave-alone] has a list of operations, such as {SETTINGS['leave-alone'].example}"
    yield from mistakes_in_replicas(settings.get("replicas", {}))
    yield from mistakes_in_accounts(settings.get("accounts", {}))
    if not all(isinstance(origin, str) for origin in settings.get("origins", {}).values()):
        yield '[origins] gives one origin for each group, such as apps = "https://app.example.com"'
