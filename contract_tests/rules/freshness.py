"""Freshness: what may be kept, for how long, and that it is as good as new."""

import json

from ..accounts import told
from ..document import Document
from ..exchange import Exchange
from ..fault import Answer, Request, Steps
from ..operation import Operation, is_creator
from ..pointer import look_up
from ..rule import Violation, experiment, invariant
from ..shelf import Shelf, Visit
from ..surfaces import directives, lifetime, reading

SAME = ("content-type", "content-language", "cache-control", "vary", "link", "etag")
EACH = {"age", "date", "cache-status"}


def may_fail_or_make(operation: Operation) -> bool:
    return is_creator(operation) or (operation.method == "GET" and bool({"401", "404"} & operation.responses.keys()))


@invariant(
    "CACHE-02", source="RFC 9111, section 3.5; x-access", applies=lambda each: each.secured and bool(each.access)
)
def guarded_answers_are_not_shared(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """What not everybody may get is not for shared caches: neither `public` nor `s-maxage`, nor bare `must-revalidate`."""
    said = directives(exchange).keys() if operation else set()
    opens = {"public", "s-maxage"} | (set() if {"private", "no-store"} & said else {"must-revalidate"})
    if shared := sorted(opens & said):
        raise Violation(f"Cache-Control has {shared[0]}", expected="nothing that lets others have it")


@experiment("CACHE-04", source="RFC 9111, section 3; RFC 9110, section 9.3.3", applies=may_fail_or_make)
def errors_are_not_kept(operation: Operation, shelf: Shelf) -> str:
    """
    An error is no answer to a later request that is in order, nor may be used for a while, and two equal POSTs are two.

    Who came with a bad token, or for what was not made yet, comes again with a good one, or once it is made.
    """
    if operation.method == "POST":
        return two_posts_are_two(shelf, operation)
    visit, said = reading(shelf, operation), ""
    caller = visit.caller if operation.secured else None
    bad, good = {"Authorization": "Bearer of-nothing"}, caller.headers() if caller else {}
    errors = [shelf.ask(visit, None, bad) for _ in "12" if "401" in operation.responses]
    after = [shelf.ask(visit, caller)]
    if visit.item and not visit.item.creator.auth_role and "404" in operation.responses:
        found = shelf.arguments(operation, visit.item).items()
        coming = {name: value + 1 for name, value in found if isinstance(value, int)}
        errors += [shelf.client.call(operation, arguments=coming, headers=good) for _ in "12"]
        made = shelf.plant(visit.item.creator, visit.item.owner)
        after.append(shelf.ask(Visit(operation, visit.caller, made), caller))
        said = "" if shelf.arguments(operation, made) == coming else "ids cannot be guessed: no 404 came before"
    for answer in (*errors, *after):
        declares = "Cache-Control" in operation.responses.get(str(answer.status), {}).get("headers", {})
        if (answer.status >= 400 and lifetime(answer) and not declares) or (answer in after and answer.status != 200):
            observed = f"{'after' if answer in after else 'kept for a while:'} an error: {told(answer)}"
            raise Violation(observed, expected="no error kept", exchanges=[*errors, *after])
    return said


def two_posts_are_two(shelf: Shelf, creator: Operation) -> str:
    """Send one creation twice, and see two items."""
    first = shelf.plant(creator, shelf.accounts.a)
    parent = shelf.subject(creator) if creator.path_parameters else None
    again = shelf.call(Visit(creator, first.owner, parent), body=json.loads(first.made.request_body))
    places = shelf.pointers(creator).values()
    if again.status == 201 and all(look_up(again.json(), at) == look_up(first.value, at) for at in places):
        raise Violation("two equal POSTs are answered with one item", expected="two", exchanges=[first.made, again])
    return "" if again.status == 201 else f"nothing can be made twice: {told(again)}"


@experiment("CACHE-05", source="RFC 9111, sections 4 and 5.2; x-cache", applies=lambda each: each.cache is not None)
def kept_answers_are_as_good_as_new(operation: Operation, shelf: Shelf) -> None:
    """
    The answer that was kept equals the one that was made: status, content, media type, and every header that has a say.

    It may be used without asking again for no longer than the declared lag.
    """
    visit, lag = reading(shelf, operation), (operation.cache or {}).get("lag", 0)
    made, again = pair = [shelf.ask(visit, visit.caller if operation.secured else None) for _ in "12"]
    declared = {name.lower() for name in operation.responses.get(str(made.status), {}).get("headers", {})}
    for name in sorted(declared.union(SAME) - EACH):
        one, other = made.header(name), again.header(name)
        if (name in SAME and one != other and not (lag and name == "etag")) or (one is None) != (other is None):
            raise Violation(f"{name} is '{other}' at the second time", expected=f"'{one}'", exchanges=pair)
    if made.status != again.status or (made.body != again.body and not lag):
        raise Violation("status or content differ at the second time", expected="the same", exchanges=pair)
    if lifetime(again) > lag:
        raise Violation(f"may be used for {lifetime(again)} s", expected=f"the declared lag, {lag}", exchanges=pair)


@guarded_answers_are_not_shared.broken_by
def everything_is_public(request: Request, answer: Answer) -> None:
    """Every answer is `public`."""
    answer.headers["cache-control"] = "public, no-cache"


@guarded_answers_are_not_shared.broken_by
def proxies_may_keep_accounts(request: Request, answer: Answer) -> None:
    """Answers give shared caches a lifetime of their own."""
    answer.headers["cache-control"] = "max-age=0, s-maxage=30"


def replayed(request: Request, status: int) -> Steps:
    """Answer an URL with a status for ever, once it was answered so."""
    refused = request.memory.setdefault("refused", {})
    answer = yield
    if answer.status == status or (request.method == "GET" and request.path in refused):
        answer.status, answer.body = refused.setdefault(request.path, (status, answer.body))


@errors_are_not_kept.broken_by
def what_was_not_there_is_never_there(request: Request) -> Steps:
    """404 is kept beyond a creation."""
    yield from replayed(request, 404)


@errors_are_not_kept.broken_by
def refused_for_ever(request: Request) -> Steps:
    """401 is kept, whoever asks next."""
    yield from replayed(request, 401)


@errors_are_not_kept.broken_by
def errors_have_a_lifetime(request: Request, answer: Answer) -> None:
    """Answers without a Cache-Control, errors that is, may be used for a minute."""
    answer.headers.setdefault("cache-control", "max-age=60")


@errors_are_not_kept.broken_by
def posts_are_kept(request: Request, answer: Answer) -> None:
    """A POST that was answered before is answered so again."""
    key, kept = (request.path, request.body), request.memory.setdefault("kept", {})
    if answer.status == 201:
        answer.headers, answer.body = kept.setdefault(key, (answer.headers, answer.body))


def hit(request: Request, body: bytes = b"", **headers: str) -> Steps:
    """Spoil an answer that was kept."""
    answer = yield
    if "hit" in answer.headers.get("cache-status", ""):
        answer.body += body
        answer.headers |= {name.replace("_", "-"): value for name, value in headers.items()}


@kept_answers_are_as_good_as_new.broken_by
def hits_have_a_weak_tag(request: Request) -> Steps:
    """What is kept has lost its strong ETag."""
    yield from hit(request, etag='W/"kept"')


@kept_answers_are_as_good_as_new.broken_by
def hits_are_text(request: Request) -> Steps:
    """What is kept has lost its media type."""
    yield from hit(request, content_type="text/plain")


@kept_answers_are_as_good_as_new.broken_by
def hits_end_with_a_line(request: Request) -> Steps:
    """What is kept is written as a line."""
    yield from hit(request, b"\n")


@kept_answers_are_as_good_as_new.broken_by
def good_for_an_hour(request: Request, answer: Answer) -> None:
    """Answers may be used for an hour without asking again."""
    answer.headers["cache-control"] = "public, max-age=3600"
