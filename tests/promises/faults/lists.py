"""Faults of what the document says about lists and their pages."""

from bookplate.faults import Answer, Request, shows

from ._written import breaks, items_of, put_inside, put_items


def sorted_by(request: Request) -> str:
    return request.query.get("sort", "").lstrip("-") if request.path == "/api/books" else ""


@breaks("P-076", laws="PAGE-06", statuses=(200,))
def pages_beyond_the_last_do_not_exist(request: Request, answer: Answer) -> None:
    """A page beyond the last is answered 404."""
    if "pagination" in answer.members and not answer.members["items"] and request.query.get("page", "1") != "1":
        answer.become(404)


@breaks("P-087", laws="AUTHZ-04 PAGE-05 PAGE-01")
def books_of_a_user_are_listed_backwards(request: Request, answer: Answer) -> None:
    """A page of the books of a user is ordered by descending id."""
    if request.path.endswith("/books") and "/users/" in request.path:
        put_items(answer, items_of(answer)[::-1])


@breaks("P-088", laws="AUTHZ-04 SPEC-03", statuses=(404,))
def an_unknown_user_has_no_books(request: Request, answer: Answer) -> None:
    """The list of the books of an unknown user is empty."""
    if request.path.endswith("/books") and "/users/" in request.path:
        answer.become(200, {"items": [], "pagination": {"total_items": 0}})


@breaks("P-089", "P-135", laws="PAGE-05")
def the_sort_is_lost_by_a_filter(request: Request) -> None:
    """A list with a filter is not sorted."""
    if "genre" in request.query or "author" in request.query:
        request.query.pop("sort", None)


@breaks("P-089", laws="PAGE-08 PAGE-05")
def one_filter_of_several_counts(request: Request) -> None:
    """Of the filters by genre and by year the first counts alone."""
    if "genre" in request.query:
        request.query.pop("year_from", None)
        request.query.pop("year_to", None)


@breaks("P-090", laws="PAGE-05")
def ties_are_ordered_by_descending_id(request: Request, answer: Answer) -> None:
    """Books that tie come by descending id."""
    field = sorted_by(request)
    if field in ("author", "published_year", "price") and items_of(answer):
        items = sorted(items_of(answer), key=lambda each: -each["id"])
        order = sorted({str(each[field]) for each in items})
        given = [str(each[field]) for each in items_of(answer)]
        ranks = {value: given.index(value) for value in order}
        put_items(answer, sorted(items, key=lambda each: ranks[str(each[field])]))


@breaks("P-090", laws="PAGE-05")
def a_list_without_sort_is_by_title(request: Request) -> None:
    """A list without `sort` is ordered by title."""
    # Nothing else takes `sort`: with it a creation would be refused.
    if request.path == "/api/books" and request.method in ("GET", "HEAD"):
        request.query.setdefault("sort", "title")


@breaks("P-091", laws="PAGE-11 PAGE-05")
def text_is_ordered_without_case(request: Request, answer: Answer) -> None:
    """Titles are ordered as in a dictionary: small and capital letters are one."""
    if sorted_by(request) == "title":
        reverse = request.query["sort"].startswith("-")
        put_items(answer, sorted(items_of(answer), key=lambda each: each["title"].lower(), reverse=reverse))


@breaks("P-092", laws="PAGE-11 PAGE-05")
def books_without_a_year_come_first(request: Request, answer: Answer) -> None:
    """Books without a year come before all others."""
    if sorted_by(request) == "published_year":
        put_items(answer, sorted(items_of(answer), key=lambda each: each["published_year"] is not None))


@breaks("P-136", laws="PAGE-05")
def descending_is_by_descending_id_too(request: Request, answer: Answer) -> None:
    """A minus sign reverses the order of ties too."""
    if request.query.get("sort") == "-author" and request.query.get("per_page", "20") != "1":
        put_items(answer, sorted(items_of(answer), key=lambda each: (each["author"], each["id"]), reverse=True))


@breaks("P-100", "P-211", laws="CURSOR-01", statuses=(200,))
def the_last_page_has_a_cursor(request: Request, answer: Answer) -> None:
    """The last page has a cursor, although it has no more."""
    if answer.members.get("has_more") is False:
        answer.put(next_cursor="Mg.JfZp8m5wS4E1mr4VK1L7THB07QU")


@breaks("P-101", laws="CURSOR-01 CURSOR-02 CURSOR-03 CURSOR-06")
def walks_leave_an_item_out(request: Request, answer: Answer) -> None:
    """A page behind the first lacks its first item."""
    if shows(request, answer, "has_more") and "cursor" in request.query and len(items_of(answer)) > 1:
        put_items(answer, items_of(answer)[1:])


