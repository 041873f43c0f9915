"""Faults of what the document says about ETags, caches and origins."""

from bookplate.faults import Answer, Request, Steps

from ._written import breaks, caller

OFFICE = "office.example.com"


def is_read(request: Request, answer: Answer) -> bool:
    return request.method == "GET" and answer.status == 200


@breaks("P-043", "P-159", laws="SCHEMA-03 COND-01 COND-02")
def accounts_have_no_tag(request: Request, answer: Answer) -> None:
    """An account has no ETag."""
    if is_read(request, answer) and request.path.startswith("/api/users/"):
        answer.headers.pop("etag", None)


@breaks("P-043", "P-159", laws="SCHEMA-03 COND-01 COND-02")
def pages_have_weak_tags(request: Request, answer: Answer) -> None:
    """The ETag of a page is weak."""
    if is_read(request, answer) and "items" in answer.members and "etag" in answer.headers:
        answer.headers["etag"] = f"W/{answer.headers['etag']}"


@breaks("P-044", "P-153", "P-175", "P-177", laws="COND-02", statuses=(304,))
def pages_are_always_sent_again(request: Request, answer: Answer) -> None:
    """A copy of a page that is current is answered as one that is not."""
    if request.path == "/api/books":
        answer.become(200, {"items": []})


@breaks("P-045", "P-190", laws="COND-03")
def deletions_need_no_tag(request: Request) -> None:
    """DELETE is done without If-Match."""
    if request.method == "DELETE":
        request.headers.setdefault("if-match", "*")


@breaks("P-046", "P-161", laws="CACHE-05 SCHEMA-03 CACHE-01")
def pages_are_fresh_for_a_minute(request: Request, answer: Answer) -> None:
    """A cache may use a page for a minute without asking."""
    if answer.headers.get("cache-control") == "public, no-cache":
        answer.headers["cache-control"] = "public, max-age=60"


@breaks("P-160", laws="SCHEMA-03 CACHE-05")
def books_may_not_be_stored(request: Request, answer: Answer) -> None:
    """No cache may store a book."""
    if answer.headers.get("cache-control") == "public, no-cache":
        answer.headers["cache-control"] = "private, no-store"


@breaks("P-162", laws="CACHE-02 SCHEMA-03 AUTH-04")
def accounts_may_be_stored(request: Request, answer: Answer) -> None:
    """A cache may store an account, and has to ask before it uses it."""
    if answer.headers.get("cache-control") == "private, no-store":
        answer.headers["cache-control"] = "no-cache"


@breaks("P-163", laws="SCHEMA-03 CACHE-05")
def counts_are_never_fresh(request: Request, answer: Answer) -> None:
    """A cache has to ask before it uses the most viewed books."""
    if answer.headers.get("cache-control") == "public, max-age=60":
        answer.headers["cache-control"] = "public, no-cache"


@breaks("P-165", laws="CACHE-12 CACHE-05 SCHEMA-03 CACHE-01")
def every_answer_is_called_a_hit(request: Request, answer: Answer) -> None:
    """Cache-Status says that the cache answered, also where it did not."""
    answer.edit("cache-status", r".+", "bookplate; hit")


@breaks("P-165", laws="CACHE-12 CACHE-05 SCHEMA-03 CACHE-01")
def every_answer_is_called_a_miss(request: Request, answer: Answer) -> None:
    """Cache-Status says that the cache did not answer, also where it did."""
    answer.edit("cache-status", r".+", "bookplate; fwd=uri-miss")


@breaks("P-141", laws="CACHE-12 CACHE-05 CACHE-01 CACHE-03")
def nocache_is_ignored(request: Request) -> None:
    """An answer with nocache comes from the cache, also with a token."""
    request.query.pop("nocache", None)


@breaks("P-142", laws="CACHE-12 CACHE-05 CACHE-01 CACHE-03")
def nocache_needs_no_token(request: Request, answer: Answer) -> None:
    """Without a token, too, an answer with nocache comes from no cache."""
    if request.query.get("nocache") == "true" and not caller(request):
        answer.edit("cache-status", r".+", "bookplate; fwd=request")


@breaks("P-176", laws="COND-02", statuses=(304,))
def a_304_lacks_its_cache_control(request: Request, answer: Answer) -> None:
    """A 304 has no Cache-Control."""
    answer.headers.pop("cache-control", None)


