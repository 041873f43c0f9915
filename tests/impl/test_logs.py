"""Logs: one JSON object a line that nobody outside can forge, with nothing secret in it."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from impl.app import create_flask
from impl.backends.store import db
from impl.edge.errors import as_problem
from impl.logs import JsonLines, stop_logs
from impl.settings import load_settings

from .people import PASSWORD, log_in, new_person, refresh, unused_name
from .reference_server import Server, environment, serving, with_tables
from .wire import Client, compose

FORGED = '\r\n{"level": "INFO", "message": "all is well"}'


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    """Make a record."""
    made = logging.LogRecord("impl.test", logging.INFO, "", 1, message, arguments, None)
    made.__dict__.update(extra)
    return made


@pytest.mark.parametrize("character", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_record_is_one_line(character: str) -> None:
    """No line break of any script divides a record, wherever it comes from."""
    line = JsonLines().format(record("path %s", f"/a{character}b", operation=f"x{character}y"))

    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == f"path /a{character}b"


def test_exception_is_one_line() -> None:
    """A traceback is a member of its record."""
    made = record("crash")
    try:
        raise ValueError(FORGED)
    except ValueError:
        made.exc_info = sys.exc_info()
    line = JsonLines().format(made)

    assert len(line.splitlines()) == 1
    assert "Traceback" in json.loads(line)["exception"]


def lines_with(server: Server, request_id: str) -> list[dict[str, Any]]:
    """Wait for the records of a request."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = [line for line in parsed(server) if line["request_id"] == request_id]
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no line has the id {request_id}")


def parsed(server: Server) -> list[dict[str, Any]]:
    """Read the whole log; a line that is no JSON object fails here."""
    whole = server.output.read_bytes().rpartition(b"\n")[0]
    return [dict(json.loads(line)) for line in whole.split(b"\n") if line]


def test_request_is_one_record(server: Server, client: Client) -> None:
    """A request leaves one record with its id, its operation and how long it took."""
    answer = client.ask("GET", "/api/books", None, "X-Request-Id: request-of-a-test")
    records = lines_with(server, "request-of-a-test")

    assert answer.header("X-Request-Id") == "request-of-a-test"
    assert [(each["message"], each["operation"], each["user_id"]) for each in records] == [
        ("GET /api/books 200", "list_books", None)
    ]
    assert records[0]["milliseconds"] > 0


def test_line_of_a_request_has_fields(server: Server, client: Client) -> None:
    """Method, path template, status and address stand by themselves, and a valid traceparent; what is not known is null."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    client.ask("GET", "/api/books/999001", None, "X-Request-Id: request-with-fields", f"traceparent: {trace}")
    client.ask("GET", "/api/hunter2", None, "X-Request-Id: request-without-fields", "traceparent: hunter2")
    [known] = lines_with(server, "request-with-fields")
    [unknown] = lines_with(server, "request-without-fields")

    names = ("method", "route", "status", "address", "operation", "traceparent")
    assert [known[name] for name in names] == ["GET", "/api/books/{book_id}", 404, "127.0.0.1", "get_book", trace]
    assert [unknown[name] for name in names[:-1]] == ["GET", None, 404, "127.0.0.1", None]
    assert "traceparent" not in unknown
    assert "hunter2" not in json.dumps(unknown)


def test_address_is_that_of_the_client(tmp_path: Path) -> None:
    """Behind a trusted proxy the line has the address that the proxy names; what others name is not believed."""
    for proxies, expected in (("127.0.0.1", "203.0.113.7"), (None, "127.0.0.1")):
        folder = tmp_path / expected
        folder.mkdir()
        with serving(folder, TRUSTED_PROXIES=proxies) as served:
            fields = ("X-Request-Id: request-by-proxy", "X-Forwarded-For: 203.0.113.7")
            Client(served.port).ask("GET", "/api/health/live", None, *fields)
            [line] = lines_with(served, "request-by-proxy")

        assert line["address"] == expected


def test_method_from_outside_is_not_a_field(server: Server, client: Client) -> None:
    """A method that HTTP does not know is no field, and its line is whole however long it is."""
    method = "M" * 6000
    client.send(compose(method, "/api/books", "X-Request-Id: request-of-no-method"))
    [line] = lines_with(server, "request-of-no-method")

    assert line["method"] == "_OTHER"


@pytest.mark.parametrize(
    "identifier", ["short", "x" * 65, "has space in it", 'quote"quote"', "ümläutümläut", "a;b;c;d;e"]
)
def test_request_id_of_another_shape_is_replaced(identifier: str, client: Client) -> None:
    """A request id from outside that is no plain word of 8 to 64 characters is not taken over."""
    answer = client.ask("GET", "/api/health/live", None, f"X-Request-Id: {identifier}")

    assert answer.header("X-Request-Id") not in (None, identifier)


def test_nobody_forges_a_line(server: Server, client: Client) -> None:
    """Line breaks in a path get into no record."""
    target = "/api/" + "".join(f"%{ord(character):02x}" for character in FORGED)
    answer = client.send(compose("GET", target))
    records = lines_with(server, answer.header("X-Request-Id") or "")

    assert [each["message"] for each in records] == [f"GET (an unknown path of {len(FORGED) + 5} characters) 404"]
    assert not [each for each in parsed(server) if each["message"] == "all is well"]


def test_no_secret_is_ever_written(server: Server, client: Client) -> None:
    """No password and no token is in the log, whatever was done with it and wherever it was sent."""
    person = new_person(client)
    wrong = unused_name("a-wrong-and-secret-password")
    access, renewal = person.tokens["access_token"], person.tokens["refresh_token"]
    log_in(client, person.email, wrong)
    client.ask("POST", "/api/auth/login", {"email": person.email, "password": wrong, "nope": wrong})
    client.ask("GET", f"/api/books?access_token={access}")
    client.ask("GET", "/api/users/me", None, f"Authorization: Bearer {access}x")
    client.ask("GET", "/api/users/me", None, f"Cookie: session={access}")
    for target in (f"/{wrong}", f"/api/{wrong}", f"/api/books/{wrong}", f"/api/books/1/{wrong}", f"/docs/{wrong}"):
        client.ask("GET", target)
    patch = {"password": wrong, "current_password": PASSWORD}
    person.client.ask("PATCH", "/api/users/me", patch, f"If-Match: {person.me().header('ETag')}")
    refresh(client, renewal)
    refresh(client, renewal)
    last = client.ask("GET", "/api/health/live").header("X-Request-Id") or ""
    lines_with(server, last)
    written = server.output.read_text() + server.errors.read_text()

    assert [secret for secret in (PASSWORD, wrong, access, renewal, access.split(".")[2]) if secret in written] == []


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Iterator[Path]:
    """A log file of an application in this process, whose context is open."""
    path = tmp_path / "logs" / "impl.log"
    variables = with_tables(environment(tmp_path, LOG_FILE=str(path)))
    with create_flask(load_settings(variables)).app_context():
        yield path
        db.session.remove()
        db.engine.dispose()
    stop_logs()


def test_crash_in_the_store_shows_no_value(log: Path) -> None:
    """An unexpected error of the store is logged without the values of its statement."""
    with pytest.raises(SQLAlchemyError) as caught:
        db.session.execute(text("SELECT :secret, :thing"), {"secret": PASSWORD, "thing": object()})
    problem = as_problem(caught.value)
    stop_logs()

    assert problem.code == "internal_error"
    assert PASSWORD not in str(problem)
    assert "unexpected error" in log.read_text()
    assert PASSWORD not in log.read_text()
