"""PAGE-07: page counts are true."""

from bookplate import SHOULD, expect, experiment, fault
from bookplate.contract import Operation, is_pointer, is_walkable, look_up
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection

from ._shared import is_counted


def is_counted_in_its_content(operation: Operation) -> bool:
    """Its pages can be asked for by their place, and say in their content how many items there are."""
    total = operation.pagination.total if operation.pagination else None
    return is_counted(operation) and is_walkable(operation) and is_pointer(total)


@experiment("PAGE-07", source="x-pagination", level=SHOULD, applies=is_counted_in_its_content)
def test_page_counts_are_true(collection: Collection) -> None:
    """
    Members beside the total with a usual name, such as `total_pages` or `has_next`, agree with a walk.

    The names are `total_pages`, `has_next`, `has_prev`, `next_page`, `prev_page`, and those of the parameters for the page
    and its size. A page without such a member says nothing wrong, and nor does a link where a number is meant.

    Why it matters: a client shows or hides its buttons by these members. A wrong one leads its user to an empty page.
    """
    collection.plant(8)

    for size, trial in expect.each(collection.sizes()):
        with trial:
            expect_counts(collection, size)


def expect_counts(collection: Collection, size: int) -> None:
    """Walk through pages of a size, and expect what each of them says of the walk to be so."""
    pages = len(list(collection.walk(size)))

    beside_total = (collection.page.total or "").rpartition("/")[0]
    for number, answer in enumerate(collection.last, start=1):
        true = {
            "total_pages": pages,
            "has_next": number < pages,
            "has_prev": number > 1,
            **numbers_beside(collection, number, pages, size),
            collection.page.place: collection.place_of(number - 1, size),
            **collection.asking_for(size),
        }
        members = look_up(answer.json(), beside_total) or {}
        said = {name: members.get(name, value) for name, value in true.items()}
        due = {name: said[name] if isinstance(said[name], str) else value for name, value in true.items()}
        expect.equal(said, due, what=f"page {number} of {pages} of {size} items", shown=collection.evidence)


def numbers_beside(collection: Collection, number: int, pages: int, size: int) -> dict[str, int | None]:
    """Return where the page after this one begins and the one before it, None where there is none."""
    return {
        "next_page": collection.place_of(number, size) if number < pages else None,
        "prev_page": collection.place_of(number - 2, size) if number > 1 else None,
    }


@fault(test_page_counts_are_true)
def there_is_always_a_next_page(request: Request, answer: Answer) -> None:
    """The last page says that there is a next one."""
    if shows(request, answer, "pagination"):
        pagination = answer.members["pagination"]
        answer.put(pagination={**pagination, "has_next": True})


@fault(test_page_counts_are_true)
def a_full_last_page_has_another_behind_it(request: Request, answer: Answer) -> None:
    """There is one page too many where the last page is full."""
    if shows(request, answer, "pagination"):
        pagination = answer.members["pagination"]
        one_more = pagination["total_items"] // pagination["per_page"] + 1
        answer.put(pagination={**pagination, "total_pages": one_more})


@fault(test_page_counts_are_true)
def next_page_is_this_one(request: Request, answer: Answer) -> None:
    """The number of the next page is that of this one."""
    if shows(request, answer, "pagination"):
        pagination = answer.members["pagination"]
        answer.put(pagination={**pagination, "next_page": pagination["next_page"] and pagination["page"]})
