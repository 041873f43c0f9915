"""No request costs the event loop more than its bytes do: bounds in count, and no work that grows with the square."""

import json
import time
from collections.abc import Iterator

import h11
import pytest

from benchmarks.hostile import REQUESTS, Hostile, Loop, looping
from impl.contract.contract import Contract
from impl.contract.json_text import DEEPEST, LONGEST_NUMBER, MOST_VALUES, parse_json
from impl.contract.parameters import MOST_PARAMETERS
from impl.edge.sizes import MOST_FIELDS
from impl.edge.validation import LONGEST_TYPE
from impl.problems import MOST_FAULTS, MalformedContent
from impl.server.http_protocol import MOST_CHUNKS, BoundedConnection, largest_head
from impl.server.receive_buffer import LONGEST_CHUNK_LINE, MOST_LINES

from ..wire import Answer, Client, compose

REGISTER = "/api/auth/register"
JSON = "Content-Type: application/json"
# Work that grows with the square costs 16 times as much for 4 times the bytes; the rest is what a busy machine adds.
SMALL, LARGE, MOST_GROWTH, SLACK = 0.5, 2, 8, 0.025


@pytest.fixture(scope="module", name="loop")
def _loop() -> Iterator[Loop]:
    with looping() as loop:
        yield loop


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="the CPU time of a thread cannot be read here")
@pytest.mark.parametrize("hostile", REQUESTS, ids=lambda hostile: hostile.name)
def test_cost_grows_with_the_request(loop: Loop, hostile: Hostile) -> None:
    """Four times the bytes cost about four times the CPU of the loop at most, and never what would stop others."""
    small, large = (hostile.write(int(hostile.size * factor)) for factor in (SMALL, LARGE))
    _, few = loop.cost(small, 5)
    status, many = loop.cost(large, 5)

    assert status < 500
    assert many < MOST_GROWTH * few + SLACK
    assert many < 0.25


def bounded(client: Client, *requests: bytes) -> list[tuple[int, str | None]]:
    """Return status and code of each answer."""
    answers: list[Answer] = [client.send(request) for request in requests]
    return [(answer.status, answer.code) for answer in answers]


def test_parameters_have_an_end(client: Client) -> None:
    """A query of 100 parameters is judged and one more is refused as a whole; a problem names 20 of them."""
    queries = ["&".join(f"a{number}" for number in range(count)) for count in (MOST_PARAMETERS, MOST_PARAMETERS + 1)]
    judged, refused = (client.ask("GET", f"/api/health/live?{query}") for query in queries)

    assert [(answer.status, answer.code) for answer in (judged, refused)] == [(400, "invalid_parameter")] * 2
    assert len(judged.json()["errors"]) == MOST_FAULTS
    assert "errors" not in refused.json()


def test_repeated_parameters_are_named_once(client: Client) -> None:
    """Each parameter that is repeated is one fault, however often it stands there."""
    answer = client.ask("GET", "/api/health/live?b&a&b&a&a&c")

    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/query/a", "/query/b"]


def test_fields_have_an_end(client: Client) -> None:
    """A header section of 100 fields is read and one more is refused, even if it is small."""
    fields = [[f"X-{number}: y" for number in range(count - 1)] for count in (MOST_FIELDS, MOST_FIELDS + 1)]

    assert bounded(client, *(compose("GET", "/api/books", *each) for each in fields)) == [
        (200, None),
        (431, "headers_too_large"),
    ]


def test_media_type_has_an_end(client: Client) -> None:
    """A media type with parameters up to a length is taken, and a longer one is not looked at."""
    types = [f"{JSON}; a={'b' * (length - len('application/json; a='))}" for length in (LONGEST_TYPE, LONGEST_TYPE + 1)]

    assert bounded(client, *(compose("POST", REGISTER, each, body=b"{") for each in types)) == [
        (400, "malformed_content"),
        (415, "unsupported_media_type"),
    ]


def test_chunks_have_an_end(client: Client) -> None:
    """Content in 1,000 chunks is read; one more ends the connection, with 400 from the parser."""
    parts = [b"1\r\n \r\n" * count + b"0\r\n\r\n" for count in (MOST_CHUNKS, MOST_CHUNKS + 1)]
    requests = [compose("POST", REGISTER, JSON, "Transfer-Encoding: chunked", body=each) for each in parts]

    assert bounded(client, *requests) == [(400, "malformed_content"), (400, None)]


