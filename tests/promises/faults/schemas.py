"""Faults of the keys of schemas: each kind of key, in what is answered and in what is sent."""

import re
from typing import Any

from bookplate.faults import SUCCESS, Answer, Request

from ._written import breaks, put_inside, put_member

TEXTS = ("title", "author", "username", "display_name")


@breaks("answer content: enum", laws="SCHEMA-03")
def answers_have_a_value_that_is_not_listed(request: Request, answer: Answer) -> None:
    """The genre of a book is one that the document does not list."""
    put_member(answer, "genre", lambda genre: "poetry")


@breaks("answer content: pattern", laws="SCHEMA-03")
def answers_break_a_pattern(request: Request, answer: Answer) -> None:
    """The title of a book ends with a space."""
    put_member(answer, "title", lambda title: f"{title} ")


@breaks("answer content: minimum", laws="SCHEMA-03")
def answers_are_below_a_minimum(request: Request, answer: Answer) -> None:
    """The id of an owner is 0."""
    put_member(answer, "owner_id", lambda owner: 0)


@breaks("answer content: maximum", laws="SCHEMA-03")
def answers_are_above_a_maximum(request: Request, answer: Answer) -> None:
    """The year of a book is 3000."""
    put_member(answer, "published_year", lambda year: 3000)


@breaks("answer content: maxLength", laws="SCHEMA-03")
def answers_are_too_long(request: Request, answer: Answer) -> None:
    """The author of a book is longer than its schema says."""
    put_member(answer, "author", lambda author: "a" * 101)


@breaks("answer content: minLength", laws="SCHEMA-03")
def answers_are_too_short(request: Request, answer: Answer) -> None:
    """The author of a book is an empty text."""
    put_member(answer, "author", lambda author: "")


@breaks("answer content: maxItems", laws="SCHEMA-03", statuses=SUCCESS)
def answers_have_too_many_items(request: Request, answer: Answer) -> None:
    """A page has more items than its schema says."""
    items = answer.members.get("items")
    if items:
        answer.put(items=(items * 101)[:101])


@breaks("answer content: required", laws="SCHEMA-03")
def answers_lack_a_required_member(request: Request, answer: Answer) -> None:
    """A book has no price."""
    if "price" in answer.members and answer.status < 300:
        answer.take("price")


@breaks("answer content: nullable", laws="SCHEMA-03")
def answers_are_null_where_they_may_not(request: Request, answer: Answer) -> None:
    """The author of a book is null."""
    put_member(answer, "author", lambda author: None)


@breaks("answer content: format date-time", laws="SCHEMA-03")
def answers_have_no_time(request: Request, answer: Answer) -> None:
    """A time is no time of RFC 3339."""
    put_member(answer, "created_at", lambda time: "2026-13-45T99:00:00Z")


@breaks("answer content: format email", laws="SCHEMA-03")
def answers_have_no_email(request: Request, answer: Answer) -> None:
    """The email of an account is none."""
    put_member(answer, "email", lambda email: "nobody")


@breaks("answer content: format uri-reference", laws="SCHEMA-03", statuses=SUCCESS)
def answers_have_no_reference(request: Request, answer: Answer) -> None:
    """The link to the page before is no reference."""
    put_inside(answer, "links", prev="/a b<>")


@breaks("answer content: format int32", laws="SCHEMA-03")
def answers_have_a_fraction(request: Request, answer: Answer) -> None:
    """The year of a book is a number with a fraction."""
    put_member(answer, "published_year", lambda year: 1965.5)


@breaks("answer content: format int64", laws="SCHEMA-03")
def answers_have_ids_of_65_bits(request: Request, answer: Answer) -> None:
    """The id of an owner is larger than 64 bits can hold."""
    put_member(answer, "owner_id", lambda owner: 2**64)


@breaks("answer content: format username", laws="SCHEMA-03")
def answers_have_no_username(request: Request, answer: Answer) -> None:
    """The username of an account has a space in it."""
    put_member(answer, "username", lambda username: f"{username} {username}")


@breaks("answer content: format decimal", laws="SCHEMA-03")
def answers_have_no_decimal(request: Request, answer: Answer) -> None:
    """The price of a book is written with an exponent."""
    put_member(answer, "price", lambda price: "1e1")


@breaks("answer content: multipleOf", laws="SCHEMA-03", statuses=SUCCESS)
def answers_have_half_a_decade(request: Request, answer: Answer) -> None:
    """A decade begins with a year that ends in 5."""
    if answer.members.get("decades"):
        answer.put(decades=[{"decade": 1965, "books": 1}])


@breaks("answer content: oneOf", laws="SCHEMA-03")
def answers_match_no_alternative(request: Request, answer: Answer) -> None:
    """The genre of a book is a number."""
    put_member(answer, "genre", lambda genre: 7)


