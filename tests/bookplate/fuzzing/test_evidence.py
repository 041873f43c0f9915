"""What the generator's events come to: a check counts where its law applies, and the end of the target ends the work."""

from types import SimpleNamespace
from typing import Any

import pytest
import requests
from schemathesis.engine import Status

from bookplate.contract.document import Document
from bookplate.fixtures import User
from bookplate.fuzzing.evidence import Recorder
from bookplate.fuzzing.identities import LiveToken
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.verdict import Verdict
from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import NotChecked


def answered(operation_id: str) -> Exchange:
    return Exchange(operation_id, "GET", "http://127.0.0.1/v1/notes", [], b"", 200, [], b"{}")


def judged_by(document: Document, operation_id: str) -> Recorder:
    """Return a recorder that has seen a check of whom an object belongs to, after a success at an operation."""
    recorder = Recorder(document, Catalogue.shipped(), {})
    node: Any = SimpleNamespace(name="object_level_authorization", status=Status.SUCCESS, failure_info=None)
    scenario: Any = SimpleNamespace(cases={"1": SimpleNamespace(value=SimpleNamespace(_auth_identity="A"))})
    recorder.check(node, "1", scenario, {"1": answered(operation_id)})
    return recorder


@pytest.mark.parametrize(("operation", "times"), [("get_note", 1), ("list_notes", 0)])
def test_a_check_counts_only_where_its_law_applies(document: Document, operation: str, times: int) -> None:
    """The document says of one note whose it is, and of the list nothing."""
    assert judged_by(document, operation).counted.judged["AUTHZ-01", operation] == times


def test_the_end_of_the_target_ends_the_work_and_is_no_failure(document: Document) -> None:
    recorder = Recorder(document, Catalogue.shipped(), {}, is_gone=lambda: True)

    recorder.engine_error("GET /notes", requests.ConnectionError("[Errno 111] Connection refused"))
    recorder.engine_error("POST /notes", requests.ConnectionError("[Errno 111] Connection refused"))

    result = recorder.result()
    assert recorder.has_enough
    assert result.findings == []
    assert result.unfinished.startswith("the target no longer answers, since GET /notes")


def test_the_request_that_ended_the_target_is_a_failure(document: Document) -> None:
    recorder = Recorder(document, Catalogue.shipped(), {}, is_gone=lambda: True)

    recorder.engine_error("GET /notes", requests.ConnectionError("Connection aborted: remote end closed"))

    assert [finding.rule_id for finding in recorder.result().findings] == ["ROBUST-01"]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (requests.ReadTimeout("read timed out"), Verdict.WARNED),
        (requests.ConnectTimeout("connect timed out"), Verdict.WARNED),
        (requests.ConnectionError("Connection aborted: remote end closed"), Verdict.FAILED),
    ],
)
def test_an_answer_that_is_late_is_no_failure(document: Document, error: Exception, verdict: Verdict) -> None:
    """No document says how long an answer may take; a connection that ends without one is another matter."""
    recorder = Recorder(document, Catalogue.shipped(), {})

    recorder.engine_error("GET /notes", error)

    (finding,) = recorder.result().findings
    assert (finding.rule_id, finding.verdict) == ("ROBUST-01", verdict)


def test_without_an_account_requests_are_sent_without_one() -> None:
    asked = []

    def nobody() -> User:
        asked.append(1)
        raise NotChecked("nobody can sign up")

    signs = LiveToken(nobody, {}, None)

    for _ in "12":
        request = signs(requests.Request("GET", "http://127.0.0.1/").prepare())
        assert "Authorization" not in request.headers

    assert asked == [1]
