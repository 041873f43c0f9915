"""The envelope of a list agrees with itself whatever the numbers are, and a walk meets every book once."""

from urllib.parse import parse_qsl, urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from impl.representation.pagination import Here, envelope

from ..people import Person, add_book, isbn_13, unused_name
from ..wire import Client

pages = st.integers(1, 2**31 - 1) | st.integers(1, 30)
sizes = st.integers(1, 100)
totals = st.integers(0, 10**6) | st.integers(0, 300)
queries = st.dictionaries(st.sampled_from(["genre", "author", "sort"]), st.text(min_size=1, max_size=20))


@given(totals, pages, sizes, queries)
@settings(derandomize=True, database=None, deadline=None, max_examples=300)
def test_envelope_agrees_with_itself(total: int, page: int, size: int, query: dict[str, str]) -> None:
    """Flags, numbers and links say the same, and no number leads outside the list."""
    result = envelope([], total, page, size, Here("/api/books", "/api", query))
    about, links = result["pagination"], result["links"]
    last = max(about["total_pages"], 1)

    assert about["total_pages"] == -(-total // size)
    assert about["has_next"] is (about["next_page"] is not None) is (links["next"] is not None)
    assert about["has_prev"] is (about["prev_page"] is not None) is (links["prev"] is not None)
    assert about["has_next"] is (page < last)
    assert about["has_prev"] is (page > 1)
    assert about["next_page"] in (None, page + 1)
    assert about["prev_page"] == (None if page == 1 else min(page - 1, last))
    assert numbers(links) == {"self": page, "first": 1, "last": last} | {
        name: about[f"{name}_page"] for name in ("next", "prev") if links[name]
    }


def numbers(links: dict[str, str | None]) -> dict[str, int]:
    """Return the page that each link leads to."""
    return {name: int(dict(parse_qsl(urlsplit(link).query))["page"]) for name, link in links.items() if link}


@given(queries, sizes)
@settings(derandomize=True, database=None, deadline=None, max_examples=150)
def test_links_keep_the_query(query: dict[str, str], size: int) -> None:
    """Each link is a path with the filters and the order of the request, percent-encoded."""
    links = envelope([], 1000, 2, size, Here("/api/books", "/api", query))["links"]

    for link in links.values():
        assert link is None or link.startswith("/api/books?")
        parsed = dict(parse_qsl(urlsplit(link or "").query, keep_blank_values=True, errors="strict"))
        assert link is None or {name: parsed[name] for name in query} == query
        assert link is None or parsed["per_page"] == str(size)
        assert not set("<>\r\n ") & set(link or "")


def test_walk_meets_every_book_once(client: Client, person: Person) -> None:
    """Following `next` from the first page meets every matching book once, in the order that was asked for."""
    author = unused_name("author")
    years = [2001, None, 1999, 2001, None, 2000, 1999]
    added = [add_book(person.client, author=author, published_year=year).json() for year in years]
    target, met = f"/api/books?author={author}&sort=-published_year&per_page=2", []
    while target:
        page = client.ask("GET", target).json()
        met += page["items"]
        target = page["links"]["next"]
    order = sorted(added, key=lambda each: (each["published_year"] is None, -(each["published_year"] or 0), each["id"]))

    assert met == order


def test_page_beyond_the_last_is_empty(client: Client, person: Person) -> None:
    """Beyond the last page there is nothing, and before it stands the last."""
    author = unused_name("author")
    for _ in range(3):
        add_book(person.client, author=author)
    page = client.ask("GET", f"/api/books?author={author}&per_page=2&page=9").json()

    assert (page["items"], page["pagination"]["total_items"]) == ([], 3)
    assert (page["pagination"]["prev_page"], page["links"]["next"]) == (2, None)


def test_empty_list_has_a_first_and_no_second_page(client: Client) -> None:
    """An empty list has no pages, and its last link is its first page."""
    answer = client.ask("GET", f"/api/books?author={unused_name('author')}")
    page = answer.json()

    assert (page["items"], page["pagination"]["total_pages"]) == ([], 0)
    assert page["links"]["last"] == page["links"]["first"] == page["links"]["self"]


def test_link_field_says_what_the_content_says(client: Client, person: Person) -> None:
    """The Link field holds the links of the content (RFC 8288)."""
    for _ in range(3):
        add_book(person.client)
    answer = client.ask("GET", "/api/books?per_page=1&page=2")
    links = {name: link for name, link in answer.json()["links"].items() if link}

    assert answer.header("Link") == ", ".join(f'<{link}>; rel="{name}"' for name, link in links.items())
    assert set(links) == {"self", "first", "last", "next", "prev"}


def test_text_is_ordered_by_code_point(client: Client, person: Person) -> None:
    """Titles are ordered by code point, whatever the language."""
    author, titles = unused_name("author"), ["b", "B", "ä", "Z", "a", "é", "e", "\U0001f600", "ﬀ", "10", "9"]
    for number, title in enumerate(titles):
        add_book(person.client, author=author, title=title, isbn=isbn_13(200_000_000 + number))
    items = client.ask("GET", f"/api/books?author={author}&sort=title").json()["items"]

    assert [each["title"] for each in items] == sorted(titles)
