"""Robustness: no request brings the service down, and wrong methods are told the right ones."""

from collections.abc import Generator

from ..fault import Answer, Request
from ..rule import delegated

nothing_brings_it_down = delegated(
    "ROBUST-01",
    "No generated request is answered with a server error.",
    check="not_a_server_error",
    source="RFC 9110, section 15.6",
)

wrong_methods_are_told_the_right_ones = delegated(
    "ROBUST-02",
    "A method that a path does not have is answered 405, with an Allow header that names those it has.",
    check=("unsupported_method", "allow_header_conformance"),
    source="RFC 9110, section 15.5.6",
)


@nothing_brings_it_down.broken_by
def invalid_crashes(request: Request) -> Generator[None, Answer, None]:
    """Input that breaks its schema is an unhandled exception."""
    answer = yield
    if answer.status in (400, 422):
        answer.become(500)


@wrong_methods_are_told_the_right_ones.broken_by
def allow_is_forgotten(request: Request) -> Generator[None, Answer, None]:
    """405 comes without Allow."""
    answer = yield
    if answer.status == 405:
        answer.headers.pop("allow", None)


@wrong_methods_are_told_the_right_ones.broken_by
def wrong_methods_are_not_found(request: Request) -> Generator[None, Answer, None]:
    """A wrong method is 200, as if it had been right."""
    answer = yield
    if answer.status == 405:
        answer.become(200, {})
