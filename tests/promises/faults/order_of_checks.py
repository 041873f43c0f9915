"""Faults of what the document says about the order of checks, sizes and ids."""

import re

from bookplate.faults import Answer, Request

from ._written import breaks, caller, is_routed

JSON_TYPES = ("application/json", "application/merge-patch+json")


def is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0] in JSON_TYPES


@breaks("P-003", "P-004", "P-023", laws="ROBUST-09 ROBUST-03", statuses=(413,))
def the_token_comes_before_the_size(request: Request, answer: Answer) -> None:
    """A request without a token whose content is too large is answered 401 where a token is needed."""
    if "authorization" not in request.headers and request.path.endswith(("/me", "/logout", "/users")):
        answer.become(401)


@breaks("P-004", laws="ROBUST-03", statuses=(414,))
def the_path_comes_before_the_target(request: Request, answer: Answer) -> None:
    """A target that is too long is answered 404."""
    answer.become(404)


@breaks("P-005", laws="ROBUST-02 ERR-01 SPEC-03", statuses=(404,))
def the_method_comes_before_the_path(request: Request, answer: Answer) -> None:
    """A path that does not exist is answered 405."""
    if not is_routed(request):
        answer.become(405)
        answer.headers["allow"] = "GET"


@breaks("P-006", laws="RATE-06 RATE-01", statuses=(429,))
def the_token_comes_before_the_address(request: Request, answer: Answer) -> None:
    """A request with a bad token from an address without quota is answered 401."""
    if caller(request) and caller(request).count(".") != 2:
        answer.become(401)


@breaks("P-007", laws="AUTH-03 ROBUST-09 AUTHZ-05 AUTH-01 CACHE-06", statuses=(401,))
def the_role_comes_before_the_token(request: Request, answer: Answer) -> None:
    """A request without a good token to an operation for admins is answered 403."""
    if request.path.startswith("/api/admin/"):
        answer.become(403)


@breaks("P-008", laws="RATE-06 RATE-07 RATE-01", statuses=(429,))
def the_media_type_comes_before_the_limit(request: Request, answer: Answer) -> None:
    """A caller without quota that sends another media type is answered 415."""
    if request.body and not is_json(request):
        answer.become(415)


@breaks("P-009", laws="AUTH-05 AUTHZ-05", statuses=(401,))
def the_role_comes_before_the_session(request: Request, answer: Answer) -> None:
    """A token of an ended session gets 403 where its user had not the role."""
    if caller(request).count(".") == 2 and request.path == "/api/users":
        answer.become(403)


@breaks("P-010", laws="ROBUST-09 AUTHZ-05", statuses=(403,))
def the_media_type_comes_before_the_role(request: Request, answer: Answer) -> None:
    """A user that is no admin, and sends another media type, is answered 415."""
    if request.body and not is_json(request):
        answer.become(415)


@breaks("P-010", laws="ROBUST-09 AUTHZ-05", statuses=(403,))
def the_precondition_comes_before_the_role(request: Request, answer: Answer) -> None:
    """A user that is no admin, and sends no If-Match, is answered 428."""
    if request.method in ("PATCH", "DELETE") and "if-match" not in request.headers:
        answer.become(428)


@breaks("P-011", laws="ROBUST-09 ROBUST-02", statuses=(415,))
def the_syntax_comes_before_the_media_type(request: Request, answer: Answer) -> None:
    """Content of another media type that is no JSON is answered 400."""
    if request.json() is None:
        answer.become(400)


@breaks("P-012", laws="ROBUST-02", statuses=(400,))
def broken_json_is_unprocessable(request: Request, answer: Answer) -> None:
    """Content that is no JSON is answered 422."""
    if answer.members.get("code") == "malformed_content":
        answer.become(422)


@breaks("P-013", laws="ROBUST-09 ROBUST-02 SCHEMA-04", statuses=(422,))
def broken_schema_is_a_bad_request(request: Request, answer: Answer) -> None:
    """Content that breaks its schema is answered 400."""
    answer.become(400, code="malformed_content")


@breaks("P-013", laws="ROBUST-09 ROBUST-02 SPEC-03 ROBUST-05", statuses=(422,))
def the_object_comes_before_the_content(request: Request, answer: Answer) -> None:
    """Bad content for an object that does not exist is answered 404."""
    if re.search(r"/\d{7,}$", request.path):
        answer.become(404)