@breaks("P-176", laws="COND-02 SCHEMA-03", statuses=(304,))
def a_304_lacks_its_links(request: Request, answer: Answer) -> None:
    """A 304 of a page has no Link."""
    answer.headers.pop("link", None)


@breaks("P-121", laws="CACHE-13 CACHE-01 CACHE-05 AUTHZ-05")
def clearing_forgets_nothing(request: Request) -> None:
    """Clearing the cache is answered 204, and every answer stays in it."""
    if request.path == "/api/admin/cache/clear" and request.method == "POST":
        request.memory["cleared"] = True
        request.headers["content-type"] = "application/json"
        request.method, request.path = "GET", "/api/health/live"


@breaks("P-122", laws="CACHE-13 AUTHZ-05 CACHE-06")
def clearing_ends_a_session(request: Request, answer: Answer) -> None:
    """Clearing the cache ends the session of its caller."""
    if caller(request) and caller(request) in request.memory:
        answer.become(401)
    elif request.path == "/api/admin/cache/clear" and answer.status == 204:
        request.remember(caller(request))


@breaks("P-049", laws="CORS-01 CORS-05 CORS-04")
def the_whole_document_counts_before_the_tag(request: Request, answer: Answer) -> None:
    """An operation has the groups of the whole document, also where its tag has others."""
    if request.path.startswith("/api/auth/") and OFFICE in request.headers.get("origin", ""):
        answer.headers.pop("access-control-allow-origin", None)


@breaks("P-049", laws="CORS-06 CORS-01 CORS-05")
def the_whole_document_counts_before_the_operation(request: Request, answer: Answer) -> None:
    """The list of accounts may be read by a page of the group of the whole document."""
    origin = request.headers.get("origin", "")
    if request.path == "/api/users" and "app.example.com" in origin:
        answer.headers["access-control-allow-origin"] = origin
        answer.headers["access-control-allow-methods"] = "GET, HEAD"


@breaks("P-051", laws="CORS-05")
def preflights_forget_the_deletion(request: Request, answer: Answer) -> None:
    """A preflight does not allow DELETE."""
    answer.edit("access-control-allow-methods", r",?\s*DELETE", "")


@breaks("P-052", laws="CORS-03", statuses=(401,))
def refused_tokens_have_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 401 has no CORS fields."""
    answer.headers.pop("access-control-allow-origin", None)


@breaks("P-052", laws="CORS-07 CORS-03 RATE-07", statuses=(429,))
def refused_callers_have_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 429 has no CORS fields."""
    answer.headers.pop("access-control-allow-origin", None)


@breaks("P-052", laws="CORS-03 ROBUST-03", statuses=(413, 414, 431))
def what_is_too_large_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 413, 414 or 431 has no CORS fields."""
    answer.headers.pop("access-control-allow-origin", None)


@breaks("P-166", laws="PAGE-06", statuses=range(200, 300))
def the_header_has_no_last_link(request: Request, answer: Answer) -> None:
    """Link lacks the link to the last page, which the content has."""
    answer.edit("link", r',\s*<[^>]*>; rel="last"', "")


@breaks("P-167", laws="AUTH-02 SCHEMA-03", statuses=(401,))
def the_challenge_names_basic(request: Request, answer: Answer) -> None:
    """The challenge of a 401 names another scheme."""
    answer.headers["www-authenticate"] = 'Basic realm="bookplate"'


@breaks("P-184", "P-185", laws="COND-03 ERR-04 CONC-03")
def stale_changes_are_refused_and_done(request: Request) -> Steps:
    """A change with a stale ETag is done, and then answered 412."""
    stale = request.headers.get("if-match", "")
    is_stale = request.method in ("PUT", "PATCH") and stale in request.memory
    if is_stale:
        request.headers["if-match"] = "*"
    answer = yield
    if is_stale:
        answer.become(412)
    elif request.method in ("PUT", "PATCH") and answer.status == 200:
        request.remember(stale)


@breaks("P-047", laws="CACHE-01")
def walks_show_what_was_there_before(request: Request, answer: Answer) -> None:
    """The feed shows a new book only from its second read on."""
    newest = answer.members.get("items") or []
    if request.path == "/api/books/feed" and newest and "cursor" not in request.query:
        known = request.memory.setdefault("newest", 0)
        request.memory["newest"] = max(known, newest[0]["id"])
        answer.put(items=[each for each in newest if each["id"] <= known] or newest)
