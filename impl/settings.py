"""What an operator may set: the only reader of the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ClassVar

from dotenv import dotenv_values
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

# Every variable that is read, its default, and what it is for: docs/settings.md is made of this.
VARIABLES = {
    "BOOKPLATE_ENV": ("development", "development, testing or production; production refuses what is unsafe."),
    "SECRET_KEY": ("a known one in development", "Signs tokens and cursors: 32 random characters or more."),
    "PREVIOUS_SECRET_KEY": ("none", "Still accepted, no longer used: for the change to a new SECRET_KEY."),
    "DATABASE_URL": ("a SQLite file here", "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."),
    "REDIS_URL": ("none", "redis://HOST:PORT/NUMBER: limits and cache shared by all workers; without it, in memory."),
    "OPENAPI_DOCUMENT": ("openapi/openapi.yaml", "The contract to serve."),
    "CORS_ORIGINS": ("none", "Origins whose pages may read answers, separated by spaces; * for all."),
    "CORS_CREDENTIALS": ("false", "Whether those pages may send credentials."),
    "TRUSTED_PROXIES": ("none", "Addresses or networks whose X-Forwarded-For is believed."),
    "LOG_FILE": ("none", "A file for the log beside standard output; it rotates at 10 MiB, ten files are kept."),
    "LOG_LEVEL": ("INFO", "DEBUG, INFO, WARNING or ERROR."),
    "HOST": ("127.0.0.1", "The address to listen on."),
    "PORT": ("8080", "The port to listen on."),
    "WORKERS": ("1", "Processes; more than one needs REDIS_URL."),
    "THREADS": ("8", "Threads per process that may wait for the database."),
}
DEFAULT_SECRET = "bookplate-development-secret-not-for-production"
SHORTEST_SECRET, FEWEST_CHARACTERS = 32, 12


class SettingsError(Exception):
    """A setting is missing or unsafe; the message names the variable and never its value."""


@dataclass(frozen=True)
class Settings:
    """The settings of one process, checked when made."""

    environment: ClassVar[str] = "development"
    migrates_itself: ClassVar[bool] = True

    secret_key: str = field(repr=False)
    previous_secret_key: str | None = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    document: Path
    cors_origins: tuple[str, ...]
    cors_credentials: bool
    trusted_proxies: tuple[str, ...]
    log_file: Path | None
    log_level: str
    host: str
    port: int
    workers: int
    threads: int

    def check(self) -> None:
        """Refuse settings that no environment may have."""
        for proxy in self.trusted_proxies:
            try:
                ip_network(proxy)
            except ValueError:
                raise SettingsError("TRUSTED_PROXIES holds something that is no address or network") from None
        if not self.document.is_file():
            raise SettingsError("OPENAPI_DOCUMENT names no file")
        if not _is_database(self.database_url):
            raise SettingsError("DATABASE_URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        if self.redis_url and not self.redis_url.startswith(("redis://", "rediss://", "unix://")):
            raise SettingsError("REDIS_URL must be redis://HOST:PORT/NUMBER")
        if self.workers > 1 and not self.redis_url:
            raise SettingsError("REDIS_URL must be set where WORKERS is more than 1: limits in memory are not shared")
        if self.port > 65_535:
            raise SettingsError("PORT must be at most 65535")
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
            raise SettingsError("LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL")


class DevelopmentSettings(Settings):
    """A SQLite file, memory for limits and cache, a secret that everybody knows."""


class TestingSettings(Settings):
    """As development, with a secret of its own for each process."""

    environment = "testing"


class ProductionSettings(Settings):
    """Refuses to start on anything that is only fit for development."""

    environment = "production"
    migrates_itself = False

    def check(self) -> None:
        """Refuse what would make production unsafe."""
        super().check()
        for name, secret in (("SECRET_KEY", self.secret_key), ("PREVIOUS_SECRET_KEY", self.previous_secret_key)):
            if secret is not None and _is_weak(secret):
                raise SettingsError(f"{name} must be set to at least {SHORTEST_SECRET} random characters")
        if "*" in self.cors_origins and self.cors_credentials:
            raise SettingsError("CORS_ORIGINS must name its origins where CORS_CREDENTIALS is on")


ENVIRONMENTS = {kind.environment: kind for kind in (DevelopmentSettings, TestingSettings, ProductionSettings)}


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """
    Read `.env` and the environment, which wins.

    Raises SettingsError.
    """
    if environ is None:
        environ = {key: value or "" for key, value in dotenv_values(".env").items()} | os.environ
    name = environ.get("BOOKPLATE_ENV", "development")
    if name not in ENVIRONMENTS:
        raise SettingsError(f"BOOKPLATE_ENV must be one of {', '.join(ENVIRONMENTS)}")
    settings = ENVIRONMENTS[name](**_values(environ, name))
    settings.check()
    return settings


def _values(environ: Mapping[str, str], name: str) -> dict[str, Any]:
    default_secret = secrets.token_urlsafe(48) if name == "testing" else DEFAULT_SECRET
    default_document = Path(__file__).parent.parent / "openapi" / "openapi.yaml"
    return {
        "secret_key": environ.get("SECRET_KEY") or default_secret,
        "previous_secret_key": environ.get("PREVIOUS_SECRET_KEY") or None,
        "database_url": _with_driver(environ.get("DATABASE_URL", "")) or f"sqlite:///{Path('bookplate.db').absolute()}",
        "redis_url": environ.get("REDIS_URL") or None,
        "document": Path(environ.get("OPENAPI_DOCUMENT") or default_document),
        "cors_origins": _words(environ.get("CORS_ORIGINS", "")),
        "cors_credentials": _flag(environ, "CORS_CREDENTIALS"),
        "trusted_proxies": _words(environ.get("TRUSTED_PROXIES", "")),
        "log_file": Path(environ["LOG_FILE"]) if environ.get("LOG_FILE") else None,
        "log_level": environ.get("LOG_LEVEL", "INFO").upper(),
        "host": environ.get("HOST", "127.0.0.1"),
        "port": _number(environ, "PORT", 8080),
        "workers": _number(environ, "WORKERS", 1),
        "threads": _number(environ, "THREADS", 8),
    }


def _with_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in ("postgres", "postgresql") else url


def _is_weak(secret: str) -> bool:
    return secret == DEFAULT_SECRET or len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS


def _is_database(url: str) -> bool:
    try:
        return make_url(url).get_backend_name() in ("sqlite", "postgresql")
    except ArgumentError:
        return False


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").lower()
    if text not in ("", "0", "false", "no", "1", "true", "yes"):
        raise SettingsError(f"{name} must be true or false")
    return text in ("1", "true", "yes")


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    try:
        number = int(environ.get(name) or default)
    except ValueError:
        number = 0
    if number < 1:
        raise SettingsError(f"{name} must be a whole number above 0")
    return number
