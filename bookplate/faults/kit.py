"""What faults are made of: a request and its answer that a fault may bend, around an honest application."""

import inspect
import json
import re
from collections.abc import Callable, Container, Generator
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode

SUCCESS, ERROR = range(200, 300), range(400, 600)


class Content:
    """What both a request and an answer have: headers, and a body that may be JSON."""

    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def members(self) -> dict[str, Any]:
        """The members of a body that is a JSON object; none where it is not."""
        value = self.json()
        return value if isinstance(value, dict) else {}

    def rewrite(self, value: Any) -> None:
        self.body = json.dumps(value).encode()

    def put(self, **members: Any) -> None:
        """Give a body that is a JSON object these members."""
        found = self.members
        if found:
            self.rewrite(found | members)

    def take(self, name: str) -> Any:
        """Take a member out of the body, and return its value."""
        left = self.members
        value = left.pop(name, None)
        if left != self.members:
            self.rewrite(left)
        return value

    def edit(self, header: str, pattern: str, text: str) -> None:
        """Write something else for what a pattern finds in a header, where there is this header."""
        if header in self.headers:
            self.headers[header] = re.sub(pattern, text, self.headers[header])


class Request(Content):
    """
    A request on its way in; `memory` lasts as long as the fault does.

    What a fault leaves alone reaches the application as it came: a query or fields with a name twice, and an encoded path.
    """

    def __init__(self, scope: dict[str, Any], body: bytes, memory: dict[Any, Any]) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.query = dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.client: str = scope["client"][0]
        self.http_version: str = scope["http_version"]
        self.body = body
        self.memory = memory
        self._came = (self.query, dict(self.query), self.headers, dict(self.headers), body)

    def times(self, what: object) -> int:
        """Count one time more of something, and return how many there were."""
        self.memory[what] = self.memory.get(what, 0) + 1
        return int(self.memory[what])

    def remember(self, what: object) -> None:
        """Keep something in the memory, so that a later request finds `what in request.memory`."""
        self.memory[what] = True

    def scope(self, template: dict[str, Any]) -> dict[str, Any]:
        """Return the scope of the application, with what the fault has changed."""
        query, values, headers, fields, body = self._came
        changed: dict[str, Any] = {"method": self.method}
        if self.path != template["path"]:
            changed |= {"path": self.path, "raw_path": self.path.encode()}
        # A query that is set anew is changed, even to the same values: of a name that stands twice one is left.
        if self.query is not query or self.query != values:
            changed["query_string"] = urlencode(self.query).encode()
        if self.headers is not headers or self.headers != fields or self.body != body:
            headers = dict(self.headers)
            if self.body:
                headers["content-length"] = str(len(self.body))
            changed["headers"] = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        return template | changed


@dataclass
class Answer(Content):
    """An answer on its way out."""

    status: int
    headers: dict[str, str]
    body: bytes

    def become(self, status: int, value: Any = None, **members: Any) -> None:
        """Take another status, with a body of its own or, where there is no `value`, the old one with other members."""
        self.status = status
        if value is None:
            value = {**self.members, "status": status, **members}
        self.rewrite(value)

    def copy(self) -> "Answer":
        return Answer(self.status, dict(self.headers), self.body)

    def repeat(self, other: "Answer") -> None:
        """Be what another answer was."""
        self.status, self.headers, self.body = other.status, dict(other.headers), other.body


Steps = Generator[None, Answer, None]
SteppedFault = Callable[[Request], Steps]


def in_steps(fault: Callable[..., Any], statuses: Container[int] = range(600)) -> SteppedFault:
    """
    Return a fault as a generator, which some are already: up to its `yield` it bends the request, then the answer.

    A function of a request bends that; a function of a request and its answer bends answers with these statuses.
    """
    if inspect.isgeneratorfunction(fault):
        return fault
    bends_answers = "answer" in inspect.signature(fault).parameters

    @wraps(fault)
    def steps(request: Request) -> Steps:
        if not bends_answers:
            fault(request)
        answer = yield
        if bends_answers and answer.status in statuses:
            fault(request, answer)

    return steps


def shows(request: Request, answer: Answer, member: str) -> bool:
    """Tell whether a GET was answered 200 with a JSON object that has a member, such as the items of a page."""
    return request.method == "GET" and answer.status == 200 and member in answer.members
