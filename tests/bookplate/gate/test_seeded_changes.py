"""The gate's acceptance test: ten seeded changes that break something, four that do not, each seen at its line."""

from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.gate.changes import NONE, compare, verdict_of
from bookplate.gate.finding import BREAKING, COMPATIBLE
from bookplate.gate.versions import check_version


def schema(raw: Any, name: str) -> Any:
    return raw["components"]["schemas"][name]


def no_property(raw: Any, find: Any) -> None:
    schema(raw, "Book")["properties"].pop("price")
    schema(raw, "Book")["required"].remove("price")


def new_required_field(raw: Any, find: Any) -> None:
    schema(raw, "BookInput")["properties"]["language"] = {"type": "string", "maxLength": 9}
    schema(raw, "BookInput")["required"].append("language")


def narrowed_enum(raw: Any, find: Any) -> None:
    schema(raw, "Genre")["enum"].remove("history")


def no_operation(raw: Any, find: Any) -> None:
    raw["paths"]["/books/{book_id}"].pop("delete")


def other_type(raw: Any, find: Any) -> None:
    schema(raw, "Book")["properties"]["published_year"] = {"type": "string", "nullable": True}


def other_success(raw: Any, find: Any) -> None:
    responses = find(raw, "create_book")["responses"]
    responses["200"] = responses.pop("201")


def no_412(raw: Any, find: Any) -> None:
    find(raw, "update_book")["responses"].pop("412")


def tightened_length(raw: Any, find: Any) -> None:
    schema(raw, "Title")["maxLength"] = 100


def header_required(raw: Any, find: Any) -> None:
    raw["components"]["parameters"]["IdempotencyKey"]["required"] = True


def token_needed(raw: Any, find: Any) -> None:
    find(raw, "get_book").pop("security")


def new_property(raw: Any, find: Any) -> None:
    schema(raw, "Book")["properties"]["subtitle"] = {"type": "string"}


def new_parameter(raw: Any, find: Any) -> None:
    find(raw, "list_users")["parameters"].append({"name": "active", "in": "query", "schema": {"type": "boolean"}})


def new_operation(raw: Any, find: Any) -> None:
    copied = dict(find(raw, "get_liveness")) | {"operationId": "get_readiness"}
    raw["paths"]["/health/ready"] = {"get": copied}


def text_only(raw: Any, find: Any) -> None:
    find(raw, "get_book").update(summary="Read one book", description="Reads it.")


def shorter_token(raw: Any, find: Any) -> None:
    schema(raw, "Tokens")["properties"]["expires_in"]["maximum"] = 60


SEEDED = [
    ("b1", no_property, BREAKING, "/components/schemas/Book/properties/price"),
    ("b2", new_required_field, BREAKING, "/components/schemas/BookInput/properties/language"),
    ("b3", narrowed_enum, BREAKING, "/components/schemas/Genre"),
    ("b4", no_operation, BREAKING, "/paths/~1books~1{book_id}/delete"),
    ("b5", other_type, BREAKING, "/components/schemas/Book/properties/published_year"),
    ("b6", other_success, BREAKING, "/paths/~1books/post/responses/201"),
    ("b7", no_412, COMPATIBLE, "/paths/~1books~1{book_id}/patch/responses/412"),
    ("b8", tightened_length, BREAKING, "/components/schemas/Title"),
    ("b9", header_required, BREAKING, "/components/parameters/IdempotencyKey"),
    ("b10", token_needed, BREAKING, "/paths/~1books~1{book_id}/get"),
    ("n1", new_property, COMPATIBLE, "/components/schemas/Book/properties/subtitle"),
    ("n2", new_parameter, COMPATIBLE, "/paths/~1users/get/parameters/5"),
    ("n3", new_operation, COMPATIBLE, "/paths/~1health~1ready"),
    ("n4", text_only, NONE, None),
    ("lifetime", shorter_token, BREAKING, "/components/schemas/Tokens/properties/expires_in"),
]


def lines(documents: tuple[Document, Document], pointer: str) -> set[str]:
    """Return where a pointer stands in either document: what is gone is shown where it was released."""
    return {document.where(pointer) for document in documents if pointer in document.source.lines}


@pytest.mark.parametrize(
    ("change", "verdict", "pointer"), [seed[1:] for seed in SEEDED], ids=[seed[0] for seed in SEEDED]
)
def test_a_seeded_change_gets_its_verdict_at_its_line(
    read_again: Any, find: Any, change: Any, verdict: str, pointer: str | None
) -> None:
    documents = read_again(lambda raw: change(raw, find))

    changes = compare(*documents)

    assert verdict_of(changes) == verdict
    if pointer is not None:
        assert {change.place for change in changes} & lines(documents, pointer), changes


@pytest.mark.parametrize("change", [no_property, new_property])
def test_a_version_that_stood_still_is_a_fault(read_again: Any, find: Any, change: Any) -> None:
    old, new = read_again(lambda raw: change(raw, find))

    faults = check_version(old, new, verdict_of(compare(old, new)))

    assert [fault.place for fault in faults] == [new.where("/info/version")]
