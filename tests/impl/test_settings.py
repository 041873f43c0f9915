"""Settings: each refusal names the variable that is wrong, and never its value."""

from pathlib import Path

import pytest

from impl.app import create_app
from impl.settings import DEFAULT_SECRET, Settings, SettingsError, load_settings

from .commands import finish, is_refused_in_one_line, start_python
from .reference_server import DOCUMENT

SECRET = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"
WRONG = "hunter2-wrong-value"
NO_ORIGINS = (
    f"https://{WRONG}.example/",
    f"https://{WRONG}.example/path",
    f"https://{WRONG}.example?query",
    f"https://user@{WRONG}.example",
    f"https://{WRONG.upper()}.example",
    f"https://{WRONG}.example:443",
    f"http://{WRONG}.example:80",
    f"https://*.{WRONG}.example",
    f"{WRONG}.example",
    "null",
)
PRODUCTION = {"BOOKPLATE_ENV": "production", "SECRET_KEY": SECRET, "OPENAPI_DOCUMENT": str(DOCUMENT)}


def refusal(environ: dict[str, str]) -> str:
    """Return what is said when settings are refused."""
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return str(caught.value)


def test_production_starts_on_safe_settings() -> None:
    """A long random secret is all that production needs to start on one worker."""
    settings = load_settings(PRODUCTION)

    assert (settings.environment, settings.migrates_itself) == ("production", False)


@pytest.mark.parametrize(
    ("variable", "value", "others"),
    [
        ("SECRET_KEY", "", {}),
        ("SECRET_KEY", DEFAULT_SECRET, {}),
        ("SECRET_KEY", "short-wrong-value", {}),
        ("SECRET_KEY", "abcabcabc" * 8, {}),
        ("PREVIOUS_SECRET_KEY", DEFAULT_SECRET, {}),
        ("PREVIOUS_SECRET_KEY", "short-wrong-value", {}),
        ("CORS_ORIGINS", "*", {"CORS_CREDENTIALS": "true"}),
        ("CORS_ORIGINS", "https://app.example.com, *", {"CORS_CREDENTIALS": "1"}),
        ("CORS_ORIGINS_BACK_OFFICE", "*", {"CORS_CREDENTIALS": "1", "CORS_ORIGINS": "https://app.example.com"}),
        ("REDIS_URL", "", {"WORKERS": "2"}),
    ],
)
def test_production_refuses(variable: str, value: str, others: dict[str, str]) -> None:
    """Production does not start on what is only fit for development, and says which variable is at fault."""
    said = refusal(PRODUCTION | others | {variable: value})

    assert variable in said.split()
    assert len(value) < 5 or value not in said


