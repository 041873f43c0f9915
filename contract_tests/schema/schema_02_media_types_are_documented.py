"""SCHEMA-02: media types are documented."""

from bookplate import delegated, fault
from bookplate.faults import Answer, Request
from bookplate.laws import GeneratedRequests


@delegated("SCHEMA-02", checks=("content_type_conformance",), source="OpenAPI 3.0.3, Media Type Object", core=True)
def test_media_types_are_documented(generated_requests: GeneratedRequests) -> None:
    """
    Every answer to a generated request has a media type that the document declares for its status.

    Why it matters: a client chooses its parser by the media type. With another one it shows raw text to its user, or
    refuses content that is right.

    To mend it: set the media type where the answer is written: `application/json` for content, and that of the
    document for errors. Look at errors of framework and proxy, which are often HTML or plain text.
    """
    generated_requests.report()


@fault(test_media_types_are_documented)
def json_is_called_text(request: Request, answer: Answer) -> None:
    """JSON content has the media type of plain text."""
    answer.edit("content-type", "^application/json$", "text/plain")
