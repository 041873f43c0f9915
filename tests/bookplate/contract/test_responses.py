"""Answers as the model has them: statuses, ranges and the default, with content, headers and links."""

import pytest

from bookplate.contract import Operation

from .conftest import Read

NOTES = """
paths:
  /notes:
    post:
      operationId: create_note
      requestBody: {$ref: '#/components/requestBodies/Note'}
      responses:
        x-owner: the team of notes
        '201':
          description: Made.
          headers:
            ETag: {required: true, schema: {type: string}}
            Location: {$ref: '#/components/headers/Place'}
          content:
            application/json: {schema: {$ref: '#/components/schemas/Note'}}
          links:
            get_note: {operationId: get_note, parameters: {note_id: $response.body#/id, header.If-Match: $response.header.ETag}}
            by_reference: {$ref: '#/components/links/Change'}
        '404': {$ref: '#/components/responses/Problem'}
        4XX: {$ref: '#/components/responses/Problem'}
        default: {description: Anything else.}
  /notes/{note_id}:
    parameters: [{name: note_id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: get_note
      responses:
        '200': {description: A note., content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
    patch:
      operationId: change_note
      requestBody:
        content:
          text/plain: {schema: {type: string}}
          application/merge-patch+json:
            schema: {type: object, properties: {text: {type: string}}}
            examples: {short: {$ref: '#/components/examples/Short'}}
      responses: {'204': {description: Done.}}
components:
  requestBodies:
    Note:
      required: true
      content:
        application/json: {schema: {$ref: '#/components/schemas/Note'}, example: {text: a}}
  responses:
    Problem: {description: Wrong., content: {application/problem+json: {schema: {type: object}}}}
  headers:
    Place: {description: Where it is., schema: {type: string}}
  links:
    Change: {operationId: change_note, parameters: {path.note_id: $response.body#/id}}
  examples:
    Short: {value: {text: b}}
  schemas:
    Note: {type: object, required: [text], properties: {id: {type: integer}, text: {type: string}}}
"""


@pytest.fixture(name="create")
def _create(read: Read) -> Operation:
    return read(NOTES).operation("create_note")


def test_keys_of_responses_are_statuses_ranges_and_the_default(create: Operation) -> None:
    assert list(create.responses) == ["201", "404", "4XX", "default"]
    assert create.documents(404)
    assert create.documents(400, "4XX")
    assert not create.documents(400, 422)


@pytest.mark.parametrize(("status", "key"), [(201, "201"), (404, "404"), (409, "4XX"), (500, "default")])
def test_a_status_is_documented_by_its_key_its_range_or_the_default(create: Operation, status: int, key: str) -> None:
    found = create.response_to(status)

    assert found is not None
    assert found.status == key


def test_without_a_range_and_a_default_a_status_is_not_documented(read: Read) -> None:
    assert read(NOTES).operation("get_note").response_to(404) is None


def test_a_response_says_which_statuses_it_stands_for(create: Operation) -> None:
    assert [len(create.response(key).statuses) for key in ("201", "4XX", "default")] == [1, 100, 0]
    assert 499 in create.response("4XX").statuses
    assert create.response("default").is_default


def test_what_is_not_documented_is_an_empty_response(create: Operation) -> None:
    missing = create.response(200)

    assert (missing.schema, dict(missing.content), dict(missing.headers), missing.links) == (None, {}, {}, ())


def test_headers_are_found_in_any_case_and_by_reference(create: Operation) -> None:
    made = create.response(201)

    assert list(made.headers) == ["etag", "location"]
    etag, place = made.header("Etag"), made.header("LOCATION")
    assert etag is not None
    assert (etag.name, etag.required) == ("ETag", True)
    assert place is not None
    assert (place.required, place.schema.type) == (False, "string")


def test_success_is_the_lowest_2xx(create: Operation) -> None:
    assert create.success.status == "201"
    assert create.success.schema == create.created
    assert list(create.success.members) == ["id", "text"]


def test_links_say_which_operation_takes_what(read: Read) -> None:
    document = read(NOTES)
    create = document.operation("create_note")

    assert [link.operation_id for link in create.response(201).links] == ["get_note", "change_note"]
    assert [link.pointers for link in create.response(201).links] == [{"note_id": "/id"}, {"note_id": "/id"}]
    assert create.leads_to == {"get_note", "change_note"}


def test_the_body_is_sent_as_json_where_that_is_offered(read: Read) -> None:
    document = read(NOTES)
    create, change, get = (document.operation(name) for name in ("create_note", "change_note", "get_note"))

    assert create.body is not None
    assert (create.media_type, create.body.required, create.body.example) == ("application/json", True, {"text": "a"})
    assert create.required_members == ("text",)
    assert change.body is not None
    assert (change.media_type, change.body.required) == ("application/merge-patch+json", False)
    assert change.body.example == {"text": "b"}
    assert list(change.members) == ["text"]
    assert (get.body, get.media_type, dict(get.members)) == (None, None, {})
