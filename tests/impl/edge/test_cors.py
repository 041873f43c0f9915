"""Cross-origin requests (Fetch standard): which origins may call what, and that errors are no exception."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from impl.app import create_app
from impl.contract.contract import Contract, ContractError, Operation
from impl.settings import SettingsError, load_settings

from ..people import Json, Person, new_admin
from ..reference_server import DOCUMENT, OFFICE, ORIGIN, Server, environment, read_document, relaxed, save, serving
from ..wire import Answer, Client, compose

SAFELISTED = {"Cache-Control", "Content-Type"}
ORIGINS = {"apps": ORIGIN, "back-office": OFFICE}


def preflight(client: Client, origin: str, method: str, path: str = "/api/books") -> Answer:
    """Ask as a browser asks before a request of another origin."""
    return client.send(compose("OPTIONS", path, f"Origin: {origin}", f"Access-Control-Request-Method: {method}"))


def parts(answer: Answer, name: str) -> set[str]:
    """Return the parts of a field that is a list."""
    return set((answer.header(name) or "").split(", ")) - {""}


def target(operation: Operation) -> str:
    """Return a path of an operation that leads to nothing."""
    path = f"{operation.contract.base_path}{operation.path}"
    return path.replace("{user_id}", "987654321").replace("{book_id}", "987654321")


def methods_for(contract: Contract, path: str, group: str) -> set[str]:
    """Return the methods of a path that a group may call."""
    methods = {each.method for each in contract.operations.values() if each.path == path and group in each.origins}  # type: ignore[operator]
    return methods | ({"HEAD"} if "GET" in methods else set())


def header_parameters(operation: Operation) -> set[str]:
    """Return the names of the header fields that an operation declares."""
    return {parameter["name"] for parameter in operation.parameters if parameter["in"] == "header"}


def test_the_groups_of_an_operation_are_the_nearest_ones(contract: Contract) -> None:
    """An operation says which groups may call it, else its tag, else the document."""
    origins = {operation.id: operation.origins for operation in contract.operations.values()}

    assert origins["update_user"] == ("back-office",)
    assert origins["get_user"] == origins["log_in"] == origins["get_health"] == ("apps", "back-office")
    assert origins["list_books"] == ("apps",)


@pytest.mark.parametrize("group", ORIGINS)
def test_preflight_allows_the_methods_and_fields_of_its_path(client: Client, contract: Contract, group: str) -> None:
    """Each method that a group may call is allowed with its siblings and their fields; any other gets no field."""
    seen = set()
    for operation in contract.operations.values():
        answer = preflight(client, ORIGINS[group], operation.method, target(operation))
        allowed = methods_for(contract, operation.path, group)
        callable_here = [o for o in contract.operations.values() if o.path == operation.path and o.method in allowed]

        assert (answer.status, answer.header("Vary")) == (204, "Origin")
        if group in operation.origins:  # type: ignore[operator]
            declared = set[str]().union(*(header_parameters(each) for each in callable_here))
            fields = parts(answer, "Access-Control-Allow-Headers")
            assert answer.header("Access-Control-Allow-Origin") == ORIGINS[group]
            assert parts(answer, "Access-Control-Allow-Methods") == allowed
            assert declared <= fields <= declared | {"Authorization", "Content-Type", "Cache-Control", "X-Request-Id"}
            seen.add(frozenset(allowed))
        else:
            assert [name for name, _ in answer.fields if name.lower().startswith("access-control")] == []
    assert len(seen) > 2


def test_one_path_has_methods_for_different_groups(client: Client) -> None:
    """A page of the apps reads users; a page of the back office changes them too."""
    path = "/api/users/1"

    assert parts(preflight(client, ORIGIN, "GET", path), "Access-Control-Allow-Methods") == {"GET", "HEAD"}
    assert preflight(client, ORIGIN, "PATCH", path).header("Access-Control-Allow-Origin") is None
    assert parts(preflight(client, OFFICE, "PATCH", path), "Access-Control-Allow-Methods") == {
        "DELETE",
        "GET",
        "HEAD",
        "PATCH",
    }


def test_fields_are_those_of_the_operations(client: Client) -> None:
    """If-Match goes with writes, an Idempotency-Key with creations, content with operations that take some."""
    fields = {
        path: parts(preflight(client, ORIGIN, method, path), "Access-Control-Allow-Headers")
        for method, path in [("POST", "/api/auth/login"), ("POST", "/api/books"), ("PUT", "/api/books/1")]
    }

    assert fields["/api/auth/login"] == {"Authorization", "Content-Type", "X-Request-Id"}
    assert "Idempotency-Key" in fields["/api/books"]
    assert "If-Match" not in fields["/api/books"]
    assert {"If-Match", "If-None-Match"} <= fields["/api/books/1"]
    assert "Idempotency-Key" not in fields["/api/books/1"]


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/api/books"), ("TRACE", "/api/books"), ("GET", "/api/nowhere"), ("GET", "/docs")]
)
def test_a_preflight_for_what_is_not_there_is_not_allowed(client: Client, method: str, path: str) -> None:
    """No method is allowed that the document does not have on the path."""
    answer = preflight(client, ORIGIN, method, path)

    assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (204, None)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        f"{ORIGIN}.evil.example",
        "https://evilapp.example.com",
        "http://app.example.com",
        f"{ORIGIN}:444",
        f"{ORIGIN}/",
        "HTTPS://APP.EXAMPLE.COM",
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
    ("target", "fields", "refusal"),
    [
        (f"/api/books?{'a' * 8000}", (), (414, "uri_too_long")),
        ("/api/books", ("a: b",) * 150, (431, "headers_too_large")),
        ("/api/books", (f"X-Padding: {'x' * 17000}",), (431, "headers_too_large")),
        ("/api/books", ("Content-Length: 99999999",), (413, "content_too_large")),
        ("/api/books", ("Content-Length: 1", "Transfer-Encoding: chunked"), (400, "malformed_content")),
    ],
    ids=["target", "fields", "header section", "content", "framing"],
)
def test_sizes_hold_for_preflights(
    client: Client, target: str, fields: tuple[str, ...], refusal: tuple[int, str]
) -> None:
    """A preflight that is too large is refused as any request is, and the page may read the refusal."""
    asks = (f"Origin: {ORIGIN}", "Access-Control-Request-Method: GET")
    body = b"0\r\n\r\n" if "Transfer-Encoding: chunked" in fields else None
    answer = client.send(compose("OPTIONS", target, *asks, *fields, body=body))

    assert (answer.status, answer.code) == refusal
    assert answer.header("Access-Control-Allow-Origin") == ORIGIN
    assert answer.header("Access-Control-Allow-Methods") is None
    assert answer.header("Vary") == "Origin"


def test_a_preflight_with_content_is_a_preflight(client: Client) -> None:
    """Content within the size is read and means nothing."""
    asks = (f"Origin: {ORIGIN}", "Access-Control-Request-Method: GET")
    answer = client.send(compose("OPTIONS", "/api/books", *asks, body=b"x" * 1000))

    assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (204, ORIGIN)


def test_two_origins_are_none(client: Client) -> None:
    """No browser sends two, and neither counts."""
    answer = client.send(compose("GET", "/api/books", f"Origin: {ORIGIN}", f"Origin: {ORIGIN}"))

    assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (200, None)


def test_answers_vary_by_origin_where_none_asked(client: Client) -> None:
    """A cache must not give a page an answer that was made for nobody."""
    assert client.ask("GET", "/api/books").header("Vary") == "Origin"


def test_an_answer_is_readable_by_the_groups_of_its_operation(
    server: Server, client: Client, person: Person, contract: Contract
) -> None:
    """What an operation answers, pages of its groups may read, and pages of no other group."""
    admin = new_admin(server, client)
    for method, path, operation in [
        ("GET", "/api/users", "list_users"),
        ("GET", f"/api/users/{person.user['id']}", "get_user"),
        ("GET", "/api/books", "list_books"),
        ("HEAD", "/api/books", "list_books"),
        ("POST", "/api/admin/cache/clear", "clear_cache"),
    ]:
        for group, origin in ORIGINS.items():
            answer = admin.client.ask(method, path, None, f"Origin: {origin}")
            is_readable = group in (contract.operations[operation].origins or ())

            assert answer.status in (200, 204)
            assert answer.header("Access-Control-Allow-Origin") == (origin if is_readable else None)


def test_exposed_fields_are_those_of_the_operation(client: Client, person: Person, contract: Contract) -> None:
    """A page may read each field that the document declares for an answer of the operation, and no other."""
    for operation_id, path in [
        ("list_books", "/api/books"),
        ("get_me", "/api/users/me"),
        ("get_health", "/api/health"),
    ]:
        operation = contract.operations[operation_id]
        answer = person.client.ask("GET", path, None, f"Origin: {ORIGIN}")
        declared = {
            name for status in operation.raw["responses"] for name in operation.response(int(status)).get("headers", {})
        }

        assert answer.status == 200
        assert parts(answer, "Access-Control-Expose-Headers") == declared - SAFELISTED


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/books", 200),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/books/987654321", 404),
        ("DELETE", "/api/books", 405),
        ("OPTIONS", "/api/books", 204),
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
    assert {"RateLimit", "Retry-After", "X-Request-Id"} <= parts(answer, "Access-Control-Expose-Headers")
    assert answer.header("Access-Control-Allow-Credentials") is None


@pytest.mark.parametrize(
    ("fields", "body", "status"),
    [
        ((), b"x" * 70_000, 413),
        (("Content-Type: text/plain",), b"{}", 415),
        (("Content-Type: application/json",), b"{}", 422),
        (("Content-Type: application/json", f"X-Long: {'x' * 17_000}"), b"{}", 431),
    ],
)
def test_refusals_of_content_may_be_read(client: Client, fields: tuple[str, ...], body: bytes, status: int) -> None:
    """What is too large, of another type or wrong is told to pages as well, of both groups."""
    for origin in ORIGINS.values():
        answer = client.send(compose("POST", "/api/auth/login", f"Origin: {origin}", *fields, body=body))

        assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (status, origin)


def test_errors_of_the_back_office_are_its_own(client: Client) -> None:
    """Errors follow the operation; a method that is not there, the path; an unknown path, the root."""
    for origin, method, path, is_readable in [
        (OFFICE, "GET", "/api/users", True),
        (ORIGIN, "GET", "/api/users", False),
        (OFFICE, "PUT", "/api/users", True),
        (ORIGIN, "PUT", "/api/users", False),
        (ORIGIN, "PUT", "/api/users/1", True),
        (OFFICE, "GET", "/api/nothing", False),
        (ORIGIN, "GET", "/api/nothing", True),
    ]:
        answer = client.send(compose(method, path, f"Origin: {origin}"))

        assert answer.status in (401, 404, 405)
        assert answer.header("Access-Control-Allow-Origin") == (origin if is_readable else None)


def test_a_refusal_by_a_limit_may_be_read(limited: Server) -> None:
    """A page can read how long it has to wait."""
    client = Client(limited.port, "127.0.2.1")
    answers = [client.ask("GET", "/api/books/search?q=a", None, f"Origin: {ORIGIN}") for _ in range(21)]

    assert answers[-1].status == 429
    assert answers[-1].header("Access-Control-Allow-Origin") == ORIGIN
    assert "Retry-After" in parts(answers[-1], "Access-Control-Expose-Headers")


def test_crashes_and_outages_may_be_read(tmp_path: Path) -> None:
    """A 500 and a 503 carry the fields too."""
    with serving(tmp_path) as server:
        server.execute("ALTER TABLE books RENAME TO away")
        broken = Client(server.port).ask("GET", "/api/books", None, f"Origin: {ORIGIN}")

    assert broken.status in (500, 503)
    assert broken.header("Access-Control-Allow-Origin") == ORIGIN


# ── Other documents and settings ──────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(name="plain", scope="module")
def _plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service whose document has no x-cors."""
    folder = tmp_path_factory.mktemp("plain")
    document = without_groups(relaxed(read_document()))
    settings = {"CORS_ORIGINS": f"{ORIGIN} {OFFICE}"}
    with serving(folder, save(document, folder), CORS_ORIGINS_BACK_OFFICE=None, **settings) as server:
        yield Client(server.port)


