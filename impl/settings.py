"""What an operator may set: the only reader of the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ClassVar

from dotenv import dotenv_values

from .addresses.backends import fault_of_database, fault_of_redis
from .addresses.origins import ANY, is_origin, variable_of
from .addresses.prefixes import is_prefix

# Every variable that is read, its default, and what it is for: docs/settings.md is made of this.
VARIABLES = {
    "BOOKPLATE_ENV": (
        "development",
        "development, testing or production; production refuses what is unsafe, and testing hashes passwords cheaply.",
    ),
    "SECRET_KEY": ("a known one in development", "Signs tokens and cursors: 32 random characters or more."),
    "PREVIOUS_SECRET_KEY": ("none", "Still accepted, no longer used: for the change to a new SECRET_KEY."),
    "DATABASE_URL": ("a SQLite file here", "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."),
    "REDIS_URL": (
        "none",
        "redis://HOST:PORT/NUMBER or unix://PATH?db=NUMBER: limits and cache shared by all workers; without it, in memory.",
    ),
    "OPENAPI_DOCUMENT": ("openapi/openapi.yaml", "The contract to serve."),
    "CORS_ORIGINS": ("none", "Origins whose pages may read answers, separated by spaces; * for all."),
    "CORS_ORIGINS_<GROUP>": (
        "CORS_ORIGINS",
        "The same for one group of x-cors: CORS_ORIGINS_BACK_OFFICE for back-office; empty for no origin at all.",
    ),
    "CORS_CREDENTIALS": ("false", "Whether those pages may send credentials."),
    "TRUSTED_PROXIES": ("none", "Addresses or networks whose X-Forwarded-For and X-Forwarded-Prefix are believed."),
    "ROOT_PATH": ("none", "The path, such as /library, below which a proxy serves this, and which it takes away."),
    "LOG_FILE": (
        "none",
        "A file for the log beside standard output, for all workers; it rotates at 10 MiB, ten files are kept.",
    ),
    "LOG_LEVEL": ("INFO", "DEBUG, INFO, WARNING or ERROR."),
    "HOST": ("127.0.0.1", "The address to listen on."),
    "PORT": ("8080", "The port to listen on."),
    "METRICS_PORT": (
        "none",
        "A port of its own for Prometheus, with /metrics; it needs prometheus-client. Without it nothing is measured.",
    ),
    "METRICS_HOST": ("127.0.0.1", "The address of METRICS_PORT; everybody who can reach it can read the metrics."),
    "WORKERS": ("1", "Processes; more than one needs REDIS_URL."),
    "DRAIN_SECONDS": (
        "2 in production, else 0",
        "After SIGTERM, how long readiness says 503 while requests are still taken: as long as a balancer needs to see it.",
    ),
    "STOP_SECONDS": ("10", "After that, how long requests may take to end before they are cut off."),
    "THREADS": (
        "8",
        "Threads per process that read, and as many that write; with 2 that hash, each may hold a connection.",
    ),
    "REQUEST_TIMEOUT": ("2", "Seconds after which a request that waits for the database is answered 503."),
    "DATABASE_CONNECT_TIMEOUT": ("2", "Seconds to connect to PostgreSQL; it takes whole seconds, 2 at least."),
    "DATABASE_STATEMENT_TIMEOUT": (
        "three quarters of REQUEST_TIMEOUT",
        "Seconds that PostgreSQL works on a statement.",
    ),
    "DATABASE_LOCK_TIMEOUT": ("half of REQUEST_TIMEOUT", "Seconds to wait for a lock that another transaction holds."),
    "DATABASE_POOL_TIMEOUT": ("half of REQUEST_TIMEOUT", "Seconds to wait for a connection that others use."),
}
DEFAULT_SECRET = "bookplate-development-secret-not-for-production"
SHORTEST_SECRET, FEWEST_CHARACTERS = 32, 12
LONGEST_TIMEOUT = 3600
MOST_THREADS, MOST_WORKERS = 1000, 1000
LAST_PORT = 65_535


class SettingsError(Exception):
    """A setting is missing or unsafe; the message names the variable and never its value."""


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds, for what."""

    request: float
    connect: float
    statement: float
    lock: float
    pool: float


