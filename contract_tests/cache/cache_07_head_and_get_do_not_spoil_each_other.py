"""CACHE-07: head and get do not spoil each other."""

from dataclasses import replace
from typing import Any

from bookplate import Violation, expect, experiment, fault, partly
from bookplate.contract import Operation, is_walkable
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection, PreparedRequest, Resources, User, prepare_read
from bookplate.wire import Exchange, succeeded

SAME = ("content-type", "content-language", "content-length", "etag", "last-modified", "link", "cache-control")


def is_read(operation: Operation) -> bool:
    return operation.method == "GET"


@experiment("CACHE-07", source="RFC 9110, section 9.3.2; RFC 9111, section 4.3.5", applies=is_read)
def test_head_and_get_do_not_spoil_each_other(operation: Operation, resources: Resources) -> None:
    """
    A GET after a HEAD gets the whole answer, and a HEAD gets the status and header fields that GET gets.

    Each order is tried on a URL that was not requested before: it names a new item, or has a new value of a filter. The
    second page of a list is tried too, and requests by another user and without a token: HEAD is refused as GET is, and
    that refusal is no answer to those who may read.

    Why it matters: link checkers and download managers send HEAD first. When a cache stores that answer for GET, every
    later user gets an empty page. When HEAD asks for no rights, it tells everybody what exists.

    To mend it: answer HEAD by running GET and leaving the content out at the very end, behind cache, ETag and
    checks of access. Keep the method out of the stored answer, or let HEAD store nothing.
    """
    head_first = UnusedUrl(operation, resources)
    get_first = UnusedUrl(operation, resources)

    head = head_first.send("HEAD")
    get = head_first.get_after(head)
    alone = succeeded(get_first.send("GET"), "there is nothing to read")
    expect_unspoiled(get, alone, head)
    if head.status in (405, 501):
        partly(f"the header fields of HEAD, which is not offered: {head.describe()}", tested="a GET after a HEAD")
        return
    after = get_first.send("HEAD")
    again = get_first.send("GET")

    # A field that differs between two GETs of one URL shows nothing.
    stable = [name for name in SAME if alone.header(name) == again.header(name)]
    expect_fields_of_get(head, get, stable)
    expect_fields_of_get(after, alone, stable)
    if operation.pagination is not None:
        expect_second_page_alike(operation, resources)
    if operation.secured:
        expect_refused_alike(operation, resources, alone)
    if not head_first.is_unused:
        partly(
            "a HEAD before any GET: no parameter could make its URL a new one, so that a cache may have had an answer",
            tested="a HEAD after a GET",
        )


def expect_second_page_alike(operation: Operation, resources: Resources) -> None:
    """Ask for the second of two short pages by HEAD and by GET in turn, and expect both to get the same."""
    page = UnusedUrl(operation, resources)
    page.query |= query_of_second_page(operation, resources)

    head, get = page.send("HEAD"), page.send("GET")
    later, again = page.send("HEAD"), page.send("GET")

    if not 200 <= again.status < 300:
        partly(f"a second page: {again.describe()}", tested="the first one")
        return
    expect_unspoiled(get, again, head)
    stable = [name for name in SAME if get.header(name) == again.header(name)]
    expect_fields_of_get(head, get, stable)
    expect_fields_of_get(later, again, stable)


def query_of_second_page(operation: Operation, resources: Resources) -> dict[str, Any]:
    """Return the query for the second page of a size that no other law asks for; where cursors lead on, for the first."""
    collection = Collection(operation, resources)
    least, most = collection.bounds
    size = min(max(least, UNUSUAL_SIZE), most)
    query = collection.page.asking_for(size)
    if is_walkable(operation):
        query[collection.page.place] = collection.place_of(1, size)
    return query


UNUSUAL_SIZE = 7


