"""Files are read as JSON (RFC 8259) and YAML 1.2 say, in every Unicode encoding, and each node keeps its line."""

import gzip
import json
import threading
import zlib
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.contract.lines import DocumentError
from bookplate.contract.reading import fetched, parsed, read
from tests.fakes.server import Server


def value(text: str, name: str = "notes.yaml") -> Any:
    return parsed(text, name).value


@pytest.mark.parametrize(
    "word", ["no", "NO", "on", "off", "yes", "y", "18:00", "1:30:00", "2024-02-30", "1_000", "0b1"]
)
def test_what_yaml_1_1_takes_for_another_type_is_text(word: str) -> None:
    assert value(f"{word}: {word}") == {word: word}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("+7", 7),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("18446744073709551617", 2**64 + 1),
        ("1e400", 10**400),
        ("!!str 7", "7"),
        ("!!timestamp 2024-01-01", "2024-01-01"),
        ("'true'", "true"),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ("plain\ttab", "plain\ttab"),
    ],
)
def test_scalars_have_the_types_of_the_core_schema(text: str, expected: Any) -> None:
    found = value(f"a: {text}")["a"]

    assert (type(found), found) == (type(expected), expected)


def test_keys_are_text_as_they_are_written() -> None:
    assert list(value("200: a\n4XX: b\ntrue: c\nnull: d\n1.0: e\n")) == ["200", "4XX", "true", "null", "1.0"]


def test_aliases_and_merges_become_data_of_their_own() -> None:
    found = value("a: &a {x: 1, y: 2}\nb: &b {<<: *a, y: 3}\nc: {<<: [*b, {z: 4}], x: 9}\nd: *a\n'<<': text\n")

    assert found["b"] == {"x": 1, "y": 3}
    assert found["c"] == {"x": 9, "y": 3, "z": 4}
    assert found["d"] == found["a"]
    assert found["d"] is not found["a"]
    assert found["<<"] == "text"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: &a {b: *a}", ":1: an anchor contains itself"),
        ("a: &a {<<: *a}", ":1: an anchor contains itself"),
        ("a: {<<: 7}", ":1: a merge key `<<` takes mappings alone"),
        ("a:\n  - !include b.yaml", ":2: YAML has no tag !include of its own"),
        ("? [a]\n: b", ":1: a key is no plain text"),
        ("a: b\n---\nc: d", ":2: YAML: but found another document"),
        ("a: [", ":2: YAML"),
        ("[" * 3000 + "]" * 3000, ":1: "),
        ("a: " + "9" * 5000, ":1: a number has too many digits: quote it"),
    ],
)
def test_what_is_no_yaml_is_one_line_with_its_place(text: str, told: str) -> None:
    with pytest.raises(DocumentError) as raised:
        parsed(text, "notes.yaml")

    assert str(raised.value).startswith(f"notes.yaml{told}")
    assert "\n" not in str(raised.value)


def test_anchors_cannot_make_a_small_file_too_large_to_read() -> None:
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1]"]
    for name, before in zip("bcdefgh", "abcdefg", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]")

    with pytest.raises(DocumentError, match="has more than 1,000,000 nodes"):
        parsed("\n".join(lines), "notes.yaml")


JSON = '{\n\t"a": [1, {"b": 2,\n\t"c": "x\\u00e9"}],\n\t"d": 18446744073709551617\n}'


def test_json_has_tabs_and_lines() -> None:
    found = parsed(JSON, "notes.json")

    assert found.value == {"a": [1, {"b": 2, "c": "xé"}], "d": 2**64 + 1}
    lines = {pointer: place.rpartition(":")[2] for pointer, place in found.places.items()}
    assert lines == {"": "1", "/a": "2", "/a/0": "2", "/a/1": "2", "/a/1/b": "2", "/a/1/c": "3", "/d": "4"}


def test_pairs_of_surrogates_are_one_character() -> None:
    assert value('{"a": "\\ud83d\\ude00", "\\ud83d\\ude01": 1}', "notes.json") == {"a": "\U0001f600", "\U0001f601": 1}


