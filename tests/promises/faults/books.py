"""Faults of what the document says about books."""

import json
import re

from bookplate.faults import Answer, Request, Steps

from ._written import breaks, caller, put_member

BOOK = re.compile(r"/books/\d+$")


@breaks("P-093", laws="AUTHZ-10 STATE-01 AUTHZ-02 AUTHZ-06")
def books_belong_to_the_first_user(request: Request, answer: Answer) -> None:
    """A new book belongs to the first account, not to the caller."""
    if request.path.startswith("/api/books"):
        put_member(answer, "owner_id", lambda owner: 1)


@breaks("P-094", "P-206", laws="CONC-01", statuses=(409,))
def hyphens_make_another_isbn(request: Request, answer: Answer) -> None:
    """An ISBN that is taken without hyphens is free with them."""
    if "-" in str(request.members.get("isbn")):
        answer.become(201, {})


@breaks("P-095", laws="CONC-05")
def a_replay_shows_the_book_as_it_is(request: Request) -> Steps:
    """A repeated request gets the book as it is now, not the first answer."""
    answer = yield
    if request.method in ("PUT", "PATCH") and answer.status == 200 and BOOK.search(request.path):
        request.memory[answer.members["id"]] = answer.json()
    elif answer.headers.get("idempotent-replayed") == "true" and answer.members.get("id") in request.memory:
        answer.rewrite(request.memory[answer.members["id"]])


@breaks("P-095", laws="CONC-05")
def a_replay_lacks_its_fields(request: Request, answer: Answer) -> None:
    """A repeated request gets the content of the first answer without its Location and ETag."""
    if answer.headers.get("idempotent-replayed") == "true":
        answer.headers.pop("location", None)
        answer.headers.pop("etag", None)


@breaks("P-096", laws="CONC-05", statuses=(409,))
def in_flight_is_unavailable(request: Request, answer: Answer) -> None:
    """A repeated request is answered 503 while the first one is being answered."""
    if answer.members.get("code") == "idempotency_key_in_flight":
        answer.become(503)


@breaks("P-098", laws="CONC-05")
def keys_are_shared_by_callers(request: Request) -> Steps:
    """A key of one caller gets its answer for another caller too."""
    key = request.headers.get("idempotency-key")
    answer = yield
    if key and answer.status == 201:
        answer.repeat(request.memory.setdefault((key, request.body), answer.copy()))


@breaks("P-149", laws="CONC-05")
def keys_are_kept_for_three_requests(request: Request) -> None:
    """A key is forgotten when it was used three times."""
    key = request.headers.get("idempotency-key")
    if key and request.times(key) > 3:
        request.headers.pop("idempotency-key")


@breaks("P-164", laws="CONC-05 SCHEMA-03")
def replays_are_not_marked(request: Request, answer: Answer) -> None:
    """Idempotent-Replayed is missing in the answer to a repeated request."""
    answer.headers.pop("idempotent-replayed", None)


@breaks("P-164", laws="CONC-05 SCHEMA-03", statuses=(201,))
def first_answers_are_marked(request: Request, answer: Answer) -> None:
    """Idempotent-Replayed says true in a first answer."""
    if "idempotency-key" in request.headers:
        answer.headers["idempotent-replayed"] = "true"


@breaks("P-158", laws="STATE-01 CACHE-01", statuses=(201,))
def locations_are_of_the_list(request: Request, answer: Answer) -> None:
    """Location is the path of the list."""
    answer.edit("location", r"/\d+$", "")


@breaks("P-106", "P-107", laws="PAGE-12 SCHEMA-03 CACHE-01 PAGE-02 STATE-06")
def the_least_viewed_come_first(request: Request, answer: Answer) -> None:
    """The most viewed books come last."""
    if request.path.endswith("/popular") and answer.status == 200:
        answer.put(items=answer.members["items"][::-1])


@breaks("P-106", laws="PAGE-12 SCHEMA-03 CACHE-01 PAGE-02")
def three_books_are_popular(request: Request, answer: Answer) -> None:
    """At most three books are shown as the most viewed."""
    if request.path.endswith("/popular") and answer.status == 200:
        answer.put(items=answer.members["items"][:3])


@breaks("P-107", "P-115", laws="STATE-12 SCHEMA-03 CACHE-05 STATE-04")
def views_are_never_counted(request: Request, answer: Answer) -> None:
    """The views of each book stay as they are, however often it is read."""
    if request.path.endswith("/popular") and answer.status == 200:
        answer.put(items=[each | {"views": 1} for each in answer.members["items"]])
    elif request.path.endswith("/statistics") and answer.status == 200:
        answer.put(total_views=1)


