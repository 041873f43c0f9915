"""A request in its parts is sent as it came, and without a part it lacks that part alone."""

import pytest

from bookplate.smallest.parts import Parts
from bookplate.wire.exchange import Exchange

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b1"
PIECES = (
    b'--b1\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--b1\r\nContent-Disposition: form-data; name="b"\r\n\r\n\x00\xff\r\n--b1--\r\n'
)


def parts(body: bytes, content_type: str, query: str = "?a=1&a=%20&b&c=") -> Parts:
    headers = [("Host", "h"), ("Accept", "*/*"), ("X-A", "1"), ("Content-Type", content_type), ("Content-Length", "9")]
    return Parts.of(Exchange("op", "PUT", f"http://h/x%2Fy/7{query}", headers, body, 500, [], b""))


@pytest.mark.parametrize(
    ("body", "content_type", "written_as"),
    [
        (b'{"a": [1, 2.5, null, "\\u00e9"]}', "application/json", "json"),
        (b"a=1&b=%C3%A9&c", FORM, "form"),
        (PIECES, MULTIPART, "multipart"),
        (b"\x00\xff", "application/octet-stream", "raw"),
        # What would not come out as it went in is kept whole.
        (b'{"a": 1, "a": 2}', "application/json", "raw"),
        (b'{"a": 1', "application/json", "raw"),
        (b'{"a": NaN}', "application/json", "raw"),
        (b"--other", MULTIPART, "raw"),
        (b"[" * 400 + b"]" * 400, "application/json", "raw"),
    ],
)
def test_a_request_is_sent_as_it_came(body: bytes, content_type: str, written_as: str) -> None:
    found = parts(body, content_type)

    assert found.written_as == written_as
    assert found.wire().url == "http://h/x%2Fy/7?a=1&a=%20&b&c="
    assert found.wire().headers == (("X-A", "1"), ("Content-Type", content_type))
    assert found.wire().body == body


def test_a_form_loses_one_part() -> None:
    assert parts(b"a=1&b=2&c=3", FORM).without([("content", 1)]).wire().body == b"a=1&c=3"
    left = parts(PIECES, MULTIPART).without([("content", 0)]).wire().body
    assert left == b'--b1\r\nContent-Disposition: form-data; name="b"\r\n\r\n\x00\xff\r\n--b1--\r\n'


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("", []),
        ("/y/{id}", ["7"]),
        ("/{kind}/y/{id}", ["x%2F", "7"]),
        ("/y/{a}{b}", ["7", ""]),
        ("/z/{id}", []),  # another path
    ],
)
def test_the_values_in_a_path_are_parts_that_nobody_leaves_out(template: str, values: list[str]) -> None:
    exchange = Exchange("op", "GET", "http://h/x%2F/y/7?a=1", [], b"", 500, [], b"")
    found = Parts.of(exchange, template)

    assert [pair.value for pair in found.tree["path"]] == values
    assert found.wire().url == "http://h/x%2F/y/7?a=1"
    assert found.count() == 1
    if values:
        place = ("path", len(values) - 1)
        pair = found.tree["path"][-1]
        assert found.with_value(place, pair.with_text("é /")).wire().url.endswith("%C3%A9%20%2F?a=1")


def test_without_content_nobody_says_of_which_type_it_is() -> None:
    left = parts(b"[1]", "application/json").without([("content",), ("query", 0), ("header", 0)])

    assert (left.wire().url, left.wire().headers, left.wire().body) == ("http://h/x%2Fy/7?a=%20&b&c=", (), b"")
