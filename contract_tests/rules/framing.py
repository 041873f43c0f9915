"""Framing: bytes that two readers could take for different requests."""

from urllib.parse import urlsplit

from ..client import Client
from ..fault import Answer, Request
from ..operation import Operation
from ..rule import Violation, experiment
from ..wire import send_bytes

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


def is_open(operation: Operation) -> bool:
    """It is the simplest there is: a GET that needs neither token nor parameter, such as that of health."""
    return operation.method == "GET" and not operation.secured and not operation.parameters


@experiment("ROBUST-06", source="RFC 9112, sections 3.2, 5.1 and 6.3", applies=is_open)
def ambiguous_framing_is_refused(operation: Operation, client: Client) -> str:
    """What RFC 9112 has refused is answered 4xx or not at all, the rest never with a server error, and the server lives."""
    url = client.url + operation.path
    if not url.startswith("http://"):
        return "not checked: bytes are sent without TLS alone"
    usual = client.call(operation)
    for name, (head, content, must) in CORPUS.items():
        lines = head.format(host=urlsplit(url).netloc)
        request = f"GET {urlsplit(url).path} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n{content}"
        answer = send_bytes(url, request.encode("latin-1"), end=name == "content that ends early")
        if answer.status >= 500 or (must and 0 < answer.status < 400):
            expected = "4xx, or a closed connection" if must else "no server error"
            raise Violation(f"{name}: answered {answer.status}", expected=expected, exchanges=[answer])
        after = client.call(operation)
        if after.status != usual.status:
            observed = f"after {name} a good request is answered {after.status}"
            raise Violation(observed, expected=str(usual.status), exchanges=[answer, after])
    return ""


@ambiguous_framing_is_refused.broken_by
def both_framings_crash(request: Request, answer: Answer) -> None:
    """Two framings at once are an unhandled exception."""
    if {"content-length", "transfer-encoding"} <= request.headers.keys():
        answer.become(500)


@ambiguous_framing_is_refused.broken_by
def one_bad_request_is_the_end(request: Request, answer: Answer) -> None:
    """After a request with chunks nothing works any more."""
    if "broken" in request.memory:
        answer.become(503)
    request.memory |= {"broken": True} if "transfer-encoding" in request.headers else {}
