"""What each operation does, once a request has passed the checks."""

import datetime
import json
from collections.abc import Callable
from typing import Any

from . import books, caller, pages, preconditions
from .accounts import Account
from .books import Book
from .messages import Answer, Fault, Refused
from .service import Call, Service, invalid, refuse_late

HANDLERS: dict[str, Callable[[Service, Call], Answer]] = {}
PRIVATE = "private, no-store"
PUBLIC = "public, no-cache"
BRIEF = "public, max-age=60"


def operation(handler: Callable[[Service, Call], Answer]) -> Callable[[Service, Call], Answer]:
    """Enter a handler under the name of its operation."""
    HANDLERS[handler.__name__] = handler
    return handler


def time_of(service: Service) -> str:
    moment = datetime.datetime.fromtimestamp(service.now(), datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# Accounts and sessions


@operation
def register_user(service: Service, call: Call) -> Answer:
    refuse_taken(service, call.content)
    account = service.accounts.add(call.content, time_of(service))
    answer = shown_account(account, status=201)
    answer.fields["Location"] = f"{service.contract.base_path}/users/{account.id}"
    return answer


def refuse_taken(service: Service, told: dict[str, Any], but: int = 0) -> None:
    found = [Fault(f"/{name}", "taken", "Another account has it.") for name in service.accounts.taken(told, but)]
    if found:
        raise Refused(409, "conflict", "A value that must be unique is taken: see errors.", *found)


def shown_account(account: Account, status: int = 200) -> Answer:
    return Answer.of(status, account.shown(), ETag=account.tag, Cache_Control=PRIVATE)


@operation
def log_in(service: Service, call: Call) -> Answer:
    policy = service.contract.policies["log-in-account"]
    key = call.content["email"].lower()
    count = service.windows.look(policy, key, policy.limit(""))
    if count.is_refused:
        call.counts.append(count)
        refuse_late(call.counts)
    account = service.accounts.of_email(key)
    if account is None or not account.active or not account.has_password(call.content["password"]):
        call.counts.append(service.windows.spend(policy, key, policy.limit("")))
        raise caller.bad_credentials("invalid_credentials")
    call.counts.append(count)
    return issued(service, account, service.accounts.open_session(account.id, service.now()).id)


def issued(service: Service, account: Account, session: str) -> Answer:
    now = service.now()
    opened = service.accounts.sessions[session]
    told = {
        "access_token": service.tokens.issue(account.id, session, now),
        "token_type": "Bearer",
        "expires_in": 600,
        "refresh_token": opened.refresh,
        "refresh_expires_in": max(1, int(opened.ends - now)),
    }
    return Answer.of(200, told, Cache_Control=PRIVATE)


@operation
def refresh_tokens(service: Service, call: Call) -> Answer:
    session = service.accounts.rotated(call.content["refresh_token"], service.now())
    if session is None:
        raise caller.bad_credentials("invalid_refresh_token")
    return issued(service, service.accounts.by_id[session.account], session.id)


@operation
def log_out(service: Service, call: Call) -> Answer:
    assert call.caller is not None
    del service.accounts.sessions[call.caller.session.id]
    return Answer(204)


@operation
def list_users(service: Service, call: Call) -> Answer:
    query = asked(call, "role", "tier")
    wanted = [each for each in service.accounts.by_id.values() if is_like(vars(each), query, "role", "tier")]
    return shown_page(service, call, query, [each.shown() for each in wanted], Cache_Control=PRIVATE)


@operation
def get_me(service: Service, call: Call) -> Answer:
    return shown_account(call.account)


@operation
def update_me(service: Service, call: Call) -> Answer:
    told = call.content
    account = call.account
    assert call.caller is not None
    if "password" in told and not account.has_password(told.get("current_password", "")):
        raise invalid(Fault("/current_password", "wrong", "A new password needs the one that is good now."))
    precondition(call, account.tag)
    refuse_taken(service, told, account.id)
    change(service, account, {name: told[name] for name in ("email", "username", "display_name") if name in told})
    if "password" in told:
        account.set_password(told["password"])
        service.accounts.end_sessions(account.id, but=call.caller.session.id)
    return shown_account(account)


def change(service: Service, account: Account, told: dict[str, Any]) -> None:
    """Change what is named; what changes nothing makes no new version."""
    if all(getattr(account, name) == value for name, value in told.items()):
        return
    for name, value in told.items():
        setattr(account, name, value)
    account.version += 1
    account.updated_at = time_of(service)


def precondition(call: Call, tag: str) -> None:
    preconditions.require(call.request.field("if-match"), tag)


@operation
def delete_me(service: Service, call: Call) -> Answer:
    precondition(call, call.account.tag)
    return deleted(service, call.account)


def deleted(service: Service, account: Account) -> Answer:
    service.accounts.remove(account.id)
    service.books.remove_of(account.id)
    for key in [each for each in service.replays if each[0] == account.id]:
        del service.replays[key]
    return Answer(204)


def found_account(service: Service, call: Call) -> Account:
    account = service.accounts.by_id.get(call.values["user_id"])
    if account is None:
        raise absent()
    return account


def absent() -> Refused:
    return Refused(404, "not_found", "There is nothing at this address.")


@operation
def get_user(service: Service, call: Call) -> Answer:
    account = found_account(service, call)
    if call.account.role != "admin" and call.account.id != account.id:
        raise absent()
    return shown_account(account)


@operation
def update_user(service: Service, call: Call) -> Answer:
    account = found_account(service, call)
    precondition(call, account.tag)
    change(service, account, call.content)
    if not account.active:
        service.accounts.end_sessions(account.id)
    return shown_account(account)


@operation
def delete_user(service: Service, call: Call) -> Answer:
    account = found_account(service, call)
    precondition(call, account.tag)
    return deleted(service, account)


# Books


def asked(call: Call, *names: str) -> dict[str, Any]:
    """Return the page that is asked for, with the parameters that links repeat."""
    repeated = ("sort", *names, "per_page")
    return {name: call.values.get(name) for name in repeated} | {"page": call.values["page"]}


def is_like(shown: dict[str, Any], query: dict[str, Any], *names: str) -> bool:
    return all(query.get(name) is None or shown[name] == query[name] for name in names)


def shown_page(
    service: Service, call: Call, query: dict[str, Any], items: list[dict[str, Any]], **fields: str
) -> Answer:
    path = call.request.target.partition("?")[0]
    told, link = pages.page(path, query, items)
    return Answer.of(200, told, Link=link, **fields)


def cache_status(call: Call) -> str:
    is_bypassed = call.values.get("nocache") and call.caller is not None
    return "bookplate; fwd=request" if is_bypassed else "bookplate; fwd=uri-miss"


def page_of_books(service: Service, call: Call, query: dict[str, Any], wanted: list[Book]) -> Answer:
    shown = [book.shown() for book in books.in_order(wanted, query.get("sort"))]
    return shown_page(service, call, query, shown, Cache_Control=PUBLIC, Cache_Status=cache_status(call))


@operation
def list_user_books(service: Service, call: Call) -> Answer:
    owner = found_account(service, call)
    wanted = [book for book in service.books.by_id.values() if book.owner_id == owner.id]
    return page_of_books(service, call, asked(call), wanted)


@operation
def list_books(service: Service, call: Call) -> Answer:
    query = asked(call, "genre", "author", "year_from", "year_to")
    wanted = [
        book
        for book in service.books.by_id.values()
        if is_like(book.shown(), query, "genre", "author") and is_between(book, query["year_from"], query["year_to"])
    ]
    return page_of_books(service, call, query, wanted)


def is_between(book: Book, first: int | None, last: int | None) -> bool:
    year = book.written["published_year"]
    if first is None and last is None:
        return True
    return year is not None and (first is None or first <= year) and (last is None or year <= last)


@operation
def search_books(service: Service, call: Call) -> Answer:
    query = asked(call, "q")
    text = query["q"].casefold()
    wanted = [
        book
        for book in service.books.by_id.values()
        if any(text in book.written[name].casefold() for name in ("title", "author"))
    ]
    return page_of_books(service, call, query, wanted)


@operation
def list_books_feed(service: Service, call: Call) -> Answer:
    wanted = [book for book in service.books.by_id.values() if is_like(book.shown(), call.values, "genre", "author")]
    told = service.cursors.walk(wanted, call.values)
    return Answer.of(200, told, Cache_Control=PUBLIC, Cache_Status=cache_status(call))


@operation
def list_popular_books(service: Service, call: Call) -> Answer:
    ranked = sorted(service.books.by_id.values(), key=lambda book: (-service.books.views[book.id], book.id))
    told = [{"book": book.shown(), "views": service.books.views[book.id]} for book in ranked[:10]]
    return Answer.of(200, {"items": told}, Cache_Control=BRIEF, Cache_Status=cache_status(call))


@operation
def get_book_statistics(service: Service, call: Call) -> Answer:
    return Answer.of(200, books.statistics(service.books), Cache_Control=BRIEF, Cache_Status=cache_status(call))


@operation
def create_book(service: Service, call: Call) -> Answer:
    key = call.values["Idempotency-Key"]
    if key is None:
        return added(service, call)
    written = json.dumps(call.content, sort_keys=True)
    earlier = service.replays.get((call.account.id, key))
    if earlier is not None:
        if earlier[0] != written:
            raise Refused(422, "idempotency_key_reused", "This Idempotency-Key was used with other content.")
        first = earlier[1]
        return Answer(first.status, first.content, first.fields | {"Idempotent-Replayed": "true"})
    answer = added(service, call)
    answer.fields["Idempotent-Replayed"] = "false"
    service.replays[call.account.id, key] = (written, Answer(answer.status, answer.content, dict(answer.fields)))
    return answer


def added(service: Service, call: Call) -> Answer:
    told = books.complete(call.content)
    refuse_taken_isbn(service, told)
    book = service.books.add(call.account.id, told, time_of(service))
    location = f"{service.contract.base_path}/books/{book.id}"
    return Answer.of(201, book.shown(), ETag=book.tag, Location=location)


def refuse_taken_isbn(service: Service, told: dict[str, Any], but: int = 0) -> None:
    if service.books.is_taken(told.get("isbn"), but):
        fault = Fault("/isbn", "taken", "Another book has this ISBN.")
        raise Refused(409, "conflict", "A value that must be unique is taken: see errors.", fault)


def found_book(service: Service, call: Call) -> Book:
    book = service.books.by_id.get(call.values["book_id"])
    if book is None:
        raise absent()
    return book


def own_book(service: Service, call: Call) -> Book:
    """Return a book that the caller may write, as the precondition has it; raises Refused."""
    book = found_book(service, call)
    if call.account.role != "admin" and book.owner_id != call.account.id:
        raise Refused(403, "forbidden", "Only the owner may do this.")
    precondition(call, book.tag)
    return book


@operation
def get_book(service: Service, call: Call) -> Answer:
    book = found_book(service, call)
    answer = Answer.of(200, book.shown(), ETag=book.tag, Cache_Control=PUBLIC, Cache_Status=cache_status(call))
    if call.request.method == "GET" and not preconditions.is_known(call.values["If-None-Match"], book.tag):
        service.books.views[book.id] += 1
    return answer


@operation
def replace_book(service: Service, call: Call) -> Answer:
    return saved(service, own_book(service, call), books.complete(call.content))


@operation
def update_book(service: Service, call: Call) -> Answer:
    book = own_book(service, call)
    return saved(service, book, books.complete(book.written | call.content))


def saved(service: Service, book: Book, told: dict[str, Any]) -> Answer:
    refuse_taken_isbn(service, told, book.id)
    if told != book.written:
        book.written = told
        book.version += 1
        book.updated_at = time_of(service)
    return Answer.of(200, book.shown(), ETag=book.tag)


@operation
def delete_book(service: Service, call: Call) -> Answer:
    service.books.remove(own_book(service, call).id)
    return Answer(204)


# The service itself


@operation
def clear_cache(service: Service, call: Call) -> Answer:
    return Answer(204)


@operation
def get_health(service: Service, call: Call) -> Answer:
    components = {"database": "ok", "limiter": "ok", "cache": "ok"}
    return Answer.of(200, {"status": "ok", "components": components}, Cache_Control=PRIVATE)


@operation
def get_liveness(service: Service, call: Call) -> Answer:
    return Answer.of(200, {"status": "ok"}, Cache_Control=PRIVATE)
