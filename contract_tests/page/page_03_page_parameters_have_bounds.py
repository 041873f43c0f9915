"""PAGE-03: page parameters have bounds."""

from bookplate import experiment, fault
from bookplate.contract import is_collection
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection

HUGE = 10**30


@experiment("PAGE-03", source="x-pagination; OWASP API4:2023", applies=is_collection)
def test_page_parameters_have_bounds(collection: Collection) -> None:
    """
    A size or a page number that its schema forbids gets a documented 4xx: it is neither obeyed, nor bent, nor a crash.

    One so large or so small that nothing was said of it is no crash either.
    """
    page = collection.page
    for name in (page.size, page.place) if page.style == "page" else (page.size,):
        schema = collection.schema_of(name)
        least = 1 if schema.minimum is None else schema.minimum
        most = HUGE if schema.maximum is None else schema.maximum
        for value in ("text", -1, least - 1, most + 1, HUGE):
            forbidden = not schema.allows(value)
            collection.refused(f"{name}={value}", collection.get({name: value}), due=forbidden)


@fault(test_page_parameters_have_bounds)
def too_large_is_clamped(request: Request) -> None:
    """Sizes beyond the largest are silently taken for the largest."""
    request.query |= {"per_page": "100"} if request.query.get("per_page") == "101" else {}


@fault(test_page_parameters_have_bounds)
def any_size_is_allowed(request: Request, answer: Answer) -> None:
    """A size of zero is granted, by pages without items."""
    answer.become(200, {"items": []}, where=request.query.get("per_page", request.query.get("limit")) == "0")


@fault(test_page_parameters_have_bounds)
def pages_before_the_first_crash(request: Request, answer: Answer) -> None:
    """An offset below zero is the database's to refuse."""
    answer.become(500, where=request.query.get("page", "").startswith("-"))