@breaks("answer content: minItems", laws="SCHEMA-03 ERR-01", statuses=(400, 422))
def errors_are_an_empty_list(request: Request, answer: Answer) -> None:
    """The list of errors of a problem is empty."""
    if answer.members.get("errors"):
        answer.put(errors=[])


@breaks("header: pattern", laws="SCHEMA-03", statuses=SUCCESS)
def request_ids_are_short(request: Request, answer: Answer) -> None:
    """X-Request-Id is shorter than its pattern says."""
    answer.headers["x-request-id"] = "7"


@breaks("header: maximum", "header: minimum", laws="SCHEMA-03 RATE-02", statuses=(429,))
def retry_after_is_zero(request: Request, answer: Answer) -> None:
    """Retry-After is 0."""
    answer.headers["retry-after"] = "0"


def each_text(request: Request, change: Any) -> None:
    """Change each text of the content of a request before it is judged."""
    members = request.members
    changed = {
        name: change(value) if name in TEXTS and isinstance(value, str) else value for name, value in members.items()
    }
    if changed != members:
        request.rewrite(changed)


@breaks("request content: maxLength", laws="SCHEMA-06 SCHEMA-04 ROBUST-05")
def long_texts_are_cut(request: Request) -> None:
    """A text that is too long is cut and not refused."""
    each_text(request, lambda text: text[:50])


@breaks("request content: minLength", laws="SCHEMA-06 SCHEMA-04")
def empty_texts_are_filled(request: Request) -> None:
    """An empty text is taken for an unknown one and not refused."""
    each_text(request, lambda text: text or "unknown")


@breaks("request content: minimum", "request content: maximum", laws="SCHEMA-06 SCHEMA-04")
def years_are_moved_into_range(request: Request) -> None:
    """A year out of range is moved into it and not refused."""
    year = request.members.get("published_year")
    if isinstance(year, int):
        request.put(published_year=min(max(year, 1000), 2100))


@breaks("request content: additionalProperties", laws="SCHEMA-06 SCHEMA-04 AUTHZ-06 ROBUST-02")
def unknown_members_are_dropped(request: Request) -> None:
    """A member that the document does not have is ignored and not refused."""
    known = {"title", "author", "isbn", "published_year", "genre", "price"}
    if request.path.startswith("/api/books") and request.members:
        request.rewrite({name: value for name, value in request.members.items() if name in known})


@breaks("request content: required", laws="SCHEMA-06 SCHEMA-04 ROBUST-02")
def missing_members_are_made_up(request: Request) -> None:
    """A book without a price costs nothing, and is not refused."""
    if request.method in ("POST", "PUT") and request.path.startswith("/api/books") and request.members:
        request.rewrite({"price": "0.00"} | request.members)


@breaks("request content: enum", laws="SCHEMA-06 SCHEMA-04")
def unlisted_values_are_the_first_one(request: Request) -> None:
    """A genre that the document does not list is taken for fiction."""
    genre = request.members.get("genre")
    if isinstance(genre, str) and genre not in ("fiction", "non_fiction", "science", "history"):
        request.put(genre="fiction")


@breaks("request content: type", laws="SCHEMA-06 SCHEMA-04 ROBUST-02 ERR-04")
def numbers_are_taken_as_texts(request: Request) -> None:
    """A title that is a number is taken for a text."""
    title = request.members.get("title")
    if isinstance(title, int | float):
        request.put(title=f"{title}")


@breaks("request content: pattern", laws="SCHEMA-06 SCHEMA-04")
def prices_are_mended(request: Request) -> None:
    """A price that is written in another form is taken for 1.00."""
    price = request.members.get("price")
    if isinstance(price, str):
        whole, _, places = price.partition(".")
        is_right = whole.isdigit() and len(places) == 2 and places.isdigit()
        request.put(price=price if is_right else "1.00")


@breaks("request content: nullable", laws="SCHEMA-06 SCHEMA-04")
def null_is_an_empty_text(request: Request) -> None:
    """A title that is null is taken for an unknown one."""
    if "title" in request.members and request.members["title"] is None:
        request.put(title="unknown")


@breaks("request content: format email", laws="SCHEMA-06 SCHEMA-04", statuses=(422,))
def emails_need_no_host(request: Request, answer: Answer) -> None:
    """An email without a host is taken."""
    if request.path.endswith("/register") and "/email" in str(answer.members.get("errors")):
        answer.become(201, {})


@breaks("request content: oneOf", laws="SCHEMA-06 SCHEMA-04")
def genres_of_no_alternative_are_unsaid(request: Request) -> None:
    """A genre that is no text is taken for none."""
    if "genre" in request.members and not isinstance(request.members["genre"], str):
        request.put(genre=None)


