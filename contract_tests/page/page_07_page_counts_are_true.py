"""PAGE-07: page counts are true."""

from collections.abc import Mapping
from typing import Any

from bookplate import SHOULD, expect, experiment, fault
from bookplate.contract import Operation, is_pointer, is_walkable, look_up
from bookplate.faults import Answer, Request, shows
from bookplate.fixtures import Collection
from bookplate.wire import Exchange

from ._shared import is_counted


def is_counted_in_its_content(operation: Operation) -> bool:
    """Its pages can be asked for by their place, and say in their content how many items there are."""
    total = operation.pagination.total if operation.pagination else None
    return is_counted(operation) and is_walkable(operation) and is_pointer(total)


@experiment(
    "PAGE-07", source="x-pagination", level=SHOULD, applies=is_counted_in_its_content, explained_by=("PAGE-01",)
)
def test_page_counts_are_true(collection: Collection) -> None:
    """
    Members beside the total with a usual name, such as `total_pages` or `has_next`, agree with a walk.

    The names are `total_pages`, `has_next`, `has_prev`, `next_page`, `prev_page`, and those of the parameters for the page
    and its size. A page without such a member says nothing wrong, and nor does a link where a number is meant. Where
    x-pagination says so: a list without items has as many pages as `empty`, and a page behind the end names the page
    before it as `behind` says.

    Why it matters: a client shows or hides its buttons by these members. A wrong one leads its user to an empty page.

    To mend it: compute such members from total, size and page by one function. The last page is the total divided
    by the size, rounded up, and `has_next` says that the page is below it. Try none, exactly one full page, and one
    item more.
    """
    collection.plant(8)

    for size, trial in expect.each(collection.sizes()):
        with trial:
            expect_counts(collection, size)
    expect_counts_of_nothing(collection)
    expect_counts_behind_the_end(collection)


def expect_counts(collection: Collection, size: int) -> None:
    """Walk through pages of a size, and expect what each of them says of the walk to be so."""
    pages = len(list(collection.walk(size)))

    for number, answer in enumerate(collection.last, start=1):
        true = {
            "total_pages": pages,
            "has_next": number < pages,
            "has_prev": number > 1,
            **numbers_beside(collection, number, pages, size),
            collection.page.place: collection.place_of(number - 1, size),
            **collection.asking_for(size),
        }
        expect_said(collection, answer, true, f"page {number} of {pages} of {size} items")


def expect_said(collection: Collection, answer: Exchange, true: Mapping[str, Any], what: str) -> None:
    """Expect the members beside the total to be these, as far as there are such members and they are no links."""
    beside_total = (collection.page.total or "").rpartition("/")[0]
    members = look_up(answer.json(), beside_total) or {}
    said = {name: members.get(name, value) for name, value in true.items()}
    due = {name: said[name] if isinstance(said[name], str) else value for name, value in true.items()}
    # What is right needs no word.
    wrong = {name: value for name, value in said.items() if value != due[name]}
    expect.equal(wrong, {name: due[name] for name in wrong}, what=f"{what} says", shown=collection.evidence)


def expect_counts_of_nothing(collection: Collection) -> None:
    """Ask for what no item has, and expect the number of pages that the document says."""
    nobody = {name: f"Nobody {collection.resources.samples.unique()}" for name in collection.narrow}
    if collection.page.empty is None or not nobody:
        return
    answer = collection.get(nobody)
    if not 200 <= answer.status < 300 or collection.items(answer):
        return  # PAGE-08 judges whether it is refused, and what it finds
    collection.last = [answer]
    true = {"total_pages": collection.page.empty, "has_next": False, "next_page": None}
    expect_said(collection, answer, true, "the list that shows nothing")


def expect_counts_behind_the_end(collection: Collection) -> None:
    """Ask for the second page behind the last one, and expect it to name the page before it that the document says."""
    if collection.page.behind is None:
        return
    size = collection.size()
    pages = len(list(collection.walk(size)))
    answer = collection.get(
        {**collection.asking_for(size), collection.page.place: collection.place_of(pages + 1, size)}
    )
    if not 200 <= answer.status < 300:
        return  # PAGE-06 judges whether it may be refused
    collection.last.append(answer)
    before = collection.place_of(pages - 1 if collection.page.behind == "last" else pages, size)
    true = {"has_next": False, "next_page": None, "has_prev": True, "prev_page": before}
    expect_said(collection, answer, true, f"the second page behind {pages} pages of {size} items")


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


@fault(test_page_counts_are_true)
def nothing_fills_one_page(request: Request, answer: Answer) -> None:
    """A list that shows nothing says that it has one page."""
    if shows(request, answer, "pagination") and not answer.members["pagination"]["total_items"]:
        answer.put(pagination={**answer.members["pagination"], "total_pages": 1})


@fault(test_page_counts_are_true)
def the_page_before_is_always_one_less(request: Request, answer: Answer) -> None:
    """Far behind the end, the page before is the one with the number before, which is empty too."""
    if shows(request, answer, "pagination") and answer.members["pagination"]["page"] > 1:
        pagination = answer.members["pagination"]
        answer.put(pagination={**pagination, "prev_page": pagination["page"] - 1})
