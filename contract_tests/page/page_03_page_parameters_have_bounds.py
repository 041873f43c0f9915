"""PAGE-03: page parameters have bounds."""

from collections.abc import Iterable, Iterator

from bookplate import NotChecked, control, expect, experiment, fault
from bookplate.contract import is_collection
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection

from ._shared import HUGE


@experiment("PAGE-03", source="x-pagination; OWASP API4:2023", applies=is_collection)
def test_page_parameters_have_bounds(collection: Collection) -> None:
    """
    A page size or page number that its schema forbids gets a documented 4xx.

    The server neither obeys it, nor takes another value in its place, nor crashes. A value that the schema allows, as
    large or small as it is, gets no server error. A page of the smallest size is had first.

    Why it matters: one request for a million items can stop the service for all users. A client whose size is silently
    reduced takes the first part of a list for the whole.
    """
    page = collection.page
    control(collection.get(collection.asking_for(collection.bounds[0])), "a refusal of a page parameter")
    names = [*([page.size] if page.size is not None else []), *([page.place] if page.style == "page" else [])]
    if not names:
        raise NotChecked(f"{collection.operation.id} takes a cursor alone: neither a size nor a number that has bounds")

    for (name, value), trial in expect.each(around_the_bounds(collection, names)):
        with trial:
            answer = collection.get({name: value})
            is_forbidden = not collection.schema_of(name).allows(value)
            collection.require_refusal(f"{name}={value}", answer, due=is_forbidden)


def around_the_bounds(collection: Collection, names: Iterable[str]) -> Iterator[tuple[str, str | int | float]]:
    """Yield values just outside the bounds of each of these parameters, and such as no parameter of a page has."""
    for name in names:
        schema = collection.schema_of(name)
        least = 1 if schema.minimum is None else schema.minimum
        most = HUGE if schema.maximum is None else schema.maximum
        for value in ("text", -1, least - 1, most + 1, HUGE):
            yield name, value


@fault(test_page_parameters_have_bounds)
def too_large_is_clamped(request: Request) -> None:
    """A size beyond the largest one is silently reduced to it."""
    if request.query.get("per_page") == "101":
        request.query["per_page"] = "100"


@fault(test_page_parameters_have_bounds)
def any_size_is_allowed(request: Request, answer: Answer) -> None:
    """A size of zero is answered with a page without items."""
    size = request.query.get("per_page", request.query.get("limit"))
    if size == "0":
        answer.become(200, {"items": []})


@fault(test_page_parameters_have_bounds)
def pages_before_the_first_crash(request: Request, answer: Answer) -> None:
    """A page number below zero is an unhandled exception of the database."""
    if request.query.get("page", "").startswith("-"):
        answer.become(500)
