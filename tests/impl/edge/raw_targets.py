"""Rows of the matrix about methods, paths and queries."""

from ..wire import compose
from .raw_case import Case, signed

HUGE = "9" * 5000
COLLECTION = "GET, HEAD, OPTIONS, POST"
MEMBER = "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"


def nowhere(name: str, target: str, method: str = "GET") -> Case:
    """A target that leads nowhere."""
    return Case(name, compose(method, target), 404, "not_found")


def not_allowed(name: str, method: str, target: str, allow: str, *fields: str) -> Case:
    """A method that the path does not take."""
    return Case(name, compose(method, target, *fields), 405, "method_not_allowed", (("Allow", allow),))


def bad_query(name: str, query: str, pointer: str | None = None) -> Case:
    """A query that the list of books does not take."""
    return Case(name, compose("GET", f"/api/books?{query}"), 400, "invalid_parameter", (), pointer)


def bad_id(name: str, text: str) -> Case:
    """A canonical integer that no book can have."""
    return Case(name, compose("GET", f"/api/books/{text}"), 400, "invalid_parameter", (), "/path/book_id")


PATHS = [
    nowhere("unknown path", "/api/nothing"),
    nowhere("unknown path outside the base path", "/nothing"),
    nowhere("root", "/"),
    nowhere("base path alone", "/api"),
    nowhere("path in capitals", "/API/books"),
    nowhere("trailing slash of a list", "/api/books/"),
    nowhere("trailing slash of a book", "/api/books/1/"),
    nowhere("trailing slash of a secured path", "/api/users/me/"),
    nowhere("trailing slash, unsafe method", "/api/books/", "POST"),
    nowhere("trailing slash, TRACE", "/api/books/", "TRACE"),
    nowhere("two slashes in front", "//api/users/me"),
    nowhere("three slashes in front", "///api/users/me"),
    nowhere("two slashes within", "/api//users/me"),
    nowhere("encoded slash in front", "/%2fapi/users/me"),
    nowhere("encoded slash within", "/api/users%2Fme"),
    nowhere("encoded slash at the end", "/api/users/me%2F"),
    nowhere("encoded line feed at the end", "/api/users/me%0A"),
    nowhere("encoded line feed after an id", "/api/books/1%0a"),
    nowhere("encoded carriage return and line feed", "/api/books%0d%0aX-Injected:%20yes"),
    nowhere("encoded NUL", "/api/books/1%00"),
    nowhere("encoded backslash", "/api%5cbooks"),
    nowhere("dot segment", "/api/./books"),
    nowhere("two dots", "/api/books/../users/me"),
    nowhere("encoded dots", "/api/books/%2e%2e/users/me"),
    nowhere("path parameter after a semicolon", "/api/books;x=1"),
    nowhere("encoded question mark", "/api/books%3Fpage=1"),
    nowhere("path that is not UTF-8", "/api/books/%ff"),
    nowhere("id of letters", "/api/books/abc"),
    nowhere("id with leading zeros", "/api/books/007"),
    nowhere("id with a plus sign", "/api/books/+1"),
    nowhere("id minus zero", "/api/books/-0"),
    nowhere("id with an underscore", "/api/books/1_0"),
    nowhere("id with a space", "/api/books/%201"),
    nowhere("id with a point", "/api/books/1.0"),
    nowhere("id with an exponent", "/api/books/1e3"),
    nowhere("id in Arabic digits", "/api/books/%D9%A3"),
    nowhere("id that no book has", "/api/books/9007199254740991"),
    bad_id("id zero", "0"),
    bad_id("negative id", "-1"),
    bad_id("id past the range of doubles", "9007199254740992"),
    bad_id("id of 20 digits", "9" * 20),
    bad_id("id of 30 digits", "9" * 30),
    bad_id("id of 5,000 digits", HUGE),
    bad_id("negative id of 5,000 digits", f"-{HUGE}"),
    Case("encoded letter is that letter", compose("GET", "/api/book%73"), 200),
    Case("absolute form of the target", compose("GET", "http://elsewhere.example/api/books"), 200),
    Case("absolute form in capitals", compose("GET", "HTTP://elsewhere.example/api/books"), 200),
    Case("absolute form with a query", compose("GET", "https://elsewhere.example/api/books?page=1"), 200),
    Case("absolute form with an encoded letter", compose("GET", "http://elsewhere.example/api/book%73"), 200),
    nowhere("absolute form without a path", "http://elsewhere.example"),
    nowhere("absolute form whose host holds the path", "http://elsewhere.example%2Fapi%2Fbooks"),
    nowhere("absolute form whose host is the path", "http:%2F%2Felsewhere.example/api/books"),
    nowhere("absolute form without a host", "http:///api/books"),
    nowhere("absolute form of another scheme", "ftp://elsewhere.example/api/books"),
    Case("absolute form of 8,000 bytes", compose("GET", f"http://{'h' * 7983}/api/books"), 200),
    Case("absolute form of 8,001 bytes", compose("GET", f"http://{'h' * 7984}/api/books"), 414, "uri_too_long"),
    Case("absolute form of 20,000 bytes", compose("GET", f"http://{'h' * 20000}/api/books"), 414, "uri_too_long"),
    Case("target of 8,000 bytes", compose("GET", "/api/books/" + "1" * 7989), 400, "invalid_parameter"),
    Case("target of 8,001 bytes", compose("GET", "/api/books/" + "1" * 7990), 414, "uri_too_long"),
    Case("query that makes 8,001 bytes", compose("GET", "/api/books?" + "x" * 7990), 414, "uri_too_long"),
    Case("target of 20,000 bytes", compose("POST", "/" + "x" * 20000), 414, "uri_too_long"),
]

