"""PAGE-02: pages have the requested size."""

from bookplate import experiment, fault
from bookplate.contract import is_collection, is_paged
from bookplate.faults import Request
from bookplate.fixtures import Collection

HUGE = 10**30


@experiment("PAGE-02", source="x-pagination; OpenAPI 3.0.3", applies=is_collection)
def test_pages_have_the_requested_size(collection: Collection) -> str:
    """
    No page has more items than were asked for, or than the declared default where nothing was.

    Numbered pages have no fewer either, but for the last one, which has what is left.
    """
    default = collection.schema_of(collection.page.size).default or HUGE
    collection.plant(default + 1 if default <= 50 else 5)
    size, count = collection.size(), collection.count()
    full = [min(size, count - start) for start in range(0, count, size)]
    lengths = [len(page) for page in collection.walk(size)]
    collection.last.append(collection.get({}))
    without = len(collection.items(collection.last[-1]))
    if is_paged(collection.operation):
        collection.expect(f"sizes of pages of {size}", lengths, full)
        collection.expect("items where no size is asked for", without, min(default, count))
    collection.expect("more than asked for", [n for n in lengths if n > size] + [without] * (without > default), [])
    return "" if count > default else "not checked: the default, as none is declared or there are fewer items"


@fault(test_pages_have_the_requested_size)
def size_is_ignored(request: Request) -> None:
    """Every page has the default size."""
    request.query.pop("per_page", None)


@fault(test_pages_have_the_requested_size)
def default_is_another(request: Request) -> None:
    """Who names no size gets ten items."""
    request.query = ({"per_page": "10"} if request.path.endswith("/search") else {}) | request.query
