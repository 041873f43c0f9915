"""Arguments are written into path, query, header and cookie as the style of their parameter says."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Document, Operation
from bookplate.contract.parameter import Parameter
from bookplate.wire.styles import cookie_pair, filled_path, header_value, query_string

LIST, OBJECT = ["blue", "black"], {"R": 100, "G": 200}


def operation(path: str = "/rows", **parameter: Any) -> Operation:
    """Return an operation with one parameter, which is called `c` where it is not said otherwise."""
    declared = {"name": "c", "schema": {}, **parameter}
    raw = {
        "openapi": "3.1.0",
        "paths": {path: {"get": {"operationId": "a", "parameters": [declared], "responses": {}}}},
    }
    return Document(Path("openapi.yaml"), raw, {}).operation("a")


def parameter(**declaration: Any) -> Parameter:
    (declared,) = operation(**declaration).parameters
    return declared


# ── Path ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("style", "explode", "value", "segment"),
    [
        ("simple", False, "blue", "blue"),
        ("simple", False, LIST, "blue,black"),
        ("simple", True, LIST, "blue,black"),
        ("simple", False, OBJECT, "R,100,G,200"),
        ("simple", True, OBJECT, "R=100,G=200"),
        ("label", False, "blue", ".blue"),
        ("label", False, LIST, ".blue,black"),
        ("label", True, LIST, ".blue.black"),
        ("label", True, OBJECT, ".R=100.G=200"),
        ("matrix", False, "blue", ";c=blue"),
        ("matrix", False, LIST, ";c=blue,black"),
        ("matrix", True, LIST, ";c=blue;c=black"),
        ("matrix", False, OBJECT, ";c=R,100,G,200"),
        ("matrix", True, OBJECT, ";R=100;G=200"),
    ],
)
def test_a_segment_has_the_style_of_its_parameter(style: str, explode: bool, value: Any, segment: str) -> None:
    taking = operation("/rows/{c}", **{"in": "path", "required": True, "style": style, "explode": explode})

    assert filled_path(taking, {"c": value}) == f"/rows/{segment}"


@pytest.mark.parametrize(
    ("value", "segment"), [("a/b ü?", "a%2Fb%20%C3%BC%3F"), (True, "true"), (1.5, "1.5"), (7, "7")]
)
def test_a_segment_is_percent_encoded(value: Any, segment: str) -> None:
    assert filled_path(operation("/rows/{c}", **{"in": "path", "required": True}), {"c": value}) == f"/rows/{segment}"


def test_several_parameters_may_share_a_segment() -> None:
    taking = operation("/maße/{from}...{to}.svg", **{"in": "query"})

    assert filled_path(taking, {"from": "{to}", "to": 2}) == "/ma%C3%9Fe/%7Bto%7D...2.svg"


def test_a_parameter_with_content_is_written_as_json() -> None:
    taking = operation("/rows/{c}", **{"in": "path", "required": True, "content": {"application/json": {}}})

    assert filled_path(taking, {"c": {"a": 1}}) == "/rows/%7B%22a%22%3A%201%7D"


# ── Query ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("declaration", "value", "query"),
    [
        ({}, "a b&c", "c=a%20b%26c"),
        ({}, True, "c=true"),
        ({}, LIST, "c=blue&c=black"),
        ({}, OBJECT, "R=100&G=200"),
        ({}, [], ""),
        ({"explode": False}, LIST, "c=blue,black"),
        ({"explode": False}, ["a,b", "c"], "c=a%2Cb,c"),
        ({"explode": False}, OBJECT, "c=R,100,G,200"),
        ({"style": "spaceDelimited"}, LIST, "c=blue%20black"),
        ({"style": "pipeDelimited"}, LIST, "c=blue%7Cblack"),
        ({"style": "spaceDelimited", "explode": True}, LIST, "c=blue&c=black"),
        (
            {"style": "deepObject", "explode": True},
            {"a": 1, "b": {"d": [2, 3]}},
            "c%5Ba%5D=1&c%5Bb%5D%5Bd%5D=2&c%5Bb%5D%5Bd%5D=3",
        ),
        ({"allowReserved": True}, "/a?b:c,d&e", "c=/a?b:c,d%26e"),
        ({"content": {"application/json": {}}}, {"a": [1]}, "c=%7B%22a%22%3A%20%5B1%5D%7D"),
        ({"name": "filter[name]"}, "x", "filter%5Bname%5D=x"),
        ({"name": "$top"}, 5, "$top=5"),
    ],
)
def test_a_query_has_the_style_of_its_parameter(declaration: dict[str, Any], value: Any, query: str) -> None:
    taking = operation(**{"in": "query", **declaration})

    assert query_string(taking, {taking.parameters[0].name: value}) == query


def test_an_argument_that_is_not_declared_is_written_as_a_form_does() -> None:
    """A law may send any; and in a query `C` is another name than `c`."""
    taking = operation(**{"in": "query", "style": "pipeDelimited"})

    assert query_string(taking, {"other": LIST, "C": LIST}) == "other=blue&other=black&C=blue&C=black"


# ── Header and cookie ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("declaration", "value", "written"),
    [
        ({}, "north", "north"),
        ({}, False, "false"),
        ({}, LIST, "blue,black"),
        ({}, OBJECT, "R,100,G,200"),
        ({"explode": True}, OBJECT, "R=100,G=200"),
        ({"content": {"application/json": {}}}, {"a": 1}, '{"a": 1}'),
    ],
)
def test_a_header_has_the_style_simple(declaration: dict[str, Any], value: Any, written: str) -> None:
    assert header_value(parameter(**{"in": "header", **declaration}), value) == written


@pytest.mark.parametrize(
    ("value", "written"), [("a=b", "c=a=b"), ("a; b", "c=a%3B%20b"), (7, "c=7"), (LIST, "c=blue,black")]
)
def test_a_cookie_is_one_pair(value: Any, written: str) -> None:
    assert cookie_pair(parameter(**{"in": "cookie"}), value) == written
