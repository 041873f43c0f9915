"""What a document says decides what a client does: names of methods, pages, tokens, keys, and objects for their ids."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Document
from sdk.facts import camel_case, facts_of, prepared, snake_case
from sdk.generate import DOCUMENT

SDK = DOCUMENT.parent.parent / "sdk"
EXAMPLES = re.compile(r'"""[^"]*"""')  # docstrings may show what they mean


@pytest.fixture
def of(tmp_path: Path) -> Any:
    """Return what makes the facts of a small document."""

    def facts(paths: dict[str, Any], **root: Any) -> dict[str, Any]:
        responses = {"200": {"description": "It."}}
        for item in paths.values():
            for operation in item.values():
                operation.setdefault("responses", responses)
        file = tmp_path / "openapi.json"
        document = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths, **root}
        file.write_text(json.dumps(document), encoding="utf-8")
        return facts_of(Document.load(file))

    return facts


@pytest.mark.parametrize(
    ("operation", "tag", "method"),
    [
        ("create_book", "books", "create"),
        ("listBooks", "Books", "list"),
        ("list_books_feed", "books", "list_feed"),
        ("get_category", "categories", "get"),
        ("log_in", "auth", "log_in"),
        ("import_book", "books", "import_"),
        ("books", "books", "books"),
    ],
)
def test_a_method_is_called_what_its_tag_does_not_say(of: Any, operation: str, tag: str, method: str) -> None:
    [fact] = of({"/x": {"get": {"operationId": operation, "tags": [tag]}}})["operations"].values()
    assert fact["method"] == method


def test_two_methods_of_one_name_have_their_whole_names(of: Any) -> None:
    paths = {"/a": {"get": {"operationId": "get_pet", "tags": ["pet"]}, "put": {"operationId": "get", "tags": ["pet"]}}}
    assert [each["method"] for each in of(paths)["operations"].values()] == ["get_pet", "get"]


def test_a_tag_that_a_client_has_a_word_of_its_own_for_gets_another_one(of: Any) -> None:
    assert list(of({"/x": {"get": {"tags": ["close"]}}})["resources"]) == ["close_"]


def test_an_operation_without_an_id_gets_one_of_method_and_path(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    operation = {"responses": {"200": {"description": "It."}}}
    paths = {"/pets/{pet-id}": {"get": operation}}
    file.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths}))
    assert prepared(Document.load(file))["paths"]["/pets/{pet-id}"]["get"]["operationId"] == "get_pets_pet_id"


@pytest.mark.parametrize(
    ("url", "known"), [("https://example.org/v1", "https://example.org/v1"), ("/api", ""), ("https://{host}/v1", "")]
)
def test_an_address_is_known_only_where_the_document_names_a_host(of: Any, url: str, known: str) -> None:
    assert of({"/x": {"get": {}}}, servers=[{"url": url}])["base_url"] == known


def test_a_key_in_a_header_is_sent_there(of: Any) -> None:
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}}
    facts = of({"/x": {"get": {}}}, components={"securitySchemes": schemes}, security=[{"key": []}])
    assert facts["token"] == {"header": "X-Api-Key", "prefix": ""}


def test_the_contract_says_who_pages_who_renews_and_what_an_object_stands_for() -> None:
    facts = facts_of(Document.load(DOCUMENT))
    operations = facts["operations"]

    assert {name: each["pages"]["style"] for name, each in operations.items() if each["pages"]} == {
        "list_users": "page",
        "list_user_books": "page",
        "list_books": "page",
        "list_books_feed": "cursor",
        "search_books": "page",
    }
    assert facts["refresh"] == "refresh_tokens"
    assert [name for name, each in operations.items() if each["key"]] == ["create_book"]
    assert operations["update_book"]["objects"] == {
        "book_id": {"model": "Book", "operation": "create_book", "member": "id"},
        "If-Match": {"model": "Book", "operation": "create_book", "header": "ETag"},
    }
    assert not operations["log_in"]["sends_token"]
    assert operations["list_books"]["sends_token"]


def test_an_answer_for_everything_is_the_success_too(of: Any) -> None:
    responses = {"default": {"description": "It.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    [fact] = of({"/x": {"get": {"responses": responses}}})["operations"].values()
    assert (fact["successes"], fact["is_json"]) == (["2XX"], True)


def test_what_makes_clients_names_nothing_of_the_contract() -> None:
    operations = Document.load(DOCUMENT).operations
    names = {name for each in operations for name in (each.id, camel_case(each.id), each.path)}
    for file in (file for kind in ("py", "ts", "jinja", "mjs", "yaml") for file in SDK.rglob(f"*.{kind}")):
        code = EXAMPLES.sub("", file.read_text(encoding="utf-8"))
        assert [name for name in sorted(names) if re.search(rf"(?<!\w){re.escape(name)}\b", code)] == [], file


def test_names_have_the_same_words_in_both_languages() -> None:
    assert snake_case("listBooksFeed") == snake_case("list-books-feed") == "list_books_feed"
    assert snake_case("getHTTPThing") == "get_http_thing"
    assert camel_case("list_books_feed") == camel_case("listBooksFeed") == "listBooksFeed"
