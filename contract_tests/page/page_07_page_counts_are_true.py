"""PAGE-07: page counts are true."""

from bookplate import SHOULD, experiment, fault
from bookplate.contract import look_up
from bookplate.faults import Request, Steps, retold
from bookplate.fixtures import Collection

from ._shared import is_counted


@experiment("PAGE-07", source="x-pagination", level=SHOULD, applies=is_counted)
def test_page_counts_are_true(collection: Collection) -> None:
    """What stands beside the total under a usual name, such as `total_pages` or `has_next`, agrees with the walk."""
    collection.plant(5)
    size, beside = collection.size(), (collection.page.total or "").rpartition("/")[0]
    pages = len(list(collection.walk(size)))
    for number, answer in enumerate(collection.last, start=1):
        true = {"total_pages": pages, "has_next": number < pages, "has_prev": number > 1}
        true |= {collection.page.place: collection.first + number - 1, collection.page.size: size}
        said = look_up(answer.json(), beside) or {}
        collection.expect(f"page {number}", {name: said.get(name, true[name]) for name in true}, true)


@fault(test_page_counts_are_true)
def there_is_always_a_next_page(request: Request) -> Steps:
    """The last page says that there is one more."""
    yield from retold(request, lambda beside: beside.update(has_next=True))
