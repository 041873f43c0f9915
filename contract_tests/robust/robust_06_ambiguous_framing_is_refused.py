"""ROBUST-06: ambiguous framing is refused."""

from urllib.parse import urlsplit

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources
from bookplate.wire import PATIENCE, RawExchange, send_bytes

HOST = "Host: {host}\r\n"


CHUNKED = "Transfer-Encoding: chunked\r\n"


# The header section without its request line, the content, and whether RFC 9112 has it refused.
CORPUS = {
    "no Host": ("", "", True),  # section 3.2
    "two Hosts": (HOST + "Host: other.example\r\n", "", True),
    "two Content-Lengths": (HOST + "Content-Length: 0\r\nContent-Length: 5\r\n", "hello", True),  # section 6.3
    "a negative Content-Length": (HOST + "Content-Length: -5\r\n", "hello", True),
    "chunked, but not last": (HOST + "Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n", True),
    "a space before the colon": (HOST + "X-Padding : x\r\n", "", True),  # section 5.1
    "Content-Length and Transfer-Encoding": (HOST + "Content-Length: 5\r\n" + CHUNKED, "0\r\n\r\n", False),
    "a folded field": (HOST + "X-Padding: x\r\n x\r\n", "", False),
    "a bare line feed": (HOST.replace("\r", "") + "X-Padding: x\r\n", "", False),
    "chunks that are none": (HOST + CHUNKED, "zz\r\nhello\r\n0\r\n\r\n", False),
    "content that ends early": (HOST + "Content-Length: 50\r\n", "{", False),
    "a line that is no field": (HOST + "X-Padding\r\n", "", False),
}


# After these the server closes the connection (sections 6.1 and 6.3): where the next request begins is in doubt.
CLOSING = (
    "two Content-Lengths",
    "a negative Content-Length",
    "chunked, but not last",
    "Content-Length and Transfer-Encoding",
)


def is_open(operation: Operation) -> bool:
    """It is the simplest there is: a GET that needs neither token nor parameter, such as that of health."""
    return operation.method == "GET" and not operation.secured and not operation.parameters


@experiment("ROBUST-06", source="RFC 9112, sections 3.2, 5.1, 6.1 and 6.3", applies=is_open)
def test_ambiguous_framing_is_refused(operation: Operation, resources: Resources) -> str:
    """
    What RFC 9112 has refused is answered 4xx or not at all, the rest never with a server error, and the server lives.

    Where the end of a request is in doubt the server closes the connection, asked to or not, and serves nothing that
    follows on it: another server on the way may have seen another end, and so another next request.
    """
    client, url = resources.client, resources.client.url + operation.path
    if not url.startswith("http://"):
        return "not checked: bytes are sent without TLS alone"
    usual, silent = client.call(operation), list[str]()
    for name, (head, content, must) in CORPUS.items():
        lines = head.format(host=urlsplit(url).netloc)
        first = f"GET {urlsplit(url).path} HTTP/1.1\r\n"
        request = f"{first}Connection: close\r\n{lines}\r\n{content}"
        answer = send_bytes(url, request.encode("latin-1"), end=name == "content that ends early")
        if name in CLOSING:
            following = f"{first}{HOST.format(host=urlsplit(url).netloc)}\r\n"
            two_requests = f"{first}{lines}\r\n{content}{following}".encode("latin-1")
            if not ends(name, send_bytes(url, two_requests, patience=PATIENCE)):
                silent.append(name)
        if answer.status >= 500 or (must and 0 < answer.status < 400):
            expected = "4xx, or a closed connection" if must else "no server error"
            raise Violation(f"{name}: answered {answer.status}", expected=expected, exchanges=[answer])
        after = client.call(operation)
        if after.status != usual.status:
            raise Violation(f"after {name}: {after.describe()}", expected=str(usual.status), exchanges=[answer, after])
    return f"nothing came within {PATIENCE:.0f} s after {', '.join(silent)}" if silent else ""


def ends(name: str, answer: RawExchange) -> bool:
    """
    Require that a connection ended behind one answer at most.

    Return whether anything came: a server that still waits has decided nothing yet.
    """
    if answer.answers == 0 and not answer.is_closed:
        return False
    expected = "one answer at most, then a closed connection"
    if answer.answers > 1:
        raise Violation(f"{name}: the next request is served too", expected=expected, exchanges=[answer])
    if not answer.is_closed:
        raise Violation(f"{name}: the connection stays open", expected=expected, exchanges=[answer])
    return True


@fault(test_ambiguous_framing_is_refused)
def both_framings_go_on(request: Request, answer: Answer) -> None:
    """After two framings at once the connection goes on."""
    if {"content-length", "transfer-encoding"} <= request.headers.keys():
        answer.headers.pop("connection", None)


@fault(test_ambiguous_framing_is_refused)
def both_framings_crash(request: Request, answer: Answer) -> None:
    """Two framings at once are an unhandled exception."""
    answer.become(500, where={"content-length", "transfer-encoding"} <= request.headers.keys())


@fault(test_ambiguous_framing_is_refused)
def one_bad_request_is_the_end(request: Request, answer: Answer) -> None:
    """After a request with chunks nothing works any more."""
    answer.become(503, where=request.before("chunks", "transfer-encoding" in request.headers))