@breaks("P-107", "P-115", laws="STATE-12 STATE-04 CACHE-07")
def a_304_is_a_view(request: Request, answer: Answer) -> None:
    """An answer 304 counts as a view."""
    if request.path.endswith("/statistics") and answer.status == 200:
        answer.put(total_views=answer.members["total_views"] + request.memory.get("304", 0))
    elif answer.status == 304 and BOOK.search(request.path):
        request.times("304")


@breaks("P-108", laws="STATE-12 CACHE-01 CACHE-05")
def counts_are_an_hour_old(request: Request, answer: Answer) -> None:
    """The most viewed books are those of the first request."""
    if request.path.endswith("/popular") and answer.status == 200:
        answer.repeat(request.memory.setdefault("popular", answer.copy()))


@breaks("P-112", laws="STATE-12 CACHE-01 CACHE-05")
def statistics_are_those_of_the_beginning(request: Request, answer: Answer) -> None:
    """The counts are those of the first request."""
    if request.path.endswith("/statistics") and answer.status == 200:
        answer.repeat(request.memory.setdefault("statistics", answer.copy()))


@breaks("P-109", laws="CACHE-09 STATE-06 CACHE-01 STATE-03")
def deleted_books_stay_popular(request: Request, answer: Answer) -> None:
    """A deleted book is still shown among the most viewed."""
    if not request.path.endswith("/popular") or answer.status != 200:
        return
    shown = {each["book"]["id"]: each for each in answer.members["items"]}
    known = request.memory.setdefault("popular", {})
    known |= shown
    answer.put(items=[known[each] for each in list(known)[:10]])


@breaks("P-111", laws="STATE-12 SCHEMA-03 CACHE-05 STATE-06 CONC-02")
def one_book_is_counted_twice(request: Request, answer: Answer) -> None:
    """The number of all books is too large by one."""
    if request.path.endswith("/statistics") and answer.status == 200:
        answer.put(total_books=answer.members["total_books"] + 1)


@breaks("P-111", laws="STATE-12 SCHEMA-03 CACHE-05 CONC-02")
def genres_do_not_add_up(request: Request, answer: Answer) -> None:
    """The books of each genre are counted too many by one."""
    if request.path.endswith("/statistics") and answer.status == 200:
        answer.put(genres=[each | {"books": each["books"] + 1} for each in answer.members["genres"]])


@breaks("P-114", laws="STATE-01 STATE-02 CACHE-01")
def another_book_is_read(request: Request) -> None:
    """A read of a book shows the one before it."""
    found = re.search(r"/books/(\d+)$", request.path)
    if found and request.method == "GET" and int(found[1]) > 1:
        request.path = f"/api/books/{int(found[1]) - 1}"


@breaks("P-117", laws="STATE-02")
def put_keeps_the_price(request: Request) -> Steps:
    """PUT replaces every field but the price."""
    if request.method == "PUT" and request.path in request.memory and "price" in request.members:
        request.put(price=request.memory[request.path])
    answer = yield
    if answer.status == 200 and BOOK.search(request.path) and "price" in answer.members:
        request.memory[request.path] = answer.members["price"]


@breaks("P-118", laws="STATE-02")
def what_put_leaves_out_is_empty(request: Request, answer: Answer) -> None:
    """A genre that a PUT leaves out becomes fiction."""
    if BOOK.search(request.path):
        put_member(answer, "genre", lambda genre: genre or "fiction")


@breaks("P-119", laws="COND-01 STATE-02")
def empty_patches_make_a_version(request: Request) -> Steps:
    """A patch that changes nothing gives another ETag."""
    versions = request.memory.setdefault("versions", {})
    if "if-match" in request.headers:
        request.headers["if-match"] = re.sub(r'\+\d+"$', '"', request.headers["if-match"])
    answer = yield
    if request.method == "PATCH" and answer.status == 200:
        versions[request.path] = versions.get(request.path, 0) + 1
    if request.path in versions and "etag" in answer.headers:
        answer.headers["etag"] = f'{answer.headers["etag"][:-1]}+{versions[request.path]}"'


@breaks("P-120", laws="CACHE-01 STATE-03 STATE-06")
def deleted_books_are_shown_to_others(request: Request, answer: Answer) -> None:
    """A deleted book is still shown to callers without a token."""
    if not BOOK.search(request.path) or request.method != "GET":
        return
    if answer.status == 200:
        request.memory[request.path] = answer.copy()
    elif answer.status == 404 and not caller(request) and request.path in request.memory:
        answer.repeat(request.memory[request.path])


