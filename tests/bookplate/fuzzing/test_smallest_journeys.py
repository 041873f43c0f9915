"""A failure that needs requests before it is shown with the least of them, and can be seen again on a new server."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.contract.operation import Operation
from bookplate.fuzzing.generator import Scope, run_fuzzing
from bookplate.fuzzing.smallest_journeys import Journey, Step, begins_anew
from bookplate.laws.verdict import Finding, Verdict
from bookplate.smallest.parts import Pair, Parts, Wire
from bookplate.wire.connection import Admission, Connection
from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import Violation
from tests.fakes import FOLDER, post_office
from tests.fakes.post_office import PostOffice
from tests.fakes.serving import opened

from .conftest import OF_GENERATED
from .test_smallest_cases import Nobody

pytestmark = pytest.mark.long

OPERATIONS = ("send_parcel", "add_label", "show_label")
JSON = [("content-type", "application/json")]
LEAST = [
    ("POST", {"to": {"name": "a"}, "items": [{"what": "a"}], "greeting": "a"}),
    ("POST", {"text": "a", "colour": "blue"}),
    ("GET", None),
]


@pytest.fixture(name="finding", scope="module")
def _finding(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Finding]:
    """The address of a service, and a crash of it that shows only behind two other requests."""
    folder = tmp_path_factory.mktemp("post_office")
    document = Document.load(post_office.written(folder))
    with opened(PostOffice(post_office.breaks_with_a_greeting_in_blue)) as url:
        what = Scope(1, examples=60, operations=OPERATIONS)
        result = run_fuzzing(document, url, Nobody(), OF_GENERATED, folder, what, admission=Admission(Connection()))
    found = [each for each in result.findings if each.rule_id == "ROBUST-01" and each.verdict is Verdict.FAILED]
    return url, found[0]


def test_the_requests_before_have_what_the_failure_needs_and_no_more(finding: tuple[str, Finding]) -> None:
    _, found = finding

    sent = [
        (each["method"], json.loads(each["sent"]["body"]) if each["sent"]["body"] else None) for each in found.exchanges
    ]
    assert sent == LEAST
    assert re.fullmatch(r"(\d+ of \d+ parts|nothing .*) .*", found.smallest)


def test_its_script_shows_it_on_a_server_that_has_seen_nothing(finding: tuple[str, Finding], tmp_path: Path) -> None:
    """Ids are taken from the answers that make them there."""
    url, found = finding
    with opened(PostOffice(post_office.breaks_with_a_greeting_in_blue)) as other:
        script = found.curl.replace(url, other)
        done = subprocess.run(
            ["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )

    assert done.returncode == 0, done.stderr
    assert re.findall(r"^HTTP/1\.1 (\d+)", done.stdout, re.MULTILINE) == ["201", "201", "500"]


def exchange(method: str, path: str, made: str = "") -> Exchange:
    content = json.dumps({"id": made}).encode() if made else b""
    fields = [("content-type", "application/json")] if made else []
    return Exchange("x", method, f"http://h{path}", [], b"", 201 if made else 200, fields, content)


def test_who_has_sent_a_request_stays_where_the_operation_asks_nobody() -> None:
    """Without the token the thing would be nobody's, and what another user reads of it no failure."""
    document = Document.load(FOLDER / "toy.yaml")
    operation = document.operation("list_notes")
    fields = [("Authorization", "Bearer secret-of-a"), ("X-Other", "a")]
    makes = Exchange("create_note", "POST", "http://h/v1/notes", fields, b"", 201, JSON, b'{"id": 41}')
    shows = Exchange("get_note", "GET", "http://h/v1/notes/41", [], b"", 200, JSON, b"{}")
    sent: list[Wire] = []

    def send(wire: Wire, _: Operation) -> Any:
        sent.append(wire)
        return (makes if wire.method == "POST" else shows), None

    steps = [Step(each, operation, Parts.of(each)) for each in (makes, shows)]
    journey = Journey(steps, send, lambda *_: Violation("it is shown"), is_secret)
    violation, sentence = journey.outcome()

    assert violation is not None
    assert sentence == "1 of 3 parts of the requests before it was left out"
    assert journey.best[0].parts.wire().headers == (("Authorization", "Bearer secret-of-a"),)
    assert all(("Authorization", "Bearer secret-of-a") in wire.headers for wire in sent if wire.method == "POST")


def is_secret(value: object) -> bool:
    return isinstance(value, Pair) and "secret" in value.text


def test_nobody_looks_for_less_where_what_was_sent_first_is_still_there() -> None:
    """A setting that was changed once stays changed: without the change the failure would seem to need nothing."""
    makes, uses = exchange("POST", "/parcels", "41"), exchange("GET", "/parcels/41")
    changes, shows = exchange("PUT", "/settings"), exchange("GET", "/settings")
    other = exchange("POST", "/parcels", "42")

    assert begins_anew([makes, uses])
    assert not begins_anew([changes, shows])
    assert not begins_anew([other, changes, shows])
    assert not begins_anew([shows])