METHODS = [
    not_allowed("DELETE on a list", "DELETE", "/api/books", COLLECTION),
    not_allowed("PATCH on a list", "PATCH", "/api/books", COLLECTION),
    not_allowed("POST on a book", "POST", "/api/books/1", MEMBER),
    not_allowed("POST on a book with a bad id", "POST", "/api/books/0", MEMBER),
    not_allowed("PUT on the own user", "PUT", "/api/users/me", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    not_allowed("GET on log-in", "GET", "/api/auth/login", "OPTIONS, POST"),
    not_allowed("DELETE on health", "DELETE", "/api/health", "GET, HEAD, OPTIONS"),
    not_allowed("TRACE", "TRACE", "/api/books", COLLECTION),
    not_allowed("TRACE on a secured path", "TRACE", "/api/users/me", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    not_allowed("unknown method", "BREW", "/api/books", COLLECTION),
    not_allowed("method in small letters", "get", "/api/books", COLLECTION),
    not_allowed(
        "method override by X-HTTP-Method-Override", "POST", "/api/books/1", MEMBER, "X-HTTP-Method-Override: DELETE"
    ),
    not_allowed("method override by X-Method-Override", "POST", "/api/books/1", MEMBER, "X-Method-Override: PUT"),
    not_allowed("method override by X-HTTP-Method", "POST", "/api/books/1", MEMBER, "X-HTTP-Method: PATCH"),
    Case("method override on GET does nothing", compose("GET", "/api/books", "X-HTTP-Method-Override: DELETE"), 200),
    bad_query("method override in the query", "_method=DELETE", "/query/_method"),
    Case("HEAD of a list", compose("HEAD", "/api/books"), 200),
    Case("HEAD of the own user without a token", compose("HEAD", "/api/users/me"), 401),
    Case("HEAD of an unknown path", compose("HEAD", "/api/nothing"), 404),
    Case("HEAD of log-in", compose("HEAD", "/api/auth/login"), 405, None, (("Allow", "OPTIONS, POST"),)),
    Case("OPTIONS of a list", compose("OPTIONS", "/api/books"), 204, None, (("Allow", COLLECTION),)),
    Case("OPTIONS of a book", compose("OPTIONS", "/api/books/1"), 204, None, (("Allow", MEMBER),)),
    nowhere("OPTIONS of an unknown path", "/api/nothing", "OPTIONS"),
    nowhere("OPTIONS of the whole server", "*", "OPTIONS"),
    nowhere("CONNECT", "elsewhere.example:443", "CONNECT"),
]

QUERIES = [
    bad_query("integer with an underscore", "page=1_0", "/query/page"),
    bad_query("integer with an encoded plus sign", "page=%2B2", "/query/page"),
    bad_query("integer with a plus sign, which is a space", "page=+2", "/query/page"),
    bad_query("integer with a space", "page=%202", "/query/page"),
    bad_query("integer with a line feed", "page=2%0A", "/query/page"),
    bad_query("integer in Arabic digits", "page=%D9%A3", "/query/page"),
    bad_query("integer with a leading zero", "page=02", "/query/page"),
    bad_query("integer with a point", "page=1.0", "/query/page"),
    bad_query("integer with an exponent", "page=1e1", "/query/page"),
    bad_query("integer in hexadecimal", "page=0x1", "/query/page"),
    bad_query("integer that is empty", "page=", "/query/page"),
    bad_query("integer without a value", "page", "/query/page"),
    bad_query("integer that says null", "page=null", "/query/page"),
    bad_query("page zero", "page=0", "/query/page"),
    bad_query("negative page", "page=-1", "/query/page"),
    bad_query("page of 2**31", "page=2147483648", "/query/page"),
    bad_query("page of 30 digits", f"page={'9' * 30}", "/query/page"),
    bad_query("page of 5,000 digits", f"page={HUGE}", "/query/page"),
    bad_query("page size over its maximum", "per_page=101", "/query/per_page"),
    bad_query("boolean in capitals", "nocache=TRUE", "/query/nocache"),
    bad_query("boolean as a digit", "nocache=1", "/query/nocache"),
    bad_query("value outside an enumeration", "sort=isbn", "/query/sort"),
    bad_query("enumeration value null", "genre=null", "/query/genre"),
    bad_query("text with NUL", "author=a%00b", "/query/author"),
    bad_query("text with a line feed", "author=a%0Ab", "/query/author"),
    bad_query("repeated parameter", "page=1&page=2", "/query/page"),
    bad_query("repeated parameter with one value", "page=1&page=1", "/query/page"),
    bad_query("unknown parameter", "nope=1", "/query/nope"),
    bad_query("unknown parameter with brackets", "page%5B%5D=1", "/query/page[]"),
    bad_query("parameters with a semicolon between", "page=1;per_page=2", "/query/page"),
    bad_query("query that is not UTF-8", "author=%ff"),
    bad_query("query with an encoded surrogate", "author=%ed%a0%80"),
    bad_query("token in the query", "access_token={token}", "/query/access_token"),
    Case("largest page", compose("GET", "/api/books?page=2147483647&per_page=100"), 200),
    Case(
        "secured path with the token in the query",
        compose("GET", "/api/users/me?access_token={token}"),
        401,
        "missing_token",
    ),
    Case(
        "unknown parameter on health", compose("GET", "/api/health/live?x=1"), 400, "invalid_parameter", (), "/query/x"
    ),
    Case(
        "unknown parameter on a write", signed("POST", "/api/auth/logout?x=1"), 400, "invalid_parameter", (), "/query/x"
    ),
]

CASES = [*PATHS, *METHODS, *QUERIES]