@breaks("request content: format int32", laws="SCHEMA-06 SCHEMA-04 ROBUST-05")
def years_are_cut_to_32_bits(request: Request) -> None:
    """Of a year that is too large for 32 bits the lower 32 are taken."""
    year = request.members.get("published_year")
    if isinstance(year, int) and year >= 2**31:
        request.put(published_year=year % 2**32)


@breaks("request content: format decimal", laws="SCHEMA-06 SCHEMA-04")
def prices_may_have_an_exponent(request: Request) -> None:
    """A price that is written with an exponent is taken for the amount."""
    price = request.members.get("price")
    if isinstance(price, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?[eE][0-9]", price):
        request.put(price=f"{float(price):.2f}")


@breaks("request content: format username", laws="SCHEMA-06 SCHEMA-04")
def usernames_lose_other_characters(request: Request) -> None:
    """What no username has is left out of one, and not refused."""
    username = request.members.get("username")
    if isinstance(username, str):
        request.put(username=re.sub(r"[^A-Za-z0-9_-]", "", username))


@breaks("parameter: enum", laws="SCHEMA-06 SCHEMA-04")
def unlisted_parameters_are_ignored(request: Request) -> None:
    """A sort that the document does not list is ignored."""
    if request.query.get("sort", "").lstrip("-") not in ("title", "author", "published_year", "price", "created_at"):
        request.query.pop("sort", None)


@breaks("parameter: minimum", "parameter: maximum", laws="SCHEMA-06 SCHEMA-04 PAGE-03")
def years_to_filter_by_are_moved_into_range(request: Request) -> None:
    """A year to filter by that is out of range is moved into it."""
    year = request.query.get("year_from", "")
    if year.lstrip("-").isdigit():
        request.query["year_from"] = str(min(max(int(year), 1000), 2100))


@breaks("parameter: required", laws="SCHEMA-06 SCHEMA-04")
def a_search_needs_no_text(request: Request) -> None:
    """A search without a text finds everything."""
    if request.path.endswith("/search"):
        request.query.setdefault("q", "a")


@breaks("parameter: maxLength", laws="SCHEMA-06 SCHEMA-04 ROBUST-05")
def long_parameters_are_cut(request: Request) -> None:
    """A text to look for that is too long is cut."""
    if "q" in request.query:
        request.query["q"] = request.query["q"][:100]


@breaks("parameter: minLength", laws="SCHEMA-06 SCHEMA-04")
def empty_parameters_are_ignored(request: Request) -> None:
    """An empty text to look for finds everything."""
    if request.query.get("q") == "":
        request.query["q"] = "a"


@breaks("parameter: type", laws="SCHEMA-06 SCHEMA-04")
def words_for_a_truth_value_are_taken(request: Request) -> None:
    """nocache=yes is read as true."""
    if request.query.get("nocache", "true") not in ("true", "false"):
        request.query["nocache"] = "true"


@breaks("parameter: pattern", laws="SCHEMA-06 SCHEMA-04")
def authors_to_filter_by_are_trimmed(request: Request) -> None:
    """White space at the ends of an author to filter by is removed."""
    if "author" in request.query:
        request.query["author"] = request.query["author"].strip()


@breaks("parameter: format int32", laws="SCHEMA-06 SCHEMA-04")
def years_to_filter_by_are_cut_to_32_bits(request: Request) -> None:
    """Of a year to filter by that is too large for 32 bits the lower 32 are taken."""
    for name in ("year_from", "year_to"):
        year = request.query.get(name, "")
        if year.isdigit() and int(year) >= 2**31:
            request.query[name] = str(int(year) % 2**32)


@breaks("parameter: format int64", laws="SCHEMA-04 ROBUST-05 STATE-06")
def ids_are_cut_to_64_bits(request: Request) -> None:
    """Of an id that is too large for 64 bits the lower 64 are taken."""
    start, _, last = request.path.rpartition("/")
    if last.isdigit() and int(last) >= 2**63:
        request.path = f"{start}/{int(last) % 2**64}"


@breaks("parameter: format idempotency-key", laws="SCHEMA-06 SCHEMA-04 ROBUST-08 CONC-05")
def keys_lose_their_spaces(request: Request) -> None:
    """Spaces are left out of an Idempotency-Key, and not refused."""
    if "idempotency-key" in request.headers:
        request.headers["idempotency-key"] = request.headers["idempotency-key"].replace(" ", "")


@breaks("parameter: default", laws="PAGE-02")
def pages_have_ten_items_by_default(request: Request) -> None:
    """A page without a size has ten items."""
    if request.path in ("/api/books", "/api/books/search", "/api/users") and request.method == "GET":
        request.query.setdefault("per_page", "10")
