"""HTTP-04: usual headers are understood."""

from bookplate import control, expect, experiment, fault, partly, rests_on
from bookplate.contract import Fact, Operation, Origin, has_body
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, prepare_read

# What browsers, libraries and generated clients send. Each of them takes what an operation has.
ACCEPTS = ("application/json, */*", "application/json;q=0.9, text/html;q=0.8, */*;q=0.1", "*/*")

UNHEARD_OF = "application/x-nothing-known"


def is_negotiable(operation: Operation) -> bool:
    """It reads; or it takes JSON, and nobody's account or session is spent by it."""
    if operation.method == "GET":
        return True
    takes_json = operation.body is not None and operation.body.media_type.is_json
    return takes_json and not operation.role


@experiment("HTTP-04", source="RFC 9110, sections 8.3.1 and 12.5.1; RFC 8259, section 11", applies=is_negotiable)
def test_usual_headers_are_understood(operation: Operation, resources: Resources) -> None:
    """
    An Accept with `*/*` among its ranges gets the answer that a request without one gets; JSON may be sent with a charset.

    Tried are `application/json, */*`, a list with weights, and `*/*`. Content that is accepted as JSON is accepted too
    where its media type has the parameter `charset=utf-8`, in small or capital letters. A document may allow other values.
    An Accept that names nothing the service has is answered 406 only where the document has this status. That it names all
    its errors is a guess, so that another 406 only warns.

    Why it matters: libraries add these without being told. Where a service compares the field as text, their users are
    refused and cannot find out why.

    To mend it: parse Accept by a library, with ranges and weights: `*/*` takes all that the service has. Compare
    media types without their parameters, so that `application/json; charset=utf-8` is JSON.
    """
    if has_body(operation):
        expect_charset_read(operation, resources)
        return
    prepared = prepare_read(resources, operation)
    plain = control(resources.call(prepared), "a refusal of an Accept")
    parameter = operation.parameter("Accept", "header")
    for accept in ACCEPTS:
        if parameter is not None and not parameter.schema.allows(accept, request=True):
            partly(f"Accept: {accept}: its schema does not allow it", tested="others")
            continue
        answer = resources.call(prepared, {"Accept": accept})
        expect.equal(answer.status, plain.status, what=f"status with Accept: {accept}", shown=[plain, answer])
    if parameter is None and operation.response_to(406) is None:
        refused = resources.call(prepared, {"Accept": UNHEARD_OF})
        if refused.status == 406:
            rests_on(Fact(406, Origin.GUESSED, "the document names no 406, and so tells nobody that there is one"))
        expect.no_status((406,), [refused], because="the document has no 406", what=f"Accept: {UNHEARD_OF}")


def expect_charset_read(operation: Operation, resources: Resources) -> None:
    """Send valid content as JSON in UTF-8, and expect it to be read as without the parameter."""
    media_type = (operation.media_type or "application/json").partition(";")[0]
    for written in (f"{media_type}; charset=utf-8", f"{media_type};charset=UTF-8"):
        prepared = resources.prepare(operation)
        tag = resources.read(prepared).header("etag") if operation.method != "POST" else None
        headers = {"If-Match": tag} if tag and operation.has_parameter("If-Match", "header") else {}
        body = resources.content(prepared)
        answer = resources.call(prepared, {**headers, "Content-Type": written}, body=body)
        if answer.status in (400, 415, 422):
            control(resources.write(resources.prepare(operation), tag), "a refusal of a charset")
        expect.no_status((415,), [answer], because="the parameter changes nothing", what=written)


@fault(test_usual_headers_are_understood)
def accept_is_compared_as_text(request: Request, answer: Answer) -> None:
    """Any Accept but application/json and */* is answered 406."""
    if request.method == "GET" and request.headers.get("accept", "*/*") not in ("*/*", "application/json"):
        answer.become(406)


@fault(test_usual_headers_are_understood)
def media_type_is_compared_as_text(request: Request, answer: Answer) -> None:
    """Content whose media type has a parameter is answered 415."""
    if "charset" in request.headers.get("content-type", ""):
        answer.become(415)


@fault(test_usual_headers_are_understood)
def what_nobody_has_is_not_acceptable(request: Request, answer: Answer) -> None:
    """An Accept with nothing that the service has is answered 406."""
    if request.headers.get("accept") == UNHEARD_OF:
        answer.become(406)
