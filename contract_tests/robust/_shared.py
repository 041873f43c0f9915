"""What several ROBUST laws use."""

from typing import Any, NamedTuple

from bookplate import NotChecked, expect
from bookplate.contract import Operation, has_input, is_conditional_write
from bookplate.fixtures import PreparedRequest, Resources
from bookplate.wire import Exchange

SERVER_ERROR = 500


def is_exposed(operation: Operation) -> bool:
    """It takes input, and nobody's account or session is spent by it."""
    return has_input(operation) and not operation.role


class AcceptableRequest(NamedTuple):
    """A request that succeeds as it is: caller and item, content, and the header fields that it needs beside a token."""

    prepared: PreparedRequest
    body: Any
    headers: dict[str, str]


def acceptable_request(operation: Operation, resources: Resources) -> AcceptableRequest:
    """Return a request that nothing stands against; what it is about is made for it."""
    headers = {"If-Match": "*"} if is_conditional_write(operation) else {}
    prepared = resources.prepare(operation)
    return AcceptableRequest(prepared, resources.content(prepared), headers)


def expect_no_crash(answer: Exchange, resources: Resources, acceptable: AcceptableRequest, *, what: str = "") -> None:
    """Expect no 5xx; raise NotChecked where the request without the unusual value gets one as well."""
    if answer.status >= SERVER_ERROR:
        ordinary = resources.call(acceptable.prepared, acceptable.headers, body=acceptable.body)
        if ordinary.status >= SERVER_ERROR:
            raise NotChecked(f"an ordinary request is no better off: {ordinary.describe()}")
    expect.no_server_error(answer, what=what)