def without_groups(document: Json) -> Json:
    """Take every x-cors out of a document."""
    operations = [each for item in document["paths"].values() for each in item.values()]
    for place in [document, *document["tags"], *operations]:
        place.pop("x-cors", None)
    return document


def test_without_groups_the_settings_alone_decide(plain: Client) -> None:
    """Each origin of CORS_ORIGINS may call everything."""
    for origin in ORIGINS.values():
        answer = preflight(plain, origin, "PATCH", "/api/users/1")

        assert answer.header("Access-Control-Allow-Origin") == origin
        assert parts(answer, "Access-Control-Allow-Methods") == {"DELETE", "GET", "HEAD", "PATCH"}
        assert plain.ask("GET", "/api/books", None, f"Origin: {origin}").header("Access-Control-Allow-Origin") == origin


def test_an_empty_list_lets_no_origin_call(tmp_path: Path) -> None:
    """`origins: []` on an operation closes it to pages, whatever root and settings say."""
    document = relaxed(read_document())
    document["paths"]["/books"]["get"]["x-cors"] = {"origins": []}
    with serving(tmp_path, save(document, tmp_path), CORS_ORIGINS="*") as server:
        client = Client(server.port)
        answered = client.ask("GET", "/api/books", None, f"Origin: {ORIGIN}")

        assert preflight(client, ORIGIN, "GET").header("Access-Control-Allow-Origin") is None
        assert answered.header("Access-Control-Allow-Origin") is None
        assert preflight(client, ORIGIN, "POST").header("Access-Control-Allow-Origin") == "*"
        assert preflight(client, "null", "POST").header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("variable", ["CORS_ORIGINS_OTHERS", "CORS_ORIGINS_BACKOFFICE", "CORS_ORIGINS_apps"])
def test_a_group_that_the_document_does_not_name_is_refused(tmp_path: Path, variable: str) -> None:
    """The one line names the variable, and those that there are."""
    with pytest.raises(SettingsError) as refused:
        create_app(load_settings(environment(tmp_path, DOCUMENT, **{variable: ORIGIN})))

    assert str(refused.value).startswith(f"{variable} ")
    assert "CORS_ORIGINS_APPS, CORS_ORIGINS_BACK_OFFICE" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_name_that_no_variable_can_have_is_refused(tmp_path: Path) -> None:
    """Two names of groups would otherwise share one variable."""
    document = read_document() | {"x-cors": {"origins": ["Apps"]}}

    with pytest.raises(ContractError, match="group Apps"):
        create_app(load_settings(environment(tmp_path, save(document, tmp_path))))
