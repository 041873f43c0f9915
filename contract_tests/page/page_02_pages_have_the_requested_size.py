"""PAGE-02: pages have the requested size."""

from bookplate import expect, experiment, fault, partly
from bookplate.contract import is_collection, is_walkable
from bookplate.faults import Request
from bookplate.fixtures import Collection

from ._shared import HUGE


@experiment("PAGE-02", source="x-pagination; OpenAPI 3.0.3", applies=is_collection, explained_by=("PAGE-01",))
def test_pages_have_the_requested_size(collection: Collection) -> None:
    """
    A page has at most as many items as the request asks for, or as the declared default where it names no size.

    Numbered pages have exactly so many; only the last one has fewer, those that are left. This holds for the least size
    and for the greatest one too.

    Why it matters: a client counts on the size to lay out its screen and to compute page numbers. With other sizes it
    skips items, or receives more than it can hold.

    To mend it: read the size by its declared name, and fall back to the declared default. Use it as the limit of
    the query in every list, also in searches. A size that is fixed in a handler is the usual reason.
    """
    default = collection.schema_of(collection.size_parameter).default or HUGE
    collection.plant(default + 1 if default <= 50 else 5)
    size = collection.size()
    count = collection.count()

    lengths = [len(page) for page in collection.walk(size)]
    without_size = collection.get({})
    collection.last.append(without_size)
    length_by_default = len(collection.items(without_size))

    shown = collection.evidence
    if is_walkable(collection.operation):
        full = [min(size, count - start) for start in range(0, count, size)]
        expect.equal(lengths, full, what=f"pages of {size} have these sizes", shown=shown)
        expect.equal(
            length_by_default,
            min(default, count),
            what="the page has so many items where no size is asked for",
            shown=shown,
        )
        expect_bounds_served(collection, count)
    too_long = [length for length in lengths if length > size]
    expect.equal(too_long, [], what=f"pages have more than the {size} items asked for", shown=shown)
    expect.that(
        length_by_default <= default,
        f"where no size is asked for, a page has {length_by_default} items",
        expected=f"at most the default, {default}",
        shown=shown,
    )
    if count <= default:
        partly("the default: none is declared, or there are fewer items", tested="the size that is asked for")


def expect_bounds_served(collection: Collection, count: int) -> None:
    """Expect a first page of the least size and one of the greatest to have as many items as there are for it."""
    for size in collection.bounds:
        if collection.schema_of(collection.size_parameter).allows(size):
            page = collection.get(collection.asking_for(size))
            collection.last.append(page)
            found = len(collection.items(page))
            expect.equal(
                found,
                min(size, count),
                what=f"the first page of size {size} has so many items",
                shown=collection.evidence,
            )


@fault(test_pages_have_the_requested_size)
def size_is_ignored(request: Request) -> None:
    """Every page has the default size."""
    request.query.pop("per_page", None)


@fault(test_pages_have_the_requested_size)
def default_is_another(request: Request) -> None:
    """A search without a size has pages of ten items."""
    if request.path.endswith("/search"):
        request.query.setdefault("per_page", "10")


@fault(test_pages_have_the_requested_size)
def greatest_size_is_the_least(request: Request) -> None:
    """A page of the greatest size has one item."""
    if request.query.get("per_page") == "100":
        request.query["per_page"] = "1"
