"""Operations that may end their caller or sweep away what is there, as their paths, roles and members say."""

import pytest

from bookplate.contract.destructive import ends_caller, sounds_unsafe, sweeps
from bookplate.contract.facts import Origin
from bookplate.contract.operation import Operation

from .conftest import Read

CREATED = "'201': {description: Made.}"
DONE = "'200': {description: Done.}"


def operation_at(read: Read, method: str, path: str, *, responses: str = DONE, more: str = "") -> Operation:
    """Return the one operation of a document in which each asks for a token."""
    parameters = [part.strip("{}") for part in path.split("/") if "{" in part]
    listed = ", ".join(f"{{name: {name}, in: path, required: true, schema: {{type: string}}}}" for name in parameters)
    document = read(
        f"""
        security: [{{token: []}}]
        components: {{securitySchemes: {{token: {{type: http, scheme: bearer}}}}}}
        paths:
          {path}:
            {method.lower()}: {{parameters: [{listed}], responses: {{{responses}}}{more}}}
        """
    )
    return document.operations[0]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/logout"),
        ("POST", "/sign-out"),
        ("DELETE", "/users/me"),
        ("PUT", "/user"),
        ("PATCH", "/profile"),
        ("PUT", "/v2/account/password"),
        ("PUT", "/members/{id}/role"),
        ("DELETE", "/sessions/{session_id}"),
        ("DELETE", "/tokens"),
    ],
)
def test_a_path_may_say_that_its_caller_is_ended(read: Read, method: str, path: str) -> None:
    fact = ends_caller(operation_at(read, method, path))

    assert fact is not None
    assert fact.origin is Origin.GUESSED


@pytest.mark.parametrize(
    ("method", "path", "responses"),
    [
        ("GET", "/users/me", DONE),
        ("POST", "/sessions", CREATED),
        ("POST", "/tokens", DONE),
        ("POST", "/roles", CREATED),
        ("PUT", "/roles/{id}", DONE),
        ("PUT", "/me/avatar", DONE),
        ("DELETE", "/things/{id}", DONE),
    ],
)
def test_other_paths_do_not_say_so(read: Read, method: str, path: str, responses: str) -> None:
    assert ends_caller(operation_at(read, method, path, responses=responses)) is None


def test_a_role_says_so_whatever_the_path_is(read: Read) -> None:
    fact = ends_caller(operation_at(read, "POST", "/bye", more=", x-auth-role: {role: log-out}"))

    assert fact is not None
    assert fact.origin is Origin.DECLARED


def test_a_member_by_which_people_sign_in_says_so(read: Read) -> None:
    body = (
        ", requestBody: {content: {application/json: {schema:"
        " {type: object, properties: {newPassword: {type: string}, note: {type: string}}}}}}"
    )
    fact = ends_caller(operation_at(read, "POST", "/settings/secret", more=body))

    assert fact is not None
    assert "newPassword" in fact.evidence


def test_an_operation_that_anybody_may_call_ends_nobody(read: Read) -> None:
    assert ends_caller(operation_at(read, "POST", "/logout", more=", security: []")) is None


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("DELETE", "/things", True),
        ("POST", "/admin/clear-cache", True),
        ("POST", "/database/resetAll", True),
        ("DELETE", "/things/{id}", False),
        ("POST", "/things", False),
        ("DELETE", "/me", False),
    ],
)
def test_what_deletes_more_than_its_path_names_sweeps(read: Read, method: str, path: str, expected: bool) -> None:
    assert sweeps(operation_at(read, method, path)) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/logout", True),
        ("/sign-out", True),
        ("/things/{id}/delete", True),
        ("/clear_all", True),
        ("/things", False),
        ("/deletions", False),
        ("/resettlements", False),
    ],
)
def test_a_get_may_be_called_as_if_it_did_something(read: Read, path: str, expected: bool) -> None:
    assert sounds_unsafe(operation_at(read, "GET", path)) is expected