def test_metrics_are_off_and_local_by_default() -> None:
    """Without METRICS_PORT there is none, and an empty METRICS_HOST is no address of everybody."""
    none = load_settings(PRODUCTION | {"METRICS_PORT": ""})
    some = load_settings(PRODUCTION | {"METRICS_PORT": "9464", "METRICS_HOST": ""})

    assert none.metrics_port is None
    assert (some.metrics_host, some.metrics_port) == ("127.0.0.1", 9464)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", WRONG),
        ("PORT", "0"),
        ("PORT", "-1"),
        ("PORT", "70000"),
        ("METRICS_PORT", WRONG),
        ("METRICS_PORT", "0"),
        ("METRICS_PORT", "70000"),
        ("METRICS_PORT", "8080"),
        ("WORKERS", WRONG),
        ("WORKERS", "0"),
        ("THREADS", "1.5"),
        ("REQUEST_TIMEOUT", "0"),
        ("REQUEST_TIMEOUT", "nan"),
        ("REQUEST_TIMEOUT", "3601"),
        ("DATABASE_CONNECT_TIMEOUT", WRONG),
        ("DATABASE_STATEMENT_TIMEOUT", "-1"),
        ("DATABASE_LOCK_TIMEOUT", "inf"),
        ("DATABASE_POOL_TIMEOUT", WRONG),
        ("DRAIN_SECONDS", "-1"),
        ("STOP_SECONDS", "0"),
        ("CORS_CREDENTIALS", WRONG),
        *(("CORS_ORIGINS", origin) for origin in NO_ORIGINS),
        ("CORS_ORIGINS_APPS", NO_ORIGINS[0]),
        ("CORS_ORIGINS_BACK_OFFICE", "https://office.example.com null"),
        ("TRUSTED_PROXIES", WRONG),
        ("ROOT_PATH", "library"),
        ("ROOT_PATH", "/library/"),
        ("ROOT_PATH", "/"),
        ("ROOT_PATH", "/library/../api"),
        ("ROOT_PATH", "//library"),
        ("ROOT_PATH", "https://example.com/library"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, 10.0.0.1/8"),
        ("OPENAPI_DOCUMENT", f"/nowhere/{WRONG}.yaml"),
        ("LOG_LEVEL", WRONG),
        ("DATABASE_URL", WRONG),
        ("DATABASE_URL", f"nosuchdatabase://user:{WRONG}@localhost/x"),
        ("REDIS_URL", WRONG),
        ("DATABASE_URL", f"postgresql://user:a@{WRONG}:b@127.0.0.1:1/x"),
        ("DATABASE_URL", f"postgresql://user:a@b{WRONG}@127.0.0.1/x"),
        ("DATABASE_URL", f"postgresql://user:{WRONG}@127.0.0.1:notaport/x"),
        ("DATABASE_URL", f"postgresql://user:{WRONG}@127.0.0.1:99999/x"),
        ("DATABASE_URL", f"postgresql://user:{WRONG}@[::1/x"),
        ("DATABASE_URL", f"postgresql://user:{WRONG}@127.0.0.1/x?bogus=1"),
        ("DATABASE_URL", f"postgresql://127.0.0.1/x?connect_timeout={WRONG}"),
        ("DATABASE_URL", f"postgresql+psycopg2://user:{WRONG}@127.0.0.1/x"),
        ("DATABASE_URL", f"postgresql+asyncpg://user:{WRONG}@127.0.0.1/x"),
        ("DATABASE_URL", f"sqlite+aiosqlite:///{WRONG}.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", f"sqlite:///file:{WRONG}?mode=memory&uri=true"),
        ("REDIS_URL", f"redis://:a/{WRONG}@127.0.0.1:1/0"),
        ("REDIS_URL", f"redis://:1/{WRONG}@127.0.0.1:1/0"),
        ("REDIS_URL", f"redis://:a#{WRONG}@127.0.0.1:1/0"),
        ("REDIS_URL", f"redis://:1#{WRONG}@127.0.0.1:1/0"),
        ("REDIS_URL", f"redis://:1?{WRONG}@127.0.0.1:1/0"),
        ("REDIS_URL", f"redis://:{WRONG}@127.0.0.1:notaport/0"),
        ("REDIS_URL", f"redis://:{WRONG}@127.0.0.1:99999/0"),
        ("REDIS_URL", f"redis://{WRONG}/abc"),
        ("REDIS_URL", f"redis://{WRONG}/0?bogus=1"),
        ("REDIS_URL", f"redis://{WRONG}/0?socket_timeout=abc"),
        ("REDIS_URL", f"redis://:{WRONG}@[::1/0"),
        ("THREADS", "100000000"),
        ("WORKERS", "100000000"),
        ("STOP_SECONDS", "99999999999999999"),
        ("DRAIN_SECONDS", "99999999999999999"),
    ],
)
def test_nonsense_is_refused_by_name(variable: str, value: str, tmp_path: Path) -> None:
    """A setting that makes no sense stops the start; the message names it and hides its value."""
    base = PRODUCTION | {"DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    with pytest.raises(SettingsError) as caught:
        create_app(load_settings(base | {variable: value}))
    said = str(caught.value)

    assert variable in said
    assert "\n" not in said
    assert WRONG.lower() not in said.lower()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "sqlite:///x.db"),
        ("DATABASE_URL", "sqlite:///file:x.db?mode=ro&uri=true"),
        ("DATABASE_URL", "postgresql://user:a%40b%2Fc@127.0.0.1:5432/x?connect_timeout=5"),
        ("DATABASE_URL", "postgresql://user:a/b@[::1]/x?options=-c%20search_path%3Da"),
        ("DATABASE_URL", "postgresql:///x?host=one,two&port=1,2&target_session_attrs=read-write"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "redis://user:a%40b%2Fc@127.0.0.1:6379"),
        ("REDIS_URL", "rediss://[::1]:6379/12?socket_timeout=1"),
        ("REDIS_URL", "unix:///var/run/redis.sock?db=1"),
    ],
)
def test_address_of_each_form_is_taken(variable: str, value: str) -> None:
    """What the client libraries take is taken, percent-encoded passwords included."""
    assert load_settings(PRODUCTION | {variable: value}).environment == "production"


