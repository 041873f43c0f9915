"""What no operation declares changes no answer: the framework behind the edge sees nothing of it."""

import pytest

from impl.contract.contract import Contract, Operation

from ..people import new_person
from ..wire import Answer, Client

FIELDS = {
    "an upgrade to WebSocket": ("Connection: upgrade", "Upgrade: websocket"),
    "an upgrade in capitals, among others": ("Connection: keep-alive, UPGRADE", "Upgrade: WebSocket"),
    "another method": ("X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE"),
    "another host": ("X-Forwarded-Host: evil.example", "X-Forwarded-Port: 1", "X-Forwarded-Proto: wss"),
    "another path": ("X-Original-URL: /api/health", "X-Rewrite-URL: /api/health", "X-Script-Name: /api"),
    "a session": ("Cookie: session=eyJhIjoxfQ.AAAA.AAAA",),
    "fields of CGI": ("Request-Method: DELETE", "Path-Info: /api/health", "Wsgi.url-scheme: ws"),
}
HOSTS = ("", "a_b", "[::1", "a:b", "a" * 300, "xn--\xff", "a,b", "..")


def ask(client: Client, operation: Operation, *fields: str) -> Answer:
    """Ask for what is not there, with content that is wrong."""
    path = f"{operation.contract.base_path}{operation.path}"
    target = path.replace("{user_id}", "987654321").replace("{book_id}", "987654321")
    if "requestBody" in operation.raw:
        return client.ask(operation.method, target, {}, 'If-Match: "x"', *fields)
    return client.ask(operation.method, target, None, 'If-Match: "x"', *fields)


@pytest.mark.parametrize("name", FIELDS)
def test_fields_change_no_answer(client: Client, contract: Contract, name: str) -> None:
    """Each operation answers a request with the fields as it answers one without them."""
    one, other = new_person(client).client, new_person(client).client
    for operation in contract.operations.values():
        # The request with the fields comes first: nothing that is kept stands in for its answer.
        with_fields, without = ask(one, operation, *FIELDS[name]), ask(other, operation)

        assert (operation.id, with_fields.status, with_fields.code) == (operation.id, without.status, without.code)
        assert without.status < 500


@pytest.mark.parametrize("host", HOSTS)
def test_host_changes_no_answer(client: Client, host: str) -> None:
    """No Host that the HTTP parser lets through is an error of the server."""
    request = f"GET /api/books/987654321 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1")

    assert client.send(request).code == "not_found"