@breaks("P-014", laws="ROBUST-09 STATE-06 STATE-03 SPEC-03", statuses=(404,))
def the_owner_comes_before_the_object(request: Request, answer: Answer) -> None:
    """A write to an object that does not exist is answered 403."""
    if request.method in ("PUT", "PATCH", "DELETE"):
        answer.become(403)


@breaks("P-015", laws="AUTHZ-02", statuses=(403,))
def objects_of_others_are_not_found(request: Request, answer: Answer) -> None:
    """A write to the object of another user is answered 404, where the document says 403."""
    if request.path.startswith("/api/books/"):
        answer.become(404)


@breaks("P-015", "P-016", "P-151", laws="ROBUST-09 AUTHZ-02 AUTHZ-05", statuses=(403,))
def the_precondition_comes_before_the_owner(request: Request, answer: Answer) -> None:
    """A write to the object of another user without If-Match is answered 428."""
    if "if-match" not in request.headers:
        answer.become(428)


@breaks("P-016", "P-151", laws="ERR-11 COND-03", statuses=(400,))
def malformed_tags_are_stale(request: Request, answer: Answer) -> None:
    """An If-Match that is no ETag is answered 412."""
    if answer.members.get("code") == "invalid_precondition":
        answer.become(412)


@breaks("P-016", "P-190", laws="COND-03", statuses=(428,))
def missing_tags_are_stale(request: Request, answer: Answer) -> None:
    """A write without If-Match is answered 412."""
    answer.become(412)


@breaks("P-017", "P-097", laws="CONC-05", statuses=(422,))
def a_reused_key_is_a_conflict(request: Request, answer: Answer) -> None:
    """A key with other content is answered 409."""
    if answer.members.get("code") == "idempotency_key_reused":
        answer.become(409)


@breaks("P-017", laws="CONC-05", statuses=(409,))
def unique_values_come_before_the_key(request: Request, answer: Answer) -> None:
    """A repeated key that is still being answered is 422."""
    if answer.members.get("code") == "idempotency_key_in_flight":
        answer.become(422)


@breaks("P-018", "P-062", "P-094", laws="CONC-01", statuses=(409,))
def taken_values_are_unprocessable(request: Request, answer: Answer) -> None:
    """A unique value that is taken is answered 422."""
    answer.become(422)


@breaks("P-019", laws="ERR-11 ROBUST-05")
def ids_may_begin_with_zeros(request: Request) -> None:
    """007 in a path is read as 7."""
    request.path = re.sub(r"/0+(\d+)", r"/\1", request.path)


@breaks("P-019", laws="ERR-11 ROBUST-05")
def ids_may_have_a_sign(request: Request) -> None:
    """+7 in a path is read as 7."""
    request.path = re.sub(r"/(?:\+|%2B)(\d+)", r"/\1", request.path)


@breaks("P-020", laws="ERR-11 ROBUST-05 SCHEMA-04", statuses=(404,))
def text_for_an_id_is_a_bad_request(request: Request, answer: Answer) -> None:
    """Text that is no id is answered 400."""
    if re.search(r"/(?:books|users)/[^/]*[^/\d][^/]*$", request.path):
        answer.become(400)


@breaks("P-020", laws="ERR-11 ROBUST-05 SCHEMA-04", statuses=(400,))
def ids_out_of_range_are_not_found(request: Request, answer: Answer) -> None:
    """An id out of range is answered 404."""
    if "/path/" in str(answer.members.get("errors")):
        answer.become(404)


@breaks("P-021", laws="HTTP-04 HTTP-01 SCHEMA-01 CACHE-05")
def accept_is_negotiated(request: Request, answer: Answer) -> None:
    """A request whose Accept does not name the media type of the answer gets 406."""
    accepted = request.headers.get("accept", "*/*")
    if "*/*" not in accepted and "json" not in accepted:
        answer.become(406)


@breaks("P-023", laws="ROBUST-03")
def only_writes_have_a_largest_content(request: Request) -> None:
    """The content of a GET is not read, however large it is."""
    if request.method == "GET":
        request.body = b""
        request.headers.pop("content-length", None)


@breaks("P-024", "P-186", laws="ROBUST-03")
def content_may_be_a_little_larger(request: Request, answer: Answer) -> None:
    """Content that is one byte too large is taken."""
    if answer.status == 413 and len(request.body) <= 66000:
        answer.become(400)


@breaks("P-024", "P-193", laws="ROBUST-03", statuses=(431,))
def large_headers_are_a_bad_request(request: Request, answer: Answer) -> None:
    """A header section that is too large is answered 400."""
    answer.become(400)