@dataclass(frozen=True)
class Settings:
    """The settings of one process, checked when made."""

    environment: ClassVar[str] = "development"
    migrates_itself: ClassVar[bool] = True
    has_cheap_passwords: ClassVar[bool] = False

    secret_key: str = field(repr=False)
    previous_secret_key: str | None = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    document: Path
    cors_origins: tuple[str, ...]
    cors_groups: Mapping[str, tuple[str, ...]]
    cors_credentials: bool
    trusted_proxies: tuple[str, ...]
    root_path: str
    log_file: Path | None
    log_level: str
    host: str
    port: int
    metrics_host: str
    metrics_port: int | None
    workers: int
    threads: int
    timeouts: Timeouts
    drain_seconds: int
    stop_seconds: int

    def check(self) -> None:
        """Refuse settings that no environment may have."""
        self._check_network()
        self._check_services()
        if not self.document.is_file():
            raise SettingsError("OPENAPI_DOCUMENT names no file")
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
            raise SettingsError("LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL")

    def _check_network(self) -> None:
        """Refuse proxies, origins, a path prefix or a port that cannot be meant."""
        for proxy in self.trusted_proxies:
            try:
                ip_network(proxy)
            except ValueError:
                raise SettingsError("TRUSTED_PROXIES holds something that is no address or network") from None
        for variable, origins in {"CORS_ORIGINS": self.cors_origins, **self.cors_groups}.items():
            if not all(origin == ANY or is_origin(origin) for origin in origins):
                raise SettingsError(
                    f"{variable} must hold origins as browsers send them, such as https://app.example.com"
                )
        if self.root_path and not is_prefix(self.root_path):
            raise SettingsError("ROOT_PATH must be a path such as /library, without a slash at its end")
        if self.port > LAST_PORT:
            raise SettingsError("PORT must be at most 65535")
        if self.metrics_port == self.port:
            raise SettingsError("METRICS_PORT must differ from PORT")

    def _check_services(self) -> None:
        """Refuse the addresses of services that cannot be used, and workers whose limits nothing shares."""
        if fault := fault_of_database(self.database_url):
            raise SettingsError(f"DATABASE_URL {fault}")
        if self.redis_url and (fault := fault_of_redis(self.redis_url)):
            raise SettingsError(f"REDIS_URL {fault}")
        if self.workers > 1 and not self.redis_url:
            raise SettingsError("REDIS_URL must be set where WORKERS is more than 1: limits in memory are not shared")

    @property
    def shares_cache(self) -> bool:
        """Whether servers with these settings see each other's writes in their caches."""
        return self.redis_url is not None

    def origins_of(self, group: str) -> tuple[str, ...]:
        """Return the origins of a group of x-cors: its own, else those of all groups."""
        return self.cors_groups.get(variable_of(group), self.cors_origins)

    def check_groups(self, groups: tuple[str, ...]) -> None:
        """Refuse origins for a group that the document does not name."""
        known = sorted(map(variable_of, groups))
        for variable in sorted(self.cors_groups):
            if variable not in known:
                raise SettingsError(f"{variable} is for no group of x-cors; there are {', '.join(known) or 'none'}")


class DevelopmentSettings(Settings):
    """A SQLite file, memory for limits and cache, a secret that everybody knows."""


class TestingSettings(Settings):
    """As development, with a secret of its own for each process, and hashes of passwords that cost next to nothing."""

    environment = "testing"
    has_cheap_passwords = True


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
        for variable, origins in {"CORS_ORIGINS": self.cors_origins, **self.cors_groups}.items():
            if ANY in origins and self.cors_credentials:
                raise SettingsError(f"{variable} must name its origins where CORS_CREDENTIALS is on")


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
        "cors_groups": {name: _words(value) for name, value in environ.items() if name.startswith("CORS_ORIGINS_")},
        "cors_credentials": _flag(environ, "CORS_CREDENTIALS"),
        "trusted_proxies": _words(environ.get("TRUSTED_PROXIES", "")),
        "root_path": environ.get("ROOT_PATH", ""),
        "log_file": Path(environ["LOG_FILE"]) if environ.get("LOG_FILE") else None,
        "log_level": environ.get("LOG_LEVEL", "INFO").upper(),
        "host": environ.get("HOST", "127.0.0.1"),
        "port": _number(environ, "PORT", 8080),
        "metrics_host": environ.get("METRICS_HOST") or "127.0.0.1",
        "metrics_port": _number(environ, "METRICS_PORT", 0, most=LAST_PORT) if environ.get("METRICS_PORT") else None,
        "workers": _number(environ, "WORKERS", 1, most=MOST_WORKERS),
        "threads": _number(environ, "THREADS", 8, most=MOST_THREADS),
        "timeouts": _timeouts(environ),
        "drain_seconds": _number(environ, "DRAIN_SECONDS", 2 if name == "production" else 0, 0, LONGEST_TIMEOUT),
        "stop_seconds": _number(environ, "STOP_SECONDS", 10, most=LONGEST_TIMEOUT),
    }


def _timeouts(environ: Mapping[str, str]) -> Timeouts:
    # The database gives up before the request does, so that its answer says why.
    request = _seconds(environ, "REQUEST_TIMEOUT", 2)
    return Timeouts(
        request=request,
        connect=_seconds(environ, "DATABASE_CONNECT_TIMEOUT", 2),
        statement=_seconds(environ, "DATABASE_STATEMENT_TIMEOUT", 0.75 * request),
        lock=_seconds(environ, "DATABASE_LOCK_TIMEOUT", 0.5 * request),
        pool=_seconds(environ, "DATABASE_POOL_TIMEOUT", 0.5 * request),
    )


def _with_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in ("postgres", "postgresql") else url


def _is_weak(secret: str) -> bool:
    return secret == DEFAULT_SECRET or len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").lower()
    if text not in ("", "0", "false", "no", "1", "true", "yes"):
        raise SettingsError(f"{name} must be true or false")
    return text in ("1", "true", "yes")


def _number(environ: Mapping[str, str], name: str, default: int, least: int = 1, most: int | None = None) -> int:
    try:
        number = int(environ.get(name) or default)
    except ValueError:
        number = least - 1
    if number < least or (most is not None and number > most):
        bounds = f"{least} or more" if most is None else f"from {least} to {most}"
        raise SettingsError(f"{name} must be a whole number, {bounds}")
    return number


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        seconds = float(environ.get(name) or default)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise SettingsError(f"{name} must be a number of seconds above 0, at most {LONGEST_TIMEOUT}")
    return seconds