@pytest.mark.parametrize("control", [*range(9), 11, 12, *range(14, 32), 127])
def test_control_characters_are_in_no_line(client: Client, control: int) -> None:
    """Neither a field, nor a trailer, nor the line before a chunk holds a control character; a tab is none here."""
    chunked = [f"2;a{chr(control)}\r\n{{}}\r\n0\r\n\r\n", f"2\r\n{{}}\r\n0\r\nX: a{chr(control)}b\r\n\r\n"]
    requests = [compose("GET", "/api/books", f"X-Field: a{chr(control)}b")]
    requests += [
        compose("POST", REGISTER, JSON, "Transfer-Encoding: chunked", body=each.encode("latin-1")) for each in chunked
    ]

    assert bounded(client, *requests) == [(400, None)] * 3
    assert client.ask("GET", "/api/books", None, "X-Field: a\tb").status == 200


def test_line_before_a_chunk_has_an_end(client: Client) -> None:
    """Chunk extensions up to a length are passed over, and longer ones are refused."""
    lines = [f"2;{'a' * (length - 4)}\r\n" for length in (LONGEST_CHUNK_LINE, LONGEST_CHUNK_LINE + 1)]
    requests = [
        compose("POST", REGISTER, JSON, "Transfer-Encoding: chunked", body=f"{line}{{}}\r\n0\r\n\r\n".encode())
        for line in lines
    ]

    assert bounded(client, *requests) == [(422, "invalid_content"), (400, None)]


def test_parser_refuses_what_is_far_too_large(client: Client, contract: Contract) -> None:
    """Somewhat too large is the contract's 414 or 431; twice as large is the parser's, and the connection ends."""
    most = largest_head(contract.sizes)
    requests = [
        compose("GET", f"/{'x' * (most - 200)}"),
        compose("GET", f"/{'x' * most}"),
        compose("GET", "/api/books", f"X: {'x' * (most - 200)}"),
        compose("GET", "/api/books", f"X: {'x' * most}"),
        compose("GET", "/api/books", *["X:"] * (MOST_LINES - 10)),
        compose("GET", "/api/books", *["X:"] * (MOST_LINES + 1)),
    ]

    assert bounded(client, *requests) == [
        (414, "uri_too_long"),
        (414, None),
        (431, "headers_too_large"),
        (431, None),
        (431, "headers_too_large"),
        (431, None),
    ]


def refused_after(head: bytes, most: int) -> int:
    """Send a request line and header section byte by byte; return after how many bytes it is refused."""
    connection = BoundedConnection(most)
    for count in range(len(head)):
        connection.receive_data(head[count : count + 1])
        try:
            assert connection.next_event() is h11.NEED_DATA
        except h11.RemoteProtocolError:
            return count + 1
    raise AssertionError("nothing is refused")


@pytest.mark.parametrize("unit", [b" ", b"\n b", b"a:\n", b"a"])
def test_bytes_that_come_one_by_one_cost_no_more(unit: bytes) -> None:
    """An unfinished section is refused at its bound, and is not read again with each byte of it."""
    seconds = []
    for most in (8000, 32000):
        before = time.process_time()
        refused = refused_after(b"GET / HTTP/1.1\r\nHost: x\r\na:" + unit * most, most)
        seconds.append(time.process_time() - before)
        assert refused == most + 1

    assert seconds[1] < MOST_GROWTH * seconds[0] + 1


def nested(depth: int) -> bytes:
    """Write a value below so many arrays."""
    return b"[" * depth + b"1" + b"]" * depth


@pytest.mark.parametrize(
    ("most", "beyond"),
    [
        (json.dumps([1] * (MOST_VALUES - 1)), json.dumps([1] * MOST_VALUES)),
        (
            json.dumps({str(number): 1 for number in range(MOST_VALUES // 2 - 1)}),
            json.dumps({str(number): 1 for number in range(MOST_VALUES // 2)}),
        ),
        (json.dumps([[1] * 9] * 99), json.dumps([[1] * 9] * 100)),
        (nested(DEEPEST - 1).decode(), nested(DEEPEST).decode()),
        (f"1.{'0' * (LONGEST_NUMBER - 2)}", f"1.{'0' * (LONGEST_NUMBER - 1)}"),
    ],
    ids=["items", "members", "items of items", "depth", "fraction"],
)
def test_values_have_an_end(most: str, beyond: str) -> None:
    """JSON of so many values, so deep and with numbers so long is read, and nothing beyond."""
    assert parse_json(most.encode()) == json.loads(most)
    with pytest.raises(MalformedContent):
        parse_json(beyond.encode())


def test_all_faults_are_not_listed(client: Client) -> None:
    """Content that is wrong in more places than a problem lists says so, and lists the first."""
    content = {f"member{number}": 1 for number in range(300)}
    answer = client.ask("POST", REGISTER, content)

    assert (answer.status, len(answer.json()["errors"])) == (422, MOST_FAULTS)
    assert f"{MOST_FAULTS} places or more" in answer.json()["detail"]