@pytest.mark.parametrize("name", ["notes.json", "notes.yaml"])
def test_half_a_pair_is_told_and_replaced(name: str) -> None:
    text = '{\n"a": "x\\ud83d"}' if name == "notes.json" else 'b: 1\na: "x\\ud83d"'

    found = parsed(text, name)

    assert found.value["a"] == "x\ufffd"
    assert [str(each) for each in found.mistakes] == [
        f"{name}:2: a text has half of a surrogate pair, which is no character: write the whole pair"
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [("notes.json", '{"a": 1,\n"b": {"c": 1,\n"c": 2}}'), ("notes.yaml", "a: 1\nb:\n  c: 1\n  c: 2\n")],
)
def test_a_key_that_stands_twice_is_told_and_the_last_one_counts(name: str, text: str) -> None:
    found = parsed(text, name)

    assert found.value == {"a": 1, "b": {"c": 2}}
    assert [each.text for each in found.mistakes] == ["key 'c' stands twice, and the last one counts: remove one"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1,\nb}', ":2: JSON"),  # of a comma before `}` Python 3.13 gives the line of the comma
        ('{"a": NaN}', ":1: JSON: NaN is no number"),
        ("[" * 5000 + "]" * 5000, ":1: JSON: is nested too deep"),
        ('{"a": ' + "9" * 5000 + "}", ":1: JSON: a number has too many digits"),
    ],
)
def test_what_is_no_json_is_one_line_with_its_place(text: str, told: str) -> None:
    with pytest.raises(DocumentError) as raised:
        parsed(text, "notes.json")

    assert str(raised.value).startswith(f"notes.json{told}")


def test_yaml_may_begin_like_json() -> None:
    assert value("{a: b, c: [d],}") == {"a": "b", "c": ["d"]}
    assert value("a: b", "notes.json") == {"a": "b"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["a: é\n", '{"a": "é"}'])
def test_every_unicode_encoding_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "notes"
    path.write_bytes(text.encode(encoding))

    assert read(path).value == {"a": "é"}


def test_another_encoding_is_told_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.yaml"
    path.write_bytes("a: b\nc: é\n".encode("latin-1"))

    with pytest.raises(DocumentError, match=":2: is not UTF-8: save it as UTF-8"):
        read(path)


class Pages(BaseHTTPRequestHandler):
    """Shows two files of a document."""

    def do_GET(self) -> None:
        pages = {
            "/docs/openapi.json": {"openapi": "3.1.0", "servers": [{"url": "v2"}], "paths": {"/a": {"$ref": "a.json"}}},
            "/docs/a.json": {"get": {"operationId": "a", "responses": {}}},
        }
        page = pages.get(self.path)
        self.send_response(200 if page else 404)
        coding = self.headers.get("X-Coding", "identity")
        self.send_header("Content-Encoding", coding)
        self.end_headers()
        content = json.dumps(page).encode()
        coded = {"gzip": gzip.compress(content), "deflate": zlib.compress(content)}
        self.wfile.write(coded.get(coding, content))

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@pytest.fixture(name="site")
def _site() -> Iterator[str]:
    """Return the address of a server of this machine that shows documents."""
    with Server(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_document_is_read_from_a_url_with_the_files_beside_it(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    document = Document.load(f"{site}/docs/openapi.json")

    assert [operation.id for operation in document.operations] == ["a"]
    assert document.where("/paths/~1a/get") == f"{site}/docs/a.json:1"
    assert document.base_path == "/docs/v2"


def test_a_url_that_shows_nothing_is_told(site: str) -> None:
    with pytest.raises(DocumentError, match=f"{site}/x: is answered 404: name the document's own address"):
        Document.load(f"{site}/x")
    with pytest.raises(DocumentError, match=r"cannot be read: .*: start the server or mend the URL"):
        Document.load("http://127.0.0.1:9/openapi.json")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_content_that_comes_compressed_is_read(site: str, coding: str) -> None:
    """The whole document is got in one way, the files beside it too."""
    fetch = partial(fetched, headers=[("X-Coding", coding)])

    document = Document.load(f"{site}/docs/openapi.json", fetch=fetch)

    assert [operation.id for operation in document.operations] == ["a"]
