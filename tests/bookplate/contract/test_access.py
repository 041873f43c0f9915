"""What x-access says of callers, and what of it the rest of the document does not bear out."""

from pathlib import Path

import pytest

from bookplate.contract import CREATOR, Access, OwnAccount, is_for_roles, is_private_read

from .conftest import Read

ORDERS = """
security: [{Token: []}]
paths:
  /orders:
    get:
      operationId: list_orders
      x-access: {allow: [self], self: 'query:user', refusal: 403}
      parameters: [{name: user, in: query, schema: {type: string}}]
      responses: {'200': {description: Orders.}}
    post:
      operationId: make_order
      x-access: {allow: [self, clerk], self: 'body:/for/name', refusal: 403}
      requestBody: {content: {application/json: {schema: {properties: {for: {properties: {name: {}}}}}}}}
      responses: {'201': {description: Made.}}
  /orders/{order_id}:
    parameters: [{name: order_id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: get_order
      x-access: {allow: [owner, clerk], owner: creator, refusal: 401}
      responses: {'200': {description: An order., content: {application/json: {schema: {properties: {id: {}, by: {}}}}}}}
  /orders/{order_id}/notes/{note_id}:
    parameters:
      - {name: order_id, in: path, required: true, schema: {type: integer}}
      - {name: note_id, in: path, required: true, schema: {type: integer}}
    get:
      operationId: get_note
      x-access: {allow: [owner], owner: /by, via: [get_note, get_order], refusal: 404}
      responses: {'200': {description: A note.}}
  /me:
    get:
      operationId: get_me
      x-access: {allow: [self], self: token}
      responses: {'200': {description: The caller.}}
  /reports:
    get:
      operationId: get_report
      x-access: {allow: [clerk, auditor]}
      responses: {'200': {description: A report.}, '409': {description: Not now.}}
components: {securitySchemes: {Token: {type: http, scheme: bearer}}}
"""


def test_what_x_access_says_is_typed(read: Read) -> None:
    by_id = read(ORDERS).operation

    assert by_id("get_order").access == Access(("owner", "clerk"), owner=CREATOR, declared_refusal=401)
    assert by_id("get_note").access == Access(
        ("owner",), owner="/by", via=("get_note", "get_order"), declared_refusal=404
    )
    assert by_id("list_orders").own_account == OwnAccount("query", "user")
    assert by_id("make_order").own_account == OwnAccount("body", "/for/name")
    assert by_id("get_me").own_account == OwnAccount("token")
    assert (by_id("make_order").roles, by_id("get_report").roles) == (("clerk",), ("clerk", "auditor"))


def test_what_a_refusal_is_and_who_is_asked_for(read: Read) -> None:
    by_id = read(ORDERS).operation

    assert by_id("get_order").refusals == {401}
    assert by_id("get_report").refusals == {401, 403, 404, 409}
    assert [is_for_roles(by_id(name)) for name in ("get_report", "get_order", "get_me")] == [True, False, False]
    assert [is_private_read(by_id(name)) for name in ("list_orders", "get_order", "get_report")] == [True, True, False]


def test_what_the_document_bears_out_is_no_notice(read: Read) -> None:
    document = read(ORDERS)

    assert document.notices == ()
    assert document.contradictions == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("query:user", "query:person", "self of list_orders is query:person, which its request does not have: name"),
        ("body:/for/name", "body:/for/id", "self of make_order is body:/for/id, which its request does not have"),
        ("[get_note, get_order]", "[get_note, get_ordr]", "via of get_note names 'get_ordr', and there is no such"),
        ("[get_note, get_order]", "make_order", "via of get_note names 'make_order', which is no GET: name one"),
        ("owner: /by,", "owner: /maker,", "owner of get_note is /maker, which get_order does not show: mend one"),
        ("[owner, clerk]", "[clerk]", "x-access of get_order has owner, and does not allow owner: add it to allow"),
        (
            "{allow: [self], self: token}",
            "{allow: [self]}",
            "x-access of get_me allows self, and does not say where",
        ),
        (
            "owner: creator",
            "owner: maker",
            "its x-access has owner 'maker', which is neither a JSON pointer nor `c",
        ),
        (
            "refusal: 401",
            "refusal: 402",
            "its x-access has refusal 402, which is none of 401, 403, 404: write allow",
        ),
        ("security: [{Token: []}]", "security: []", "list_orders asks for no credentials, so that its x-access"),
    ],
)
def test_a_contradiction_is_a_notice_with_its_place(read: Read, old: str, new: str, told: str) -> None:
    assert old in ORDERS

    notices = [str(notice) for notice in read(ORDERS.replace(old, new, 1)).notices]

    place, _, what = notices[0].partition(": ")
    assert what.startswith(told), notices
    file, _, line = place.rpartition(":")
    assert "x-access: " in Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
