"""Faults of what the document says about errors, request ids and parameters."""

import re
from typing import Any

from bookplate.faults import ERROR, Answer, Request

from ._written import breaks

PARAMETERS = {
    "page", "per_page", "sort", "genre", "author", "year_from", "year_to", "nocache", "role", "tier", "q", "cursor", "limit",
}  # fmt: skip


def each_error(answer: Answer, **members: Any) -> None:
    """Give each of the listed errors these members."""
    listed = answer.members.get("errors")
    if isinstance(listed, list):
        answer.put(errors=[each | members for each in listed])


@breaks("P-026", "P-227", laws="ERR-01 SCHEMA-03 ERR-05", statuses=ERROR)
def errors_have_a_type_of_their_own(request: Request, answer: Answer) -> None:
    """The type of each problem is an address of its own."""
    answer.put(type="https://example.com/problems/bad")


@breaks("P-026", laws="ERR-01 SCHEMA-02", statuses=ERROR)
def errors_are_plain_json(request: Request, answer: Answer) -> None:
    """The media type of errors is application/json."""
    answer.headers["content-type"] = "application/json"


@breaks("P-028", "P-232", laws="ERR-08 SCHEMA-03 ERR-01 ROBUST-02", statuses=(400, 422))
def pointers_are_paths_with_dots(request: Request, answer: Answer) -> None:
    """The place of an error is written as `query.page`, which is no JSON pointer."""
    listed = answer.members.get("errors")
    if isinstance(listed, list):
        answer.put(errors=[each | {"pointer": each["pointer"].strip("/").replace("/", ".")} for each in listed])


@breaks("P-028", laws="ERR-08 SCHEMA-03 ROBUST-02 SCHEMA-04", statuses=(400, 422))
def pointers_lead_elsewhere(request: Request, answer: Answer) -> None:
    """Each error is said to be at /elsewhere."""
    each_error(answer, pointer="/elsewhere")


@breaks("P-028", laws="ERR-08 SCHEMA-03 ROBUST-02 ERR-01", statuses=(422,))
def errors_are_not_listed(request: Request, answer: Answer) -> None:
    """A 422 lists no errors."""
    answer.take("errors")


@breaks("P-028", laws="ERR-08 SCHEMA-03 ROBUST-02 SCHEMA-04", statuses=(422,))
def only_the_first_error_is_listed(request: Request, answer: Answer) -> None:
    """Of several errors a 422 lists the first."""
    listed = answer.members.get("errors")
    if isinstance(listed, list):
        answer.put(errors=listed[:1])


@breaks("P-029", laws="ERR-11 SCHEMA-04 RATE-06 CACHE-03")
def unknown_parameters_are_ignored(request: Request) -> None:
    """Query parameters that the document does not have are ignored."""
    request.query = {name: value for name, value in request.query.items() if name in PARAMETERS}


@breaks("P-029", laws="ROBUST-07 SCHEMA-04")
def of_repeated_parameters_one_is_read(request: Request) -> None:
    """Of a parameter that stands twice, the last value is taken."""
    request.query = dict(reversed(request.query.items()))


@breaks("P-030", laws="ROBUST-05")
def lone_surrogates_are_replaced(request: Request) -> None:
    """A lone surrogate is stored as a question mark."""
    request.body = re.sub(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", b"?", request.body)


@breaks("P-030", laws="ERR-11 ROBUST-05", statuses=(400,))
def nul_is_unprocessable(request: Request, answer: Answer) -> None:
    """Content with NUL is answered 422."""
    if b"\\u0000" in request.body:
        answer.become(422)


@breaks("P-154", laws="HTTP-05 HTTP-01 SCHEMA-03 CACHE-05")
def every_request_has_one_id(request: Request, answer: Answer) -> None:
    """X-Request-Id is the same in all answers."""
    answer.headers["x-request-id"] = "0000000000000000"


@breaks("P-154", laws="HTTP-05 ERR-01 ERR-02 SCHEMA-03", statuses=ERROR)
def problems_have_another_request_id(request: Request, answer: Answer) -> None:
    """The request_id of a problem is not that of the header field."""
    if "request_id" in answer.members:
        answer.put(request_id="0000000000000000")


@breaks("P-227", laws="ERR-02 SCHEMA-03", statuses=ERROR)
def problems_lack_their_status(request: Request, answer: Answer) -> None:
    """A problem has no status."""
    answer.take("status")


@breaks("P-228", laws="ERR-05 ERR-02", statuses=ERROR)
def titles_are_sentences(request: Request, answer: Answer) -> None:
    """The title of a problem is a sentence."""
    answer.put(title="Something is wrong.")


@breaks("P-231", laws="HTTP-03 RATE-02 RATE-03 RATE-04 SCHEMA-03", statuses=(429,))
def the_member_differs_from_retry_after(request: Request, answer: Answer) -> None:
    """retry_after of a 429 is another number than Retry-After."""
    answer.put(retry_after=int(answer.headers.get("retry-after", "1")) + 7)


@breaks("P-174", laws="SCHEMA-01 SCHEMA-03 STATE-03", statuses=(204,))
def what_has_no_content_has_some(request: Request, answer: Answer) -> None:
    """What is done without content is answered 200 with an object."""
    answer.become(200, {"done": True})
    answer.headers["content-type"] = "application/json"


@breaks("P-178", laws="ROBUST-02 PAGE-03 SCHEMA-04", statuses=(400,))
def what_cannot_be_read_is_done(request: Request, answer: Answer) -> None:
    """A request that cannot be read is answered as a success."""
    answer.become(200, {})


@breaks("P-180", laws="AUTH-03 AUTH-05 CACHE-06", statuses=(401,))
def bad_tokens_are_forbidden(request: Request, answer: Answer) -> None:
    """A token that is missing or not valid is answered 403."""
    answer.become(403)


@breaks("P-188", laws="ROBUST-02", statuses=(415,))
def other_media_types_are_bad_requests(request: Request, answer: Answer) -> None:
    """Another media type is answered 400."""
    answer.become(400)