@breaks("P-102", laws="CURSOR-01 CURSOR-07")
def a_cursor_leads_on_without_its_filter(request: Request) -> None:
    """A request with a cursor is not filtered."""
    if "cursor" in request.query:
        request.query.pop("genre", None)
        request.query.pop("author", None)


@breaks("P-103", laws="CURSOR-05")
def the_limit_is_that_of_the_first_page(request: Request) -> None:
    """The size of a page is that of the first page."""
    if "cursor" in request.query:
        request.query["limit"] = request.memory.get("limit", "20")
    elif request.path.endswith("/feed"):
        request.memory["limit"] = request.query.get("limit", "20")


@breaks("P-105", laws="PAGE-09 PAGE-05 CONC-02 ROBUST-04 CACHE-01")
def search_looks_at_the_case(request: Request, answer: Answer) -> None:
    """A search finds only text in the same case."""
    text = request.query.get("q")
    if request.path.endswith("/search") and text:
        found = [each for each in items_of(answer) if text in each["title"] or text in each["author"]]
        put_items(answer, found)


@breaks("P-105", laws="PAGE-05 CONC-02 ROBUST-04 CACHE-01")
def search_looks_at_titles_alone(request: Request, answer: Answer) -> None:
    """A search does not look at authors."""
    text = request.query.get("q")
    if request.path.endswith("/search") and text:
        put_items(answer, [each for each in items_of(answer) if text.lower() in each["title"].lower()])


@breaks("P-105", laws="PAGE-09 PAGE-05 CONC-02 ROBUST-04 CACHE-01")
def search_looks_at_the_beginning(request: Request, answer: Answer) -> None:
    """A search finds only titles and authors that begin with the text."""
    text = request.query.get("q", "").lower()
    if request.path.endswith("/search") and text:
        found = [
            e for e in items_of(answer) if e["title"].lower().startswith(text) or e["author"].lower().startswith(text)
        ]
        put_items(answer, found)


@breaks("P-132", laws="PAGE-03 PAGE-01")
def the_first_page_is_page_zero(request: Request) -> None:
    """Page 0 is the first page."""
    if request.query.get("page") == "0":
        request.query["page"] = "1"


@breaks("P-133", "P-213", laws="PAGE-02 PAGE-07")
def pages_have_one_item_less(request: Request, answer: Answer) -> None:
    """A page has one item less than was asked for."""
    if len(items_of(answer)) > 1 and len(items_of(answer)) == int(request.query.get("per_page", "20")):
        put_items(answer, items_of(answer)[:-1])


@breaks("P-134", laws="PAGE-03 CURSOR-05")
def a_limit_out_of_range_is_the_largest(request: Request) -> None:
    """A limit that is too large is reduced to the largest one."""
    if request.query.get("limit", "").isdigit() and int(request.query["limit"]) > 100:
        request.query["limit"] = "100"


@breaks("P-137", laws="PAGE-05")
def the_genre_is_not_filtered(request: Request) -> None:
    """The filter by genre is ignored."""
    request.query.pop("genre", None)


@breaks("P-138", laws="PAGE-05 CACHE-03")
def the_author_may_be_a_part(request: Request) -> None:
    """A filter by author finds authors that contain the text."""
    if request.path == "/api/books" and "author" in request.query:
        request.path = "/api/books/search"
        author = request.query["author"]
        request.query = {n: v for n, v in request.query.items() if n in ("page", "per_page")} | {"q": author}


@breaks("P-139", laws="PAGE-05")
def the_first_year_is_left_out(request: Request) -> None:
    """A filter by first year leaves this year out."""
    if request.query.get("year_from", "").isdigit():
        request.query["year_from"] = str(int(request.query["year_from"]) + 1)


@breaks("P-140", laws="PAGE-05")
def the_last_year_is_left_out(request: Request) -> None:
    """A filter by last year leaves this year out."""
    if request.query.get("year_to", "").isdigit():
        request.query["year_to"] = str(int(request.query["year_to"]) - 1)


@breaks("P-147", laws="CURSOR-04 CURSOR-07", statuses=(400,))
def other_cursors_are_unprocessable(request: Request, answer: Answer) -> None:
    """A text that is no cursor is answered 422."""
    if answer.members.get("code") == "invalid_cursor":
        answer.become(422)


@breaks("P-147", laws="CURSOR-07 CURSOR-04", statuses=(400,))
def cursors_are_not_signed(request: Request, answer: Answer) -> None:
    """A cursor that was changed is read as it stands."""
    if answer.members.get("code") == "invalid_cursor" and len(request.query.get("cursor", "")) > 20:
        answer.become(200, {"items": [], "has_more": False, "next_cursor": None})


