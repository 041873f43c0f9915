"""What of a request the document forbids, in words that do not depend on values."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.contract.security import Carried
from bookplate.smallest.mistakes import mistakes_of
from bookplate.smallest.parts import Parts
from bookplate.wire.exchange import Exchange
from tests.fakes import quarry

ORDER = {"customer": {"name": "a"}, "lines": [{"stone": 1}]}


@pytest.fixture(name="document", scope="module")
def _document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return Document.load(quarry.written(Path(tmp_path_factory.mktemp("quarry"))))


def listed(query: str, *headers: tuple[str, str]) -> Parts:
    return Parts.of(Exchange("list_stones", "GET", f"http://h/stones{query}", [*headers], b"", 200, [], b""))


def cut(code: str, year: str) -> Parts:
    return Parts.of(Exchange("show_cut", "GET", f"http://h/stones/{code}/cuts/{year}", [], b"", 200, [], b""))


def ordered(content: Any, media_type: str = "application/json") -> Parts:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = [("Content-Type", media_type)]
    return Parts.of(Exchange("create_order", "POST", "http://h/orders", headers, body, 200, [], b""))


@pytest.mark.parametrize(
    ("request_", "mistakes"),
    [
        (listed(""), set()),
        (listed("?year_from=1000&colour=red&unknown=1", ("x-branch", "a")), set()),
        (listed("?year_from=999"), {"'year_from' in the query breaks its schema"}),
        (listed("?year_from=1000&year_from=1001"), {"'year_from' in the query breaks its schema"}),
        (listed("", ("X-Branch", "A")), {"'X-Branch' in the header breaks its schema"}),
        (cut("a", "1000"), set()),
        (cut("%25+%20", "1000"), set()),
        (cut("A", "1"), {"'code' in the path breaks its schema", "'year' in the path breaks its schema"}),
        (cut("", "1000"), {"'code' in the path is empty"}),
        (ordered(ORDER), set()),
        (ordered(b""), {"the content is missing"}),
        (ordered(b"{"), {"the content is no JSON"}),
        (ordered(b"a=1", "text/plain"), {"the content has a media type that is not documented"}),
        (ordered({**ORDER, "more": 1}), {"/ of the content breaks additionalProperties"}),
        (ordered({"lines": ORDER["lines"]}), {"/ of the content breaks required: 'customer' is a required property"}),
        (
            ordered({**ORDER, "lines": [{"stone": 1}, {"stone": 100}, {"stone": 500}]}),
            {"/lines/#/stone of the content breaks maximum"},
        ),
    ],
)
def test_mistakes_are_told_without_values(request_: Parts, mistakes: set[str], document: Document) -> None:
    listed_or_cut = "show_cut" if "/cuts/" in request_.path else "list_stones"
    operation = document.operation("create_order" if request_.method == "POST" else listed_or_cut)

    assert mistakes_of(request_, operation) == mistakes


def test_credentials_that_an_operation_asks_for_are_no_part_that_may_be_missing(document: Document) -> None:
    carried = [Carried("header", "Authorization", "Bearer ")]
    operation = document.operation("list_stones")

    assert mistakes_of(listed("", ("authorization", "Bearer x")), operation, carried) == set()
    assert mistakes_of(listed(""), operation, carried) == {"the credentials in Authorization are missing"}
