"""How the engine is tuned: from the document, and no further than it says."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from schemathesis.config import SchemathesisConfig

from bookplate.contract.document import Document
from bookplate.contract.extensions import AuthRole
from bookplate.contract.facts import declared
from bookplate.contract.operation import Operation, OperationFacts
from bookplate.fuzzing.engine import FOR_ACCOUNTS, Tuning, checks, configuration, scenarios
from bookplate.fuzzing.excuses import excused, has_forbidden_parameter
from bookplate.fuzzing.plan import WALK, Pass
from tests.fakes.shelf import DOCUMENT

from .conftest import person


@pytest.fixture(name="document")
def _document() -> Document:
    return Document.load(DOCUMENT)


@pytest.fixture(name="replace")
def _replace(document: Document) -> Operation:
    return document.operation("replace_shelf")


def test_configuration_is_valid(document: Document, tmp_path: Path) -> None:
    tuning = Tuning(document, "http://127.0.0.1:1/v1", 1, 5, tmp_path)

    config = SchemathesisConfig.from_dict(configuration(tuning, Pass("any", ("fuzzing",), frozenset())))

    assert config.seed == 1


@pytest.mark.parametrize(("examples", "is_brief"), [(25, False), (8, False), (8, True)])
def test_journeys_that_make_accounts_are_walked_no_less_than_others(
    examples: int, is_brief: bool, document: Document, tmp_path: Path
) -> None:
    """Such a walk spends a part of its steps on an account, so there are more of them, but where a run is to be brief."""
    tuning = Tuning(document, "http://127.0.0.1:1/v1", 1, examples, tmp_path, is_brief)
    signed_in = Pass("signed in", WALK, frozenset(), {"A": person("a token")})
    anonymous = Pass("anonymous", WALK, frozenset())

    walks = scenarios(tuning, anonymous) - scenarios(tuning, signed_in)

    assert walks == (0 if is_brief else FOR_ACCOUNTS)


def test_declared_precondition_is_accepted_and_nothing_else(document: Document, replace: Operation) -> None:
    accepted = checks(replace, False)["positive_data_acceptance"]["expected-statuses"]
    elsewhere = checks(document.operation("create_shelf"), False)["positive_data_acceptance"]["expected-statuses"]

    assert set(accepted) - set(elsewhere) == {"412"}
    assert not {"400", "422", "5xx", "500"} & set(accepted)


def test_a_valid_request_may_meet_what_is_locked(document: Document) -> None:
    """423 tells of what the server holds, as 409 does (RFC 4918, section 11.3)."""
    accepted = checks(document.operation("create_shelf"), False)["positive_data_acceptance"]["expected-statuses"]

    assert {"409", "423"} <= set(accepted)


def test_missing_precondition_may_be_428_where_declared(document: Document, replace: Operation) -> None:
    assert "428" in checks(replace, False)["missing_required_header"]["expected-statuses"]
    assert (
        "428" not in checks(document.operation("create_shelf"), False)["missing_required_header"]["expected-statuses"]
    )


def sent(body: bytes = b"{}", **headers: str) -> Any:
    return SimpleNamespace(body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("tags", ["0", '"unclosed', "*, *", '"a" "b"'])
def test_malformed_precondition_excuses_400(replace: Operation, tags: str) -> None:
    assert excused(400, sent(If_Match=tags), replace)
    assert excused(400, sent(If_None_Match=tags), replace)


@pytest.mark.parametrize("tags", ["*", '"a"', 'W/"a", "b"'])
def test_well_formed_precondition_excuses_nothing(replace: Operation, tags: str) -> None:
    assert not excused(400, sent(If_Match=tags), replace)
    assert not excused(400, sent(If_None_Match=tags), replace)


@pytest.mark.parametrize(
    ("place", "value", "is_forbidden"),
    [
        ("header", "0", True),
        ("header", '"0"', False),
        ("query", "many", True),
        ("query", "12", False),
        ("query", 12, False),
    ],
)
def test_a_parameter_that_breaks_its_schema_is_no_valid_request(
    place: str, value: object, is_forbidden: bool, tmp_path: Path
) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(
        """
openapi: 3.0.3
info: {title: Shelves, version: '1'}
paths:
  /shelves:
    get:
      parameters:
        - {name: it, in: header, schema: {type: string, pattern: '^"[0-9]+"$'}}
        - {name: it, in: query, schema: {type: integer, maximum: 50}}
        - {name: some, in: query, schema: {type: array, items: {type: integer}}}
      responses: {'200': {description: all}}
""",
        encoding="utf-8",
    )
    operation = Document.load(path).operations[0]

    assert has_forbidden_parameter({place: {"it": value, "some": "1,2"}}, operation) is is_forbidden


def test_wrong_check_digit_excuses_422(replace: Operation) -> None:
    assert excused(422, sent(b'{"label": "a", "isbn": "0441172710"}'), replace)


def test_right_check_digit_excuses_nothing(replace: Operation) -> None:
    assert not excused(422, sent(b'{"label": "a", "isbn": "0441172717"}'), replace)
    assert not excused(422, sent(b'{"label": "a"}'), replace)
    assert not excused(500, sent(b'{"label": "a", "isbn": "0441172710"}'), replace)


@pytest.mark.parametrize(
    ("content", "is_excused"),
    [
        (b'{"shelves": 584.0}', True),
        (b'{"shelves": 584}', False),
        (b'{"weight": 584.0}', False),
        (b'{"sizes": [1, 2.0]}', True),
        (b'{"room": {"number": 7.0}}', True),
        (b'{"room": {"number": 7.5}}', False),
        (b"[584.0]", False),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_an_integer_that_is_written_with_a_fraction_may_be_refused(
    status: int, content: bytes, is_excused: bool, tmp_path: Path
) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(
        """
openapi: 3.1.0
info: {title: Rooms, version: '1'}
paths:
  /rooms:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                shelves: {type: integer}
                weight: {type: number}
                sizes: {type: array, items: {type: integer}}
                room: {type: object, properties: {number: {type: [integer, 'null']}}}
      responses: {'201': {description: made}}
""",
        encoding="utf-8",
    )

    assert excused(status, sent(content), Document.load(path).operations[0]) is is_excused


def test_secret_without_its_proof_excuses_422(replace: Operation) -> None:
    role = AuthRole("account", secret="/password", proof="/current_password")
    facts = OperationFacts(auth_role=declared(role, "x-auth-role"))
    operation = Operation(**{**vars(replace), "facts": facts})

    assert excused(422, sent(b'{"password": "a new one"}'), operation)
    assert not excused(422, sent(b'{"display_name": "Ann"}'), operation)


@pytest.mark.parametrize(
    ("method", "documented", "is_accepted"),
    [("POST", ("201", "422"), True), ("POST", ("201", "400"), False), ("PUT", ("200", "422"), False)],
)
def test_a_value_that_is_taken_may_be_a_400_beside_the_422(
    method: str, documented: tuple[str, ...], is_accepted: bool, tmp_path: Path
) -> None:
    paths = {
        "/lamps": {method.lower(): {"operationId": "add", "responses": {s: {"description": s} for s in documented}}}
    }
    raw = {"openapi": "3.1.0", "info": {"title": "Lamps", "version": "1"}, "paths": paths}

    add = Document(tmp_path / "lamps.yaml", raw, {}).operation("add")

    assert ("400" in checks(add, False)["positive_data_acceptance"]["expected-statuses"]) is is_accepted
