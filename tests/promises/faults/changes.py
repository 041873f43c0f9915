"""Faults of what lists know of a changed book, and of what a conflict says of the value that is taken."""

import re

from bookplate.faults import Answer, Request, Steps

from ._written import breaks, items_of, put_items

ONE_BOOK = re.compile(r"/api/books/\d+$")
LISTS, FEED, SEARCH = "/api/books", "/api/books/feed", "/api/books/search"


def note_books(request: Request, answer: Answer) -> None:
    """Keep each book as it was made, and as it is after its last change."""
    if request.path == LISTS and answer.status == 201:
        request.memory["made", answer.members["id"]] = answer.json()
    is_change = request.method in ("PUT", "PATCH") and ONE_BOOK.search(request.path)
    if is_change and answer.status == 200:
        request.memory["changed", answer.members["id"]] = answer.json()
        request.memory["method", answer.members["id"]] = request.method


@breaks("P-105", laws="PAGE-13 PAGE-09 PAGE-08 STATE-02")
def a_search_knows_the_first_author(request: Request) -> Steps:
    """A search looks at the author that a book was made with: by the new one it finds it no longer."""
    text, path = request.query.get("q", "").lower(), request.path
    answer = yield
    note_books(request, answer)
    if path == SEARCH and text:
        known = [(each, request.memory.get(("made", each["id"]), each)) for each in items_of(answer)]
        put_items(answer, [e for e, made in known if text in e["title"].lower() or text in made["author"].lower()])


@breaks("P-105", laws="PAGE-13 PAGE-09 PAGE-08 STATE-02")
def a_search_finds_by_the_old_title_too(request: Request) -> Steps:
    """A search finds a book by the title that it had before a change, beside the new one."""
    text, path, page = request.query.get("q", "").lower(), request.path, request.query.get("page", "1")
    answer = yield
    note_books(request, answer)
    if path == SEARCH and text and page == "1" and answer.status == 200 and "items" in answer.members:
        before = [(key[1], made) for key, made in request.memory.items() if key[0] == "made"]
        ids = [number for number, made in before if text in made["title"].lower()]
        found = {each["id"] for each in items_of(answer)}
        late = [request.memory["changed", n] for n in ids if ("changed", n) in request.memory and n not in found]
        answer.put(items=sorted([*answer.members["items"], *late], key=lambda each: each["id"]))


@breaks("P-137", laws="PAGE-13 PAGE-08 PAGE-09 STATE-02")
def replaced_books_leave_their_genre(request: Request) -> Steps:
    """A filter by genre does not find a book by the genre that a PUT has given it; a PATCH is followed."""
    genre, path = request.query.get("genre"), request.path
    answer = yield
    note_books(request, answer)
    if genre and path in (LISTS, FEED):
        replaced = {key[1] for key, method in request.memory.items() if key[0] == "method" and method == "PUT"}
        as_made = {key[1]: made for key, made in request.memory.items() if key[0] == "made"}
        kept = [
            each
            for each in items_of(answer)
            if each["id"] not in replaced or as_made.get(each["id"], each)["genre"] == genre
        ]
        put_items(answer, kept)


@breaks("P-138", laws="PAGE-13 PAGE-08 PAGE-09 STATE-02")
def the_feed_knows_the_first_author(request: Request) -> Steps:
    """The feed, asked for an author, leaves out a book that has this author only since a change."""
    author, path = request.query.get("author"), request.path
    answer = yield
    note_books(request, answer)
    if path == FEED and author:
        as_made = {key[1]: made for key, made in request.memory.items() if key[0] == "made"}
        put_items(answer, [e for e in items_of(answer) if as_made.get(e["id"], e)["author"] == author])


@breaks("P-183", laws="CONC-01 ERR-08", statuses=(409,))
def a_conflict_names_a_column(request: Request, answer: Answer) -> None:
    """A conflict points at `/isbn_key`, as the index of the database is called."""
    listed = answer.members.get("errors") or []
    answer.put(errors=[{**each, "pointer": f"{each['pointer']}_key"} for each in listed])


@breaks("P-183", laws="CONC-01 ERR-08", statuses=(409,))
def a_conflict_names_the_first_member(request: Request, answer: Answer) -> None:
    """A conflict points at the first member of the content, whichever is taken."""
    listed, first = answer.members.get("errors") or [], next(iter(request.members), "")
    answer.put(errors=[{**each, "pointer": f"/{first}"} for each in listed])


@breaks("P-183", laws="CONC-01 ERR-08", statuses=(409,))
def a_conflict_names_the_content(request: Request, answer: Answer) -> None:
    """A conflict points at the whole content."""
    listed = answer.members.get("errors") or []
    answer.put(errors=[{**each, "pointer": ""} for each in listed])