@pytest.mark.parametrize(
    "settings",
    [{"DATABASE_URL": "sqlite:///no-such-folder/x.db"}, {"OPENAPI_DOCUMENT": str(Path(__file__))}],
    ids=lambda settings: next(iter(settings)),
)
def test_wrong_file_is_one_line_that_names_its_variable(settings: dict[str, str], tmp_path: Path) -> None:
    """A folder that is not there and a document that is none end the start with the name of their variable."""
    done = finish(start_python(tmp_path, "-m", "impl", **settings))

    assert is_refused_in_one_line(done), done.stderr
    assert next(iter(settings)) in done.stderr


@pytest.mark.parametrize(
    "command", [["-m", "impl"], ["-m", "flask", "--app", "impl", "init-db"], ["-m", "impl.migrations"]]
)
def test_address_that_does_not_parse_is_one_line(command: list[str], tmp_path: Path) -> None:
    """The server and each command name the variable and show no part of the password."""
    done = finish(start_python(tmp_path, *command, DATABASE_URL="postgresql://u:p@s3cretA:s3cretB@127.0.0.1:1/x"))
    said = (done.stdout + done.stderr).strip()

    assert (done.returncode, len(said.splitlines())) == (2, 1), said
    assert "DATABASE_URL" in said
    assert "s3cret" not in said


def test_unknown_environment_is_refused() -> None:
    """BOOKPLATE_ENV is one of three names."""
    said = refusal({"BOOKPLATE_ENV": WRONG})

    assert "BOOKPLATE_ENV" in said
    assert WRONG not in said


def test_secrets_of_testing_differ() -> None:
    """Each testing process has a secret of its own."""
    first, second = (load_settings({"BOOKPLATE_ENV": "testing"}) for _ in range(2))

    assert first.secret_key != second.secret_key


def test_secrets_are_not_shown() -> None:
    """Settings that find their way into a log or a traceback show no secret."""
    settings = load_settings(
        PRODUCTION | {"PREVIOUS_SECRET_KEY": SECRET[::-1], "REDIS_URL": f"redis://:{WRONG}@localhost"}
    )

    assert SECRET not in repr(settings)
    assert SECRET[::-1] not in repr(settings)
    assert WRONG not in repr(settings)


def load_from(folder: Path, content: str, monkeypatch: pytest.MonkeyPatch, **environ: str) -> Settings:
    """Load settings where `.env` has some content."""
    (folder / ".env").write_text(content)
    monkeypatch.chdir(folder)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_env_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` is read, and the environment wins over it."""
    monkeypatch.delenv("BOOKPLATE_ENV", raising=False)
    content = "BOOKPLATE_ENV=testing\nPORT=9001\n# a comment\nCORS_ORIGINS='https://a.example, https://b.example'\n"
    settings = load_from(tmp_path, content, monkeypatch, PORT="9002")

    assert (settings.environment, settings.port) == ("testing", 9002)
    assert settings.cors_origins == ("https://a.example", "https://b.example")


def test_a_group_has_its_own_origins_or_those_of_all() -> None:
    """A variable of its own counts, even an empty one; without it, CORS_ORIGINS does."""
    common, own = "https://a.example", "https://b.example:8443 capacitor://localhost http://[::1]:3000"
    settings = load_settings({"CORS_ORIGINS": common, "CORS_ORIGINS_BACK_OFFICE": own, "CORS_ORIGINS_KIOSKS": ""})

    assert settings.origins_of("apps") == (common,)
    assert settings.origins_of("back-office") == tuple(own.split())
    assert settings.origins_of("kiosks") == ()