@breaks("P-083", "P-197", laws="STATE-07")
def the_last_id_is_given_again(request: Request, answer: Answer) -> None:
    """A new book gets the id of the book that was deleted last."""
    if BOOK.search(request.path) and request.method == "DELETE" and answer.status == 204:
        request.memory["free"] = int(request.path.rpartition("/")[2])
    elif request.path.endswith("/books") and answer.status == 201 and "free" in request.memory:
        answer.put(id=request.memory["free"])


@breaks("P-197", laws="AUTHZ-06 STATE-01")
def the_id_is_taken_from_the_content(request: Request) -> Steps:
    """A new book has the id that its content names."""
    wanted = request.take("id") if request.method == "POST" else None
    answer = yield
    if wanted is not None and answer.status == 201:
        answer.put(id=wanted)


@breaks("P-198", laws="SCHEMA-03", statuses=(200, 201))
def times_are_local(request: Request, answer: Answer) -> None:
    """Times have an offset from UTC."""
    put_member(answer, "created_at", lambda time: str(time).replace("Z", "+02:00"))


@breaks("P-199", laws="SCHEMA-06 SCHEMA-04 ROBUST-05")
def titles_are_trimmed(request: Request) -> None:
    """White space at the ends of a title is removed and not refused."""
    if isinstance(request.members.get("title"), str):
        request.put(title=request.members["title"].strip())


@breaks("P-199", laws="SCHEMA-06 SCHEMA-04 ROBUST-05")
def invisible_characters_are_removed(request: Request) -> None:
    """Bidirectional characters in a title are removed and not refused."""
    title = request.members.get("title")
    if isinstance(title, str):
        request.put(title=re.sub("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", "", title))


@breaks("P-201", laws="STATE-02 STATE-01 STATE-05")
def an_unsaid_genre_is_fiction(request: Request, answer: Answer) -> None:
    """A book whose genre nobody has said is shown as fiction."""
    put_member(answer, "genre", lambda genre: genre or "fiction")


@breaks("P-203", laws="SCHEMA-03")
def prices_have_one_place(request: Request, answer: Answer) -> None:
    """A price has one place."""
    put_member(answer, "price", lambda price: str(price)[:-1])


@breaks("P-203", laws="STATE-01 STATE-02 ROBUST-05")
def prices_are_rounded(request: Request, answer: Answer) -> None:
    """A price is rounded to whole units."""
    put_member(answer, "price", lambda price: f"{str(price).partition('.')[0]}.00")


@breaks("P-206", laws="SCHEMA-06 SCHEMA-04 ROBUST-05", statuses=(422,))
def check_digits_are_not_looked_at(request: Request, answer: Answer) -> None:
    """An ISBN with a wrong check digit is taken."""
    pointers = [each["pointer"] for each in answer.members.get("errors") or []]
    has_the_form = re.fullmatch(r"(97[89]-?)?([0-9]-?){9}[0-9Xx]", str(request.members.get("isbn")))
    if request.path.endswith("/books") and pointers == ["/isbn"] and has_the_form:
        answer.become(201, {})


@breaks("P-207", laws="STATE-05 SCHEMA-03 CONC-01", statuses=(200, 201))
def isbns_are_shown_as_sent(request: Request, answer: Answer) -> None:
    """A book shows its ISBN as it was sent."""
    if request.members.get("isbn") and "isbn" in answer.members:
        answer.put(isbn=request.members["isbn"])


@breaks("P-080", laws="STATE-02")
def patches_reset_the_genre(request: Request) -> None:
    """A patch that does not name the genre removes it."""
    if request.method == "PATCH" and BOOK.search(request.path) and request.members:
        request.rewrite({"genre": None} | request.members)


@breaks("P-080", laws="ERR-04 STATE-02 ROBUST-05 SCHEMA-04")
def a_patch_is_stored_before_it_is_refused(request: Request) -> Steps:
    """Of a patch with an unknown member the others are stored."""
    known = {"title", "author", "isbn", "published_year", "genre", "price"}
    members = request.members
    if request.method == "PATCH" and BOOK.search(request.path) and members:
        request.body = json.dumps({name: value for name, value in members.items() if name in known}).encode()
    answer = yield
    if request.method == "PATCH" and set(members) - known and answer.status == 200:
        answer.become(422)