def expect_refused_alike(operation: Operation, resources: Resources, alone: Exchange) -> None:
    """Ask by HEAD and by GET without a token and as another user; then the caller who may still gets what it got alone."""
    url = UnusedUrl(operation, resources)
    shown: list[Exchange] = []
    stranger = resources.users.stranger
    for caller in (None, stranger) if stranger.has_credentials else (None,):
        head, get, again = url.send_as(caller, "HEAD"), url.send_as(caller, "GET"), url.send_as(caller, "GET")
        shown += [head, get]
        # An answer that differs between two equal GETs shows nothing.
        if get.status == again.status:
            name = "another user" if caller else "nobody"
            expect.equal(head.status, get.status, what=f"status of HEAD by {name}", shown=[get, head])
    whole = url.send("GET")
    expect.equal(
        whole.status, alone.status, what="status of GET after refusals of others", shown=[alone, *shown, whole]
    )


class UnusedUrl:
    """One URL of an operation that was not requested before, as far as its parameters allow that."""

    def __init__(self, operation: Operation, resources: Resources) -> None:
        self.resources = resources
        self.prepared: PreparedRequest = prepare_read(resources, operation)
        self.query: dict[str, Any] = {name: f"Nobody {resources.samples.unique()}" for name in operation.text_filters}
        self.is_unused = bool(self.query or operation.path_parameters)

    def send(self, method: str) -> Exchange:
        """Send a request for the URL with a method, as a caller who may."""
        caller = self.prepared.caller if self.prepared.operation.secured else None
        return self.send_as(caller, method)

    def send_as(self, caller: User | None, method: str) -> Exchange:
        """Send a request for the URL with a method as a caller, without a token where that is None."""
        operation = self.prepared.operation
        asked = operation if method == "GET" else replace(operation, id="", method=method)
        return self.resources.ask(replace(self.prepared, operation=asked), caller, **self.query)

    def get_after(self, head: Exchange) -> Exchange:
        """Send GET; an answer that breaks off is a Violation, with HEAD as its evidence."""
        try:
            return self.send("GET")
        except Violation as broken:
            get = Exchange(self.prepared.operation.id, "GET", head.url, head.request_headers, b"", 0, [], b"")
            observed = f"after HEAD, {broken.observed}"
            raise Violation(observed, expected="the whole answer", exchanges=[head, get]) from None


def expect_unspoiled(get: Exchange, alone: Exchange, head: Exchange) -> None:
    """Expect a GET after HEAD to be like a GET without HEAD, which is about something of the same kind."""
    shown = [alone, head, get]
    expect.equal(get.status, alone.status, what="status of GET after HEAD", shown=shown)
    expect.equal(get.media_type, alone.media_type, what="media type of GET after HEAD", shown=shown)
    expect.that(
        not get.unreadable or bool(alone.unreadable),
        f"the content of GET after HEAD cannot be read: {get.unreadable}",
        expected="as without HEAD",
        shown=shown,
    )
    expect.that(
        kind(get) == kind(alone),
        f"GET after HEAD has {len(get.body)} bytes of another kind",
        expected="as without HEAD",
        shown=shown,
    )


def kind(answer: Exchange) -> Any:
    """Return what two contents of one operation have in common: whether there is any, and the names of its members."""
    value = answer.json()
    return sorted(value) if isinstance(value, dict) else (type(value), bool(answer.body))


def expect_fields_of_get(head: Exchange, get: Exchange, names: list[str]) -> None:
    """Expect a HEAD to have the status of GET, no content, and no header field of these that contradicts GET."""
    different = [f"{name} {head.header(name)}" for name in differences(get, head, names)]
    expect.that(
        head.status == get.status and not head.body and not different,
        ", ".join([head.describe(), *different[:1]]),
        expected="status and headers of GET, no content",
        shown=[get, head],
    )


def differences(get: Exchange, head: Exchange, names: list[str]) -> list[str]:
    """
    List the headers of HEAD that contradict those of GET.

    A GET in chunks has no Content-Length; HEAD may say what it would be (RFC 9110, section 8.6).
    """
    # A coding may be chosen anew for each answer, and with it the length and the tag.
    coded = ("content-length", "etag") if get.header("content-encoding") else ()
    expected = {name: get.header(name) for name in names}
    if "content-length" in expected and expected["content-length"] is None:
        expected["content-length"] = str(len(get.body))
    return [name for name in names if name not in coded and head.header(name) not in (None, expected[name])]


