"""Cross-origin requests (Fetch standard): who is let in, and that errors are no exception."""

import pytest

from impl.policy import Contract

from .server import ORIGIN
from .wire import Answer, Client, compose


def preflight(client: Client, origin: str, method: str, path: str = "/api/books") -> Answer:
    """Ask as a browser asks before a request of another origin."""
    return client.send(compose("OPTIONS", path, f"Origin: {origin}", f"Access-Control-Request-Method: {method}"))


def test_preflight_is_answered_for_every_operation(client: Client, contract: Contract) -> None:
    """Each documented method may be asked for, without a token, from an allowed origin."""
    for operation in contract.operations.values():
        answer = preflight(
            client, ORIGIN, operation.method, f"{contract.base_path}{operation.path}".replace("{", "").replace("}", "")
        )

        assert answer.status == 204
        assert answer.header("Access-Control-Allow-Origin") == ORIGIN
        assert operation.method in str(answer.header("Access-Control-Allow-Methods"))
        assert "If-Match" in str(answer.header("Access-Control-Allow-Headers"))


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        f"{ORIGIN}.evil.example",
        "https://evilapp.example.com",
        "http://app.example.com",
        f"{ORIGIN}:444",
    ],
)
def test_other_origins_are_not_named(client: Client, origin: str) -> None:
    """A foreign, look-alike or null origin gets neither a preflight nor an answer it may read."""
    asked = preflight(client, origin, "GET")
    answered = client.send(compose("GET", "/api/books", f"Origin: {origin}"))

    assert (asked.status, answered.status) == (204, 200)
    assert asked.header("Access-Control-Allow-Origin") is None
    assert answered.header("Access-Control-Allow-Origin") is None
    assert answered.header("Vary") == "Origin"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/books", 200),
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/books", 405),
        ("GET", "/api/books?page=0", 400),
        ("GET", "/api/users/me", 401),
        ("POST", "/api/auth/login", 400),
        ("GET", f"/api/{'x' * 9000}", 414),
    ],
)
def test_errors_may_be_read_too(client: Client, method: str, path: str, status: int) -> None:
    """The fields stand on every answer, whichever layer made it."""
    answer = client.send(compose(method, path, f"Origin: {ORIGIN}"))

    assert answer.status == status
    assert answer.header("Access-Control-Allow-Origin") == ORIGIN
    assert {"ETag", "Link", "Location", "RateLimit", "Retry-After"} <= set(
        str(answer.header("Access-Control-Expose-Headers")).split(", ")
    )
    assert answer.header("Access-Control-Allow-Credentials") is None
