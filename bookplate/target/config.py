"""contract.toml: what an implementation tells the suite about itself."""

import datetime
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


class SetUpError(Exception):
    """The run cannot start or go on; the message is one line that names the remedy."""


@dataclass(frozen=True)
class Config:
    """
    One contract.toml.

    `origin` is good for every group of origins that `origins` does not name. Values of `environment` may hold {work}, {document}, {port} and {python}; a secret written
    "$NAME" is taken from the environment. `laws` is the version of the catalogue that the target is checked against.
    """

    folder: Path = Path()
    document: Path = Path("openapi/openapi.yaml")
    overlay: Path | None = None
    origin: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    disposable: bool = False
    laws: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    admin: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    hooks: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unobserved: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Config":
        """Read a file; a mistake in it raises SetUpError."""
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as problem:
            raise SetUpError(f"{path}: cannot be read: {problem.strerror}") from problem
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise SetUpError(f"{path}: {problem}") from problem
        known = {each.name for each in fields(cls)} - {"folder"}
        if unknown := set(settings) - known:
            raise SetUpError(f"{path}: unknown key '{min(unknown)}': it knows {', '.join(sorted(known))}")
        for mistake in mistakes_in(settings):
            raise SetUpError(f"{path}: {mistake}")
        for name in {"document", "overlay"} & {"document", *settings}:
            settings[name] = Path(os.path.relpath(path.parent / settings.get(name, "openapi.yaml")))
        return cls(folder=path.parent, **settings)

    def origin_of(self, group: str) -> str | None:
        """Return an origin of a group of origins; None where the file names none."""
        return self.origins.get(group, self.origin)


def mistakes_in(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the values of known keys."""
    for name, entry in (settings.get("expected", {}) | settings.get("unobserved", {})).items():
        if not (isinstance(entry, dict) and entry.get("reason") and isinstance(entry.get("until"), datetime.date)):
            yield f"'{name}' needs a reason and a date `until`, such as 2027-01-01"
    if unknown := set(settings.get("accounts", {})) - {"a", "b", "admin"}:
        yield f"[accounts] has no '{min(unknown)}': it gives the tokens of a, b and admin"
    if not isinstance(settings.get("laws", ""), str):
        yield 'laws is the version of the catalogue, as a text: laws = "1.0"'
    origins = settings.get("origins", {})
    if not (isinstance(origins, dict) and all(isinstance(origin, str) for origin in origins.values())):
        yield '[origins] gives one origin for each group, such as apps = "https://app.example.com"'


def secret(value: str) -> str:
    """Return a value of contract.toml, or the environment variable that it names."""
    if not value.startswith("$"):
        return value
    if value[1:] not in os.environ:
        raise SetUpError(f"contract.toml names {value}, which is not set: export {value[1:]}")
    return os.environ[value[1:]]