def url_of(request: Request) -> tuple[str, str]:
    """Return what tells the URL of a request from others."""
    return request.path, str(request.query)


def remember_success(request: Request, answer: Answer) -> None:
    """Remember the URL of a request that was answered 200."""
    if answer.status == 200:
        request.remember(url_of(request))


def is_get_after_head(request: Request, answer: Answer) -> bool:
    """Tell whether this is another request for a URL to which HEAD was answered 200; remember each such HEAD."""
    if request.method == "HEAD":
        remember_success(request, answer)
        return False
    return url_of(request) in request.memory


@fault(test_head_and_get_do_not_spoil_each_other)
def empty_content_is_kept(request: Request, answer: Answer) -> None:
    """The empty content of HEAD is stored and sent to GET."""
    if is_get_after_head(request, answer):
        answer.body = b""


@fault(test_head_and_get_do_not_spoil_each_other)
def kept_content_breaks_off(request: Request, answer: Answer) -> None:
    """The header fields of HEAD are stored for GET with an empty content, so that the answer to GET breaks off."""
    if is_get_after_head(request, answer) and answer.status == 200:
        # The other spelling keeps the length that the answer had.
        answer.headers["Content-Length"] = answer.headers.pop("content-length", "1")
        answer.body = b""


@fault(test_head_and_get_do_not_spoil_each_other)
def head_is_kept_as_no_content(request: Request, answer: Answer) -> None:
    """After HEAD, GET is answered 204."""
    if is_get_after_head(request, answer):
        answer.status = 204
        answer.body = b""


@fault(test_head_and_get_do_not_spoil_each_other)
def head_has_its_own_tag(request: Request, answer: Answer) -> None:
    """The ETag in an answer to HEAD is made from the empty content."""
    if request.method == "HEAD" and answer.status == 200:
        answer.headers["etag"] = '"empty"'


@fault(test_head_and_get_do_not_spoil_each_other)
def hits_have_no_length_for_head(request: Request, answer: Answer) -> None:
    """A HEAD that is answered from the cache has a Content-Length of 0."""
    if request.method == "GET":
        remember_success(request, answer)
    elif url_of(request) in request.memory:
        answer.headers["content-length"] = "0"


@fault(test_head_and_get_do_not_spoil_each_other)
def head_forgets_the_query(request: Request) -> None:
    """HEAD has the header fields of the URL without its query."""
    if request.method == "HEAD":
        request.query = {}


@fault(test_head_and_get_do_not_spoil_each_other, statuses=(401,))
def head_asks_for_no_token(request: Request, answer: Answer) -> None:
    """HEAD without a token succeeds where GET is refused."""
    if request.method == "HEAD":
        answer.status = 200


@fault(test_head_and_get_do_not_spoil_each_other, statuses=(403, 404))
def head_shows_others_that_it_is_there(request: Request, answer: Answer) -> None:
    """HEAD by another user succeeds where GET is refused."""
    if request.method == "HEAD" and "authorization" in request.headers:
        answer.status = 200


@fault(test_head_and_get_do_not_spoil_each_other)
def refusal_of_head_is_kept(request: Request, answer: Answer) -> None:
    """The refusal of a HEAD is stored under its URL, and sent to the GET of every later caller."""
    if request.method == "HEAD" and answer.status in (401, 403, 404):
        request.memory[url_of(request)] = answer.status
    elif request.method == "GET" and url_of(request) in request.memory:
        answer.become(request.memory[url_of(request)])


@fault(test_head_and_get_do_not_spoil_each_other)
def head_empties_small_pages(request: Request, answer: Answer) -> None:
    """The empty content of HEAD is stored for GET where the query says how long a page is."""
    if is_get_after_head(request, answer) and {"per_page", "size", "limit"} & request.query.keys():
        answer.body = b""
