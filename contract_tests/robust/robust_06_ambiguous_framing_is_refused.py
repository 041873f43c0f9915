"""ROBUST-06: ambiguous framing is refused."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from bookplate import NotChecked, NotExercised, expect, experiment, fault, partly
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources
from bookplate.wire import PATIENCE, RawExchange


def is_open(operation: Operation) -> bool:
    """It needs neither token nor parameter: a GET, such as a health check, or what must have content and makes nobody."""
    takes_content = operation.body is not None and operation.body.required and not operation.role
    return not (operation.secured or operation.parameters) and (operation.method == "GET" or takes_content)


@experiment("ROBUST-06", source="RFC 9112, sections 3.2, 5.1, 6.1 and 6.3", owasp=("API8:2023",), applies=is_open)
def test_ambiguous_framing_is_refused(
    operation: Operation, tried_operations: Sequence[Operation], resources: Resources
) -> None:
    """
    A request whose end is in doubt is answered 4xx or not at all, and nothing behind it is served.

    The server then closes the connection, whether the client asks for that or not. Other malformed requests are never
    answered with a 5xx, and after each of them the server answers good requests as before. Framing is a matter of the
    server: it is tried at one operation that reads, and at one that takes content. What is served behind a request is
    tried at the former.

    Why it matters: a proxy and the server behind it may see the end of such a request at different places. An attacker
    hides a second request there, which the server takes for one of the next user (request smuggling).

    To mend it: let a server that is kept up to date parse requests, and use the same in front and behind. Refuse
    Content-Length beside Transfer-Encoding with 400, and close the connection after it.
    """
    refuse_unless_first(operation, tried_operations)
    client = resources.client
    url = client.url + operation.path
    if not url.startswith("http://"):
        raise NotChecked("the suite sends raw bytes over plain HTTP only, and this URL uses TLS: give one without")
    usual = client.call(operation)
    if usual.status >= 500:
        raise NotChecked(f"a good request gets a server error too: {usual.describe()}")
    if operation.method != "GET" and usual.status < 400:
        raise NotChecked(f"it takes a request without content, and might keep what is sent: {usual.describe()}")
    silent: list[str] = []
    reads = operation.method == "GET"

    for malformed, trial in expect.each(requests_to(operation)):
        with trial:
            answer = client.send_bytes(operation.path, malformed.on_its_own(operation, url), end=malformed.ends_early)
            if malformed.closes and reads and not silent:
                behind = client.send_bytes(
                    operation.path, malformed.with_another_behind(operation, url), patience=PATIENCE
                )
                expect_nothing_served_behind(malformed, behind)
                if is_silent(behind):
                    silent.append(malformed.mistake)
            expect_refused(malformed, answer)

            after = client.call(operation)
            expect.status(usual.status, after, what=f"after {malformed.mistake}", after=[answer])

    if silent:
        reason = f"nothing came within {PATIENCE:.0f} s after {silent[0]}, and no other request was tried for that"
        partly(reason, tested="each malformed request on its own")


def refuse_unless_first(operation: Operation, tried: Sequence[Operation]) -> None:
    """Raise NotExercised unless an operation is the first that reads, or the first that takes content."""
    first = next(each for each in tried if (each.method == "GET") == (operation.method == "GET"))
    if operation is not first:
        raise NotExercised(f"framing is a matter of the server, and is tried at {first.id}")


HOST = "Host: {host}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


class MalformedRequest(NamedTuple):
    """
    A request with a mistake: its header section without the request line, and its content.

    `is_refused` says whether RFC 9112 has it refused. `closes` says whether the server closes the connection then, as it
    is in doubt where the next request begins (sections 6.1 and 6.3). `ends_early` ends the connection behind it.
    `has_strange_coding` says whether its transfer coding is one that a server need not know, for which 501 is the status.
    """

    mistake: str
    head: str
    content: str = ""
    is_refused: bool = False
    closes: bool = False
    ends_early: bool = False
    has_strange_coding: bool = False

    def on_its_own(self, operation: Operation, url: str) -> bytes:
        """Return the bytes of this request, which asks the server to close the connection."""
        return f"{request_line(operation, url)}Connection: close\r\n{self._rest(url)}".encode("latin-1")

    def with_another_behind(self, operation: Operation, url: str) -> bytes:
        """Return the bytes of this request, and of a good one behind it."""
        line = request_line(operation, url)
        good = f"{line}{HOST}\r\n".format(host=urlsplit(url).netloc)
        return f"{line}{self._rest(url)}{good}".encode("latin-1")

    def _rest(self, url: str) -> str:
        head = self.head.format(host=urlsplit(url).netloc)
        return f"{head}\r\n{self.content}"


def request_line(operation: Operation, url: str) -> str:
    return f"{operation.method} {urlsplit(url).path} HTTP/1.1\r\n"


def requests_to(operation: Operation) -> Sequence["MalformedRequest"]:
    """Return what is sent to an operation: all to one that reads, and to one that takes content what is about content."""
    if operation.method == "GET":
        return MALFORMED_REQUESTS
    return [malformed for malformed in MALFORMED_REQUESTS if malformed.content]


MALFORMED_REQUESTS = (
    MalformedRequest("no Host", "", is_refused=True),  # section 3.2
    MalformedRequest("two Hosts", f"{HOST}Host: other.example\r\n", is_refused=True),
    MalformedRequest(
        "two Content-Lengths",
        f"{HOST}Content-Length: 0\r\nContent-Length: 5\r\n",
        "hello",
        is_refused=True,  # section 6.3
        closes=True,
    ),
    MalformedRequest(
        "a negative Content-Length", f"{HOST}Content-Length: -5\r\n", "hello", is_refused=True, closes=True
    ),
    MalformedRequest(
        "chunked, but not last",
        f"{HOST}Transfer-Encoding: chunked, gzip\r\n",
        "0\r\n\r\n",
        is_refused=True,
        closes=True,
        has_strange_coding=True,  # section 6.1
    ),
    MalformedRequest("a space before the colon", f"{HOST}X-Padding : x\r\n", is_refused=True),  # section 5.1
    MalformedRequest(
        "Content-Length and Transfer-Encoding", f"{HOST}Content-Length: 5\r\n{CHUNKED}", "0\r\n\r\n", closes=True
    ),
    MalformedRequest("a folded field", f"{HOST}X-Padding: x\r\n x\r\n"),
    MalformedRequest("a bare line feed", "Host: {host}\nX-Padding: x\r\n"),
    MalformedRequest("chunks that are none", f"{HOST}{CHUNKED}", "zz\r\nhello\r\n0\r\n\r\n"),
    MalformedRequest("content that ends early", f"{HOST}Content-Length: 50\r\n", "{", ends_early=True),
    MalformedRequest("a line that is no field", f"{HOST}X-Padding\r\n"),
)


def expect_refused(malformed: MalformedRequest, answer: RawExchange) -> None:
    """Expect a malformed request to be refused where it has to be, and never to be answered with a server error."""
    is_served = 0 < answer.status < 400
    is_unknown = malformed.has_strange_coding and answer.status == 501
    is_right = is_unknown or (answer.status < 500 and not (malformed.is_refused and is_served))
    observed = f"{malformed.mistake}: answered {answer.status}"
    expected = "4xx, or a closed connection" if malformed.is_refused else "no server error"
    expect.that(is_right, observed, expected=expected, shown=[answer])


def is_silent(answer: RawExchange) -> bool:
    """Tell whether nothing came: a server that still waits has decided nothing yet."""
    return answer.answers == 0 and not answer.is_closed


def expect_nothing_served_behind(malformed: MalformedRequest, answer: RawExchange) -> None:
    """Expect the connection, on which another request followed, to end after one answer at most."""
    if is_silent(answer):
        return
    expected = "one answer at most, then a closed connection"
    served = f"{malformed.mistake}: the next request is served too"
    stays_open = f"{malformed.mistake}: the connection stays open"
    expect.that(answer.answers <= 1, served, expected=expected, shown=[answer])
    expect.that(answer.is_closed, stays_open, expected=expected, shown=[answer])


def has_two_framings(request: Request) -> bool:
    return {"content-length", "transfer-encoding"} <= request.headers.keys()


@fault(test_ambiguous_framing_is_refused)
def both_framings_go_on(request: Request, answer: Answer) -> None:
    """The connection stays open after a request with Content-Length and Transfer-Encoding."""
    if has_two_framings(request):
        answer.headers.pop("connection", None)


@fault(test_ambiguous_framing_is_refused)
def both_framings_crash(request: Request, answer: Answer) -> None:
    """A request with Content-Length and Transfer-Encoding ends in an unhandled exception."""
    if has_two_framings(request):
        answer.become(500)


@fault(test_ambiguous_framing_is_refused)
def one_bad_request_is_the_end(request: Request, answer: Answer) -> None:
    """After a request with chunks, every request is answered 503."""
    if "chunks" in request.memory:
        answer.become(503)
    elif "transfer-encoding" in request.headers:
        request.remember("chunks")
