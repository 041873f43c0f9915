"""The start: a mistake in the document or in a handler is named at once, and what is merely missing is shown."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

import impl
from impl.app import create_app, create_flask
from impl.auth.tokens import BadToken
from impl.backends import limiter
from impl.contract.contract import Contract, ContractError
from impl.settings import load_settings

from .commands import finish, is_refused_in_one_line, start_python
from .people import new_person
from .reference_server import DOCUMENT, Json, environment, free_port, read_document, relaxed, save, serving, with_tables
from .wire import HOST, Client

pytestmark = pytest.mark.long

ANNOTATIONS = "/books/{book_id}/annotations"


def start(folder: Path, document: Json) -> None:
    """Start an application of a derived document in this process."""
    create_app(load_settings(with_tables(environment(folder, save(document, folder)))))


def with_operation(changes: Json | None = None, *, tag: str = "books") -> Json:
    """Return the document with one more operation; a change to None leaves that member out."""
    document = relaxed(read_document())
    operation: Json = {
        "operationId": "list_annotations",
        "tags": [tag],
        "x-access": {"allow": ["user"]},
        "x-rate-limit": ["reads"],
        "parameters": [
            {"$ref": "#/components/parameters/BookId"},
            {"$ref": "#/components/parameters/Page"},
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ],
        "responses": {"200": {"description": "Reviews."}, "501": {"description": "Not yet."}},
    }
    changed = {name: value for name, value in (operation | (changes or {})).items() if value is not None}
    document["paths"][ANNOTATIONS] = {"get": changed}
    return document


def test_yaml_mistake_names_file_and_line(tmp_path: Path) -> None:
    """A document that is no YAML is one line with file and line, and exit status 2."""
    lines = DOCUMENT.read_text().splitlines()
    lines[119] = "      responses: [unfinished"
    path = tmp_path / "broken.yaml"
    path.write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, "-m", "impl"],
        env=environment(tmp_path, path, PORT=str(free_port())),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("impl: broken.yaml:12")


@pytest.mark.parametrize("content", ["", "[]", "just text", "openapi: 3.0.3", "openapi: 3.0.3\nservers: []\npaths: {}"])
def test_document_of_another_shape_is_refused(content: str, tmp_path: Path) -> None:
    """A document that lacks its main parts is refused in one line that names the file."""
    path = tmp_path / "other.yaml"
    path.write_text(content)
    with pytest.raises(ContractError, match=r"^other\.yaml:[^\n]+$"):
        Contract.load(path)


@pytest.mark.parametrize(
    ("new", "old", "told"),
    [
        ("x-size-limits: {", "  sizes: {", "`sizes` of x-rate-limit is called `x-size-limits` now"),
        ("equivalent: [grace, ", "twins: [grace, ", "`twins` of x-unique is called `equivalent` now"),
        ("max-staleness: 60", "lag: 60", "`lag` of x-cache is called `max-staleness` now"),
        ("refusal: 404", "otherwise: 404", "`otherwise` of x-access is called `refusal` now"),
    ],
)
def test_old_name_of_a_key_stops_the_start(new: str, old: str, told: str, tmp_path: Path) -> None:
    """A name that a key had before stops the start in one line, with file, line and successor."""
    text = DOCUMENT.read_text().replace(new, old)
    line = 1 + next(number for number, each in enumerate(text.splitlines()) if old in each)
    path = tmp_path / "old.yaml"
    path.write_text(text)
    with pytest.raises(ContractError) as caught:
        create_app(load_settings(with_tables(environment(tmp_path, path))))

    assert str(caught.value).startswith(f"old.yaml:{line}: {told}: write that ")
    assert "\n" not in str(caught.value)


def test_unknown_policy_is_named(tmp_path: Path) -> None:
    """An operation that names a limit which is not defined stops the start, by both names."""
    with pytest.raises(ContractError) as caught:
        start(tmp_path, with_operation({"x-rate-limit": ["raeds"]}))

    assert "raeds" in str(caught.value)


def without_default(document: Json) -> Json:
    """Take the default limits out of a document, and say of every other operation what it had by them."""
    limits = document["x-rate-limit"]
    limits["unrouted"] = limits.pop("default")
    for item in document["paths"].values():
        for operation in item.values():
            if operation["operationId"] != "list_annotations":
                operation.setdefault("x-rate-limit", limits["unrouted"])
    return document


def test_operation_without_limits_stops_the_start(tmp_path: Path) -> None:
    """An operation that names no limits, in a document that has no default ones, stops the start by its name."""
    with pytest.raises(ContractError, match=r"^list_annotations has no x-rate-limit[^\n]+$"):
        start(tmp_path, without_default(with_operation({"x-rate-limit": None})))


def test_unknown_paths_without_limits_stop_the_start(tmp_path: Path) -> None:
    """A document that says nowhere what limits unknown paths stops the start."""
    document = without_default(with_operation())
    del document["x-rate-limit"]["unrouted"]
    with pytest.raises(ContractError, match=r"^x-rate-limit has no unrouted[^\n]+$"):
        start(tmp_path, document)


@pytest.mark.parametrize("named", [["raeds"], "reads", None, {"reads": 60}])
def test_default_that_is_no_list_of_policies_stops_the_start(named: object, tmp_path: Path) -> None:
    """A default that is no list, or names what is not defined, stops the start and is named."""
    document = with_operation()
    document["x-rate-limit"]["default"] = named
    with pytest.raises(ContractError, match=r"^x-rate-limit\.default [^\n]+$"):
        start(tmp_path, document)


@pytest.mark.parametrize(("named", "limits"), [(None, "reads reads-hour reads-day"), ([], ""), (["writes"], "writes")])
def test_limits_are_those_named_or_the_default(named: list[str] | None, limits: str) -> None:
    """No list means the default, an empty list means none, and names mean what they name and nothing else."""
    operation = Contract(with_operation({"x-rate-limit": named})).operations["list_annotations"]

    assert [policy.name for policy in operation.policies] == limits.split()


def test_unknown_paths_have_the_default_or_their_own_limits() -> None:
    """What leads to no operation is limited by default, unless `unrouted` says otherwise."""
    document = with_operation()
    by_default = Contract(document).unrouted
    document["x-rate-limit"]["unrouted"] = ["search"]

    assert [policy.name for policy in by_default] == ["reads", "reads-hour", "reads-day"]
    assert [policy.name for policy in Contract(document).unrouted] == ["search"]


def test_operation_that_anybody_may_call_by_mistake_stops_the_start(tmp_path: Path) -> None:
    """An operation with neither `security: []` nor x-access stops the start, by its name."""
    with pytest.raises(ContractError) as caught:
        start(tmp_path, with_operation({"x-access": None}))

    assert "list_annotations" in str(caught.value)


def test_a_role_that_nobody_can_have_stops_the_start() -> None:
    """A document may name any role; here a user is an admin or none."""
    with pytest.raises(ContractError, match="x-access of list_annotations allows auditor, and users have no such role"):
        Contract(with_operation({"x-access": {"allow": ["admin", "auditor"]}}))


def test_public_operation_needs_no_access_key() -> None:
    """`security: []` says enough."""
    contract = Contract(with_operation({"security": [], "x-access": None}))

    assert contract.operations["list_annotations"].is_public


def test_missing_handler_is_shown_and_answers_501(tmp_path: Path) -> None:
    """The server starts, prints the stub to write, and answers 501 behind security and validation."""
    with serving(tmp_path, save(with_operation(), tmp_path)) as server:
        client = Client(server.port)
        person = new_person(client)
        anonymous = client.ask("GET", "/api/books/1/annotations")
        answers = [
            person.client.ask("GET", f"/api/books/{path}")
            for path in ("1/annotations?page=0", "x/annotations", "1/annotations")
        ]
        shown = server.errors.read_text()

    assert (anonymous.status, anonymous.code) == (401, "missing_token")
    assert [(answer.status, answer.code) for answer in answers] == [
        (400, "invalid_parameter"),
        (404, "not_found"),
        (501, "not_implemented"),
    ]
    assert "GET /books/{book_id}/annotations has no handler. Add to impl/books/handlers.py" in shown
    assert "def list_annotations(book_id, page, if_none_match, caller):" in shown


def test_missing_folder_is_a_missing_handler(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A tag that no folder has yet is a handler to write, in a file to make."""
    start(tmp_path, with_operation(tag="annotations"))

    assert "Add to impl/annotations/handlers.py" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import no_such_module_anywhere", ModuleNotFoundError),
        ("from impl import no_such_thing", ImportError),
        ("from . import no_such_sibling", ImportError),
        ("def broken(:", SyntaxError),
        ("raise RuntimeError('at import')", RuntimeError),
    ],
)
def test_broken_import_stops_the_start(
    source: str, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler module that cannot be imported stops the start; it is no missing handler."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "handlers.py").write_text(source)
    monkeypatch.setattr(impl, "__path__", [*impl.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    try:
        with pytest.raises(error):
            start(tmp_path, with_operation(tag="broken"))
    finally:
        for name in ("impl.broken", "impl.broken.handlers"):
            sys.modules.pop(name, None)
        vars(impl).pop("broken", None)


def test_handler_with_an_unknown_parameter_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that takes what its operation does not declare stops the start, by both names."""
    monkeypatch.setattr("impl.books.handlers.list_annotations", lambda book_id, pgae: None, raising=False)
    with pytest.raises(ContractError) as caught:
        start(tmp_path, with_operation())

    assert "list_annotations" in str(caught.value)
    assert "pgae" in str(caught.value)


def test_handler_may_take_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler takes the parameters it needs and no more."""
    monkeypatch.setattr("impl.books.handlers.list_annotations", lambda book_id, caller, here: None, raising=False)

    start(tmp_path, with_operation())


def test_two_applications_share_nothing(tmp_path: Path) -> None:
    """Two applications in one process have limits, caches and keys of their own."""
    variables = with_tables(environment(tmp_path))
    one, other = (create_flask(load_settings(variables)).extensions["bookplate"] for _ in range(2))
    generation = one.cache.generation()
    answers: list[dict[str, str]] = [{}, {}]
    for each, fields in zip((one, other), answers, strict=True):
        buckets = each.limits.buckets(each.contract.unrouted, limiter.Client("192.0.2.1"))
        each.limits.count(buckets, fields)
    other.cache.advance()

    assert answers[0]["RateLimit"] == answers[1]["RateLimit"]
    assert one.cache.generation() == generation
    with pytest.raises(BadToken):
        other.tokens.verify(one.tokens.mint(1, 1))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_port_in_use_is_one_line(workers: str, tmp_path: Path) -> None:
    """A port that somebody listens on is one line that names HOST and PORT, and exit status 2."""
    settings = {"WORKERS": workers, "REDIS_URL": "redis://127.0.0.1:9/0"} if workers == "2" else {}
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        done = finish(start_python(tmp_path, "-m", "impl", PORT=str(port), **settings))

    assert is_refused_in_one_line(done), done.stderr
    assert done.stderr == f"impl: PORT {port} of HOST {HOST} is in use: end what listens there, or set another PORT\n"
    assert done.stdout == ""


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_host_of_another_machine_is_one_line(host: str, tmp_path: Path) -> None:
    """An address that this machine does not have is one line, too."""
    done = finish(start_python(tmp_path, "-m", "impl", HOST=host, PORT="8080"))

    assert is_refused_in_one_line(done), done.stderr
    assert f"impl: HOST {host} and PORT 8080 cannot be listened on" in done.stderr
