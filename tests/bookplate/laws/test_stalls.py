"""Laws on HTTP and caches at a market of stalls: no honest style is an alarm, and each defect is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bookplate.contract.document import Document
from bookplate.fixtures import Session
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.observer import Observer
from bookplate.target.config import Config
from bookplate.target.instance import Instance
from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import Violation
from tests.fakes.serving import opened
from tests.fakes.stalls import DOCUMENT, Stalls

from ..law_modules import law_module
from .test_styles import ACCOUNTS, Trial

CATALOGUE = Catalogue.shipped()
LAWS = ("CACHE-06", "CACHE-07", "CACHE-08", "COND-02", "CONC-06", "ERR-06", "HTTP-02", "HTTP-04", "ROBUST-08")


OTHER_STYLES = ("", "public", "weak", "ranges", "strict Accept", "one at a time")
AT_NIGHT = pytest.mark.nightly


@contextmanager
def market(service: Stalls, folder: Path) -> Iterator[Trial]:
    settings = folder / "bookplate.toml"
    settings.write_text(ACCOUNTS, encoding="utf-8")
    promised = Document("stalls.json", DOCUMENT, {})
    with opened(service) as url:
        session = Session(Instance(url), promised, Config.read(settings), Observer(promised, []), patience=1)
        try:
            yield Trial(session, service)  # type: ignore[arg-type]  # it asks a service for nothing
        finally:
            session.client.close()


# At every change the style that keeps most, and the one that has least; the night tries all.
@pytest.mark.parametrize(
    "style", ["caches", "no HEAD", *(pytest.param(name, marks=pytest.mark.nightly) for name in OTHER_STYLES)]
)
def test_an_honest_style_is_no_alarm(style: str, tmp_path: Path) -> None:
    with market(Stalls(style), tmp_path) as trial:
        said = {(law, operation): text for law in LAWS for operation, text in trial(CATALOGUE[law]).items()}

    found = {pair: text for pair, text in said.items() if text != "passed" and not text.startswith("not checked")}
    # HEAD is recommended.
    assert {law for law, _ in found} == ({"HTTP-02"} if style == "no HEAD" else set()), found
    assert [pair for pair, text in said.items() if text.startswith("not checked")] == []


@pytest.mark.parametrize(
    ("defect", "law", "operations"),
    [
        ("one list for all", "CACHE-06", {"list_stalls"}),
        ("HEAD asks for no token", "CACHE-07", {"list_stalls", "get_stall"}),
        pytest.param("HEAD is kept", "CACHE-07", {"list_stalls", "get_stall"}, marks=AT_NIGHT),
        ("a part is kept", "CACHE-08", {"list_stalls", "get_stall"}),
        pytest.param("tags of the newest", "COND-02", {"list_stalls"}, marks=AT_NIGHT),
        pytest.param("writes at once crash", "CONC-06", {"put_stall"}, marks=AT_NIGHT),
        pytest.param("one at a time", "CONC-06", {"put_stall"}, marks=AT_NIGHT),
        pytest.param("HEAD is refused", "HTTP-02", {"list_stalls", "get_stall"}, marks=AT_NIGHT),
        pytest.param("a charset is refused", "HTTP-04", {"open_stall", "put_stall"}, marks=AT_NIGHT),
        pytest.param(
            "odd cookies crash",
            "ROBUST-08",
            {"list_stalls", "open_stall", "get_stall", "put_stall", "close_stall"},
            marks=AT_NIGHT,
        ),
    ],
)
def test_a_defect_is_found(defect: str, law: str, operations: set[str], tmp_path: Path) -> None:
    with market(Stalls(defect=defect), tmp_path) as trial:
        said = trial(CATALOGUE[law])

    assert {name for name, text in said.items() if text != "passed" and not text.startswith("not ")} == operations, said


def answered(status: int, headers: dict[str, str], content: str) -> Exchange:
    pairs = [("content-type", "application/json"), *headers.items()]
    url = "http://127.0.0.1:1/things?page=1"
    method = "POST" if status == 201 else "GET"
    return Exchange("list_things", method, url, [], b"", status, pairs, content.encode())


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (200, {"x-total-count": "3"}, '{"total": 3}'),
        (429, {"retry-after": "30", "x-request-id": "7f"}, '{"retryAfter": 30, "requestId": "7f"}'),
        (201, {"location": "/things/7"}, '{"links": {"self": "http://127.0.0.1:1/things/7"}}'),
        (200, {"link": '</things?page=2&size=1>; rel="next"'}, '{"next": "http://api.example/things?size=1&page=2"}'),
        (200, {"link": '</things?page=2>; rel="next"'}, '{"next": 2, "first": true}'),
        (200, {"link": '</docs>; rel="service-doc"'}, '{"next": null}'),
    ],
)
def test_what_is_said_alike_twice_passes(status: int, headers: dict[str, str], content: str) -> None:
    said = [*law_module("HTTP-03").said_twice(answered(status, headers, content))]

    assert [pair for pair in said if pair.of_field != pair.of_member] == []


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (200, {"x-total-count": "3"}, '{"meta": {"total": 2}}'),
        (429, {"retry-after": "30"}, '{"error": {"retry_after_seconds": 3}}'),
        (404, {"x-request-id": "7f"}, '{"error": {"request_id": "80"}}'),
        (201, {"location": "/things/7"}, '{"_links": {"self": {"href": "/things/8"}}}'),
        (200, {"link": '</things?page=2>; rel="next"'}, '{"links": {"next": "/things?page=3"}}'),
        (200, {"link": '</things?page=2>; rel="next"'}, '{"links": {"next": null}}'),
    ],
)
def test_what_is_said_otherwise_is_found(status: int, headers: dict[str, str], content: str) -> None:
    document = Document("stalls.json", DOCUMENT, {})

    with pytest.raises(Violation):
        law_module("HTTP-03").fields_and_content_agree(answered(status, headers, content), None, document)
