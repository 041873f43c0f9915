"""CURSOR-01: walks end after every item."""

from bookplate import expect, experiment, fault
from bookplate.contract import has_cursors
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection

from ._shared import NOTHING_MORE, expect_each_once, is_feed


@experiment("CURSOR-01", source="x-pagination", applies=has_cursors)
def test_walks_end_after_every_item(collection: Collection) -> None:
    """
    A walk by cursors meets each item exactly once and ends after at most n/size + 1 pages of n items.

    Each page has a cursor to the next one exactly where it says that there is more.

    Why it matters: an export that follows the cursors lacks items, has items twice, or never ends.

    To mend it: ask for one item more than the page has, show the page, and give a cursor only where there was one
    more. Build the cursor from the last item that is shown, and begin strictly behind it.
    """
    # Four items fill pages of one and of two: the last page is full.
    planted = collection.plant(4)

    for size in collection.sizes():
        visited = collection.keys(collection.walk(size))

        expect_each_once(collection, planted, visited)
        pages = len(collection.last)
        most = len(visited) // size + 1
        expect.that(
            pages <= most,
            f"{len(visited)} items in pages of {size} are shown on {pages} pages",
            expected=f"at most {most} pages",
            shown=collection.evidence,
        )
        expect_more_where_it_leads_on(collection)


def expect_more_where_it_leads_on(collection: Collection) -> None:
    """Expect each page of the last walk to say that there is more exactly where it has a cursor to the next page."""
    more, following = collection.page.more, collection.page.next
    if more is None:
        return
    says_more = [collection.says_more(page) for page in collection.last]
    leads_on = [collection.next(page) is not None for page in collection.last]
    if collection.page.begins_after_an_item:
        later = [collection.items(page) for page in collection.last[1:]]
        leads_on = [*map(bool, later), False]
    what = f"of the pages in their order, {more} says whether there are more"
    expect.equal(says_more, leads_on, what=f"{what}, and {following} leads on otherwise", shown=collection.evidence)


@fault(test_walks_end_after_every_item)
def the_end_has_no_end(request: Request, answer: Answer) -> None:
    """The cursor of the last page leads to the last page again."""
    if is_feed(request, answer) and answer.members["next_cursor"] is None:
        answer.put(next_cursor=request.query.get("cursor"))


@fault(test_walks_end_after_every_item)
def a_full_page_is_the_last(request: Request, answer: Answer) -> None:
    """The walk ends at the first page of two items."""
    if is_feed(request, answer) and len(answer.members["items"]) == 2:
        answer.put(**NOTHING_MORE)


@fault(test_walks_end_after_every_item)
def there_is_always_more(request: Request, answer: Answer) -> None:
    """The last page says that there is more."""
    if is_feed(request, answer):
        answer.put(has_more=True)
