"""Freshness: what may be kept, for how long, and that it is as good as new."""

import json

from ..accounts import told
from ..document import Document
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, is_creator
from ..pointer import look_up
from ..rule import Violation, experiment, invariant
from ..shelf import Shelf, Visit
from ..surfaces import directives, lifetime, reading

SAME = ("content-type", "content-language", "cache-control", "vary", "link", "etag")
EACH = {"age", "date", "cache-status"}


def may_fail_or_make(operation: Operation) -> bool:
    return is_creator(operation) or (operation.method == "GET" and bool({"401", "404"} & operation.responses.keys()))


@invariant("CACHE-02", source="RFC 9111, section 3.5; x-access", applies=lambda o: o.secured and bool(o.access))
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
    bad, good = {"Authorization": "Bearer of-nothing"}, visit.caller.headers() if operation.secured else {}
    errors = [shelf.ask(visit, None, bad) for _ in "12" if "401" in operation.responses]
    after = [shelf.call(visit)]
    if visit.item and not visit.item.creator.auth_role and "404" in operation.responses:
        found = shelf.arguments(operation, visit.item).items()
        coming = {name: value + 1 for name, value in found if isinstance(value, int)}
        for value in coming.values():
            shelf.script.count_on(value - 1, visit.item.made)
        errors += [shelf.client.call(operation, arguments=coming, headers=good) for _ in "12"]
        made = shelf.plant(visit.item.creator, visit.item.owner)
        after.append(shelf.call(Visit(operation, visit.caller, made)))
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
    made, again = pair = [shelf.call(visit) for _ in "12"]
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


def replay(request: Request, answer: Answer, status: int) -> None:
    """Answer an URL with a status for ever, once it was answered so."""
    if answer.status == status or (request.method == "GET" and request.path in request.memory):
        answer.repeat(request.memory.setdefault(request.path, answer.copy()))


@errors_are_not_kept.broken_by
def what_was_not_there_is_never_there(request: Request, answer: Answer) -> None:
    """404 is kept beyond a creation."""
    replay(request, answer, 404)


@errors_are_not_kept.broken_by
def refused_for_ever(request: Request, answer: Answer) -> None:
    """401 is kept, whoever asks next."""
    replay(request, answer, 401)


@errors_are_not_kept.broken_by
def errors_have_a_lifetime(request: Request, answer: Answer) -> None:
    """Answers without a Cache-Control, errors that is, may be used for a minute."""
    answer.headers.setdefault("cache-control", "max-age=60")


@errors_are_not_kept.broken_at(201)
def posts_are_kept(request: Request, answer: Answer) -> None:
    """A POST that was answered before is answered so again."""
    answer.repeat(request.memory.setdefault((request.path, request.body), answer.copy()))


def spoil(answer: Answer, body: bytes = b"", **headers: str) -> None:
    """Spoil an answer that was kept."""
    if "hit" in answer.headers.get("cache-status", ""):
        answer.body += body
        answer.headers |= {name.replace("_", "-"): value for name, value in headers.items()}


@kept_answers_are_as_good_as_new.broken_by
def hits_have_a_weak_tag(request: Request, answer: Answer) -> None:
    """What is kept has lost its strong ETag."""
    spoil(answer, etag='W/"kept"')


@kept_answers_are_as_good_as_new.broken_by
def hits_are_text(request: Request, answer: Answer) -> None:
    """What is kept has lost its media type."""
    spoil(answer, content_type="text/plain")


@kept_answers_are_as_good_as_new.broken_by
def hits_end_with_a_line(request: Request, answer: Answer) -> None:
    """What is kept is written as a line."""
    spoil(answer, b"\n")


@kept_answers_are_as_good_as_new.broken_by
def good_for_an_hour(request: Request, answer: Answer) -> None:
    """Answers may be used for an hour without asking again."""
    answer.headers["cache-control"] = "public, max-age=3600"