@breaks("P-212", laws="PAGE-07")
def the_page_number_begins_at_zero(request: Request, answer: Answer) -> None:
    """The number of a page is too small by one."""
    if shows(request, answer, "pagination"):
        put_inside(answer, "pagination", page=answer.members["pagination"]["page"] - 1)


@breaks("P-214", laws="PAGE-04")
def the_total_is_that_of_the_page(request: Request, answer: Answer) -> None:
    """The total is the number of items on this page."""
    if shows(request, answer, "pagination"):
        put_inside(answer, "pagination", total_items=len(items_of(answer)))


@breaks("P-215", laws="PAGE-07", statuses=(200,))
def a_full_last_page_is_counted_twice(request: Request, answer: Answer) -> None:
    """The number of pages is too large by one where the last page is full."""
    if shows(request, answer, "pagination"):
        pages = answer.members["pagination"]
        put_inside(answer, "pagination", total_pages=pages["total_items"] // pages["per_page"] + 1)


@breaks("P-215", laws="PAGE-07 PAGE-06 SCHEMA-03", statuses=(200,))
def an_empty_list_has_one_page(request: Request, answer: Answer) -> None:
    """An empty list has the number of pages 1."""
    if shows(request, answer, "pagination") and not answer.members["pagination"]["total_items"]:
        put_inside(answer, "pagination", total_pages=1)


@breaks("P-216", laws="PAGE-07", statuses=(200,))
def there_is_never_a_next_page(request: Request, answer: Answer) -> None:
    """Every page says that none comes after it."""
    put_inside(answer, "pagination", has_next=False)


@breaks("P-217", laws="PAGE-07", statuses=(200,))
def there_is_always_a_page_before(request: Request, answer: Answer) -> None:
    """Every page says that one comes before it."""
    put_inside(answer, "pagination", has_prev=True)


@breaks("P-218", laws="PAGE-07", statuses=(200,))
def the_next_page_is_this_one(request: Request, answer: Answer) -> None:
    """next_page is the number of this page."""
    if shows(request, answer, "pagination") and answer.members["pagination"]["next_page"]:
        put_inside(answer, "pagination", next_page=answer.members["pagination"]["page"])


@breaks("P-218", laws="PAGE-07", statuses=(200,))
def the_last_page_has_a_next_number(request: Request, answer: Answer) -> None:
    """next_page of the last page is the number after it."""
    if shows(request, answer, "pagination") and answer.members["pagination"]["next_page"] is None:
        put_inside(answer, "pagination", next_page=answer.members["pagination"]["page"] + 1)


@breaks("P-219", laws="PAGE-07", statuses=(200,))
def the_page_before_is_the_first(request: Request, answer: Answer) -> None:
    """prev_page is 1 on each page."""
    put_inside(answer, "pagination", prev_page=1)


@breaks("P-220", laws="PAGE-07 PAGE-06", statuses=(200,))
def behind_the_end_the_page_before_is_behind_it_too(request: Request, answer: Answer) -> None:
    """prev_page of a page behind the end is the number before it."""
    if shows(request, answer, "pagination"):
        pages = answer.members["pagination"]
        if pages["page"] > pages["total_pages"] + 1:
            put_inside(answer, "pagination", prev_page=pages["page"] - 1)


@breaks("P-221", laws="PAGE-06 SCHEMA-03 PAGE-01", statuses=(200,))
def links_have_a_host(request: Request, answer: Answer) -> None:
    """The link to the next page has a scheme and a host."""
    if shows(request, answer, "links") and answer.members["links"]["next"]:
        put_inside(answer, "links", next=f"http://127.0.0.1:1{answer.members['links']['next']}")


@breaks("P-221", laws="PAGE-06 SCHEMA-03 PAGE-01", statuses=(200,))
def the_link_to_itself_leads_to_the_first_page(request: Request, answer: Answer) -> None:
    """The link of a page to itself leads to the first page."""
    if shows(request, answer, "links"):
        put_inside(answer, "links", self=answer.members["links"]["first"])


@breaks("P-222", laws="PAGE-06 SCHEMA-03", statuses=(200,))
def the_last_page_of_nothing_is_page_zero(request: Request, answer: Answer) -> None:
    """The link to the last page of an empty list leads to page 0."""
    if shows(request, answer, "links") and not answer.members["pagination"]["total_items"]:
        put_inside(answer, "links", last=f"{request.path}?page=0")


@breaks("P-166", laws="PAGE-06", statuses=(200,))
def the_header_has_other_links_than_the_content(request: Request, answer: Answer) -> None:
    """The link to the next page in Link has no filter."""
    answer.edit("link", r"&?(author|q|genre)=[^&>]*", "")
