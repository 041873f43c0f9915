"""Rows of the matrix about header fields: sizes, tokens, and what only the server's HTTP parser can refuse."""

import base64
import json

from ..wire import HOST, compose
from .raw_case import TOKEN, Case

BAD = (("WWW-Authenticate", 'Bearer realm="bookplate", error="invalid_token"'),)
NONE = (("WWW-Authenticate", 'Bearer realm="bookplate"'),)
SECURED, PUBLIC = "/api/users/me", "/api/books"
WEBSOCKET = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
DEEP = '{"alg":"HS256","x":' + "[" * 2000 + "]" * 2000 + "}"


def part(content: object) -> str:
    """Write a part of a token."""
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def token(header: object, claims: object = None, signature: str = "A" * 43) -> str:
    """Write a token that nobody signed."""
    return f"{part(header)}.{part(claims if claims is not None else {'sub': '1'})}.{signature}"


def refused(name: str, value: str, target: str = SECURED) -> Case:
    """An Authorization field that is refused."""
    return Case(name, compose("GET", target, f"Authorization: {value}"), 401, "invalid_token", BAD)


def section(size: int) -> bytes:
    """Write a request whose header section has this many bytes, its lines with CRLF."""
    rest = len(f"Host: {HOST}\r\nX-Padding: \r\n")
    return compose("GET", PUBLIC, f"X-Padding: {'x' * (size - rest)}")


TOKENS = [
    Case("no token", compose("GET", SECURED), 401, "missing_token", NONE),
    refused("empty Authorization", ""),
    refused("Bearer alone", "Bearer"),
    refused("Bearer and a space", "Bearer "),
    refused("Basic", "Basic YTpi"),
    refused("Basic on a public path", "Basic YTpi", PUBLIC),
    refused("token without a scheme", TOKEN),
    refused("garbage", "Bearer garbage"),
    refused("garbage on a public path", "Bearer garbage", PUBLIC),
    refused("bytes beyond ASCII", "Bearer \xe4\xf6\xfc"),
    refused("two tokens in one field", f"Bearer {TOKEN}, Bearer {TOKEN}"),
    refused("something after the token", f"Bearer {TOKEN} x"),
    refused("padding after the token", f"Bearer {TOKEN}="),
    refused("algorithm none", f"Bearer {token({'alg': 'none', 'typ': 'at+jwt'}, signature='')}"),
    refused("algorithm nOnE", f"Bearer {token({'alg': 'nOnE', 'typ': 'at+jwt'})}"),
    refused("algorithm list", f"Bearer {token({'alg': ['HS256']})}"),
    refused("algorithm object", f"Bearer {token({'alg': {}})}"),
    refused("critical extension", f"Bearer {token({'alg': 'HS256', 'crit': ['x']})}"),
    refused("key from elsewhere", f"Bearer {token({'alg': 'HS256', 'jku': 'https://elsewhere.example/'})}"),
    refused("key id that nobody knows", f"Bearer {token({'alg': 'HS256', 'typ': 'at+jwt', 'kid': '../../dev/null'})}"),
    refused("header nested 2,000 deep", f"Bearer {token(DEEP)}"),
    refused("header nested 2,000 deep on a public path", f"Bearer {token(DEEP)}", PUBLIC),
    refused("header that is an array", f"Bearer {token([])}"),
    refused("header with a lone surrogate", f"Bearer {token({'alg': chr(0xD800)})}"),
    refused("expiry null", f"Bearer {token({'alg': 'HS256'}, {'exp': None})}"),
    refused("expiry list", f"Bearer {token({'alg': 'HS256'}, {'exp': [1]})}"),
    refused("expiry Infinity", f"Bearer {token({'alg': 'HS256'}, {'exp': float('inf')})}"),
    refused("token of 12,000 bytes", f"Bearer {'x' * 12000}"),
    Case(
        "two Authorization fields",
        compose("GET", SECURED, f"Authorization: Bearer {TOKEN}", f"Authorization: Bearer {TOKEN}"),
        401,
        "invalid_token",
        BAD,
    ),
    Case("scheme in capitals", compose("GET", SECURED, f"Authorization: BEARER {TOKEN}"), 200),
]

FIELDS = [
    Case("header section of 16 KiB", section(16384), 200),
    Case("header section of 16 KiB and a byte", section(16385), 431, "headers_too_large"),
    Case("3,000 fields", compose("GET", PUBLIC, *["X: y"] * 3000), 431, "headers_too_large"),
    Case("forged Host", compose("GET", PUBLIC).replace(HOST.encode(), b"evil.example"), 200),
    Case("range", compose("GET", PUBLIC, "Range: bytes=0-1"), 200),
    Case("Accept for something else", compose("GET", PUBLIC, "Accept: image/png"), 200),
    Case("request id with a tab", compose("GET", "/api/nothing", "X-Request-Id: a\tforged line"), 404, "not_found"),
    Case("upgrade to HTTP/2", compose("GET", PUBLIC, "Connection: Upgrade", "Upgrade: h2c"), 200),
    Case("upgrade to WebSocket", compose("GET", PUBLIC, *WEBSOCKET), 200),
    Case("upgrade to WebSocket without a key", compose("GET", PUBLIC, *WEBSOCKET[:2]), 200),
    Case("HTTP/1.0", compose("GET", PUBLIC).replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
]

# The HTTP protocol (h11, behind a look at its lines) refuses these before the application sees them: 400, in its own words.
PARSER = {
    "garbage": b"\x16\x03\x01\x02\x00\r\n\r\n",
    "no Host": b"GET /api/books HTTP/1.1\r\n\r\n",
    "two Hosts": compose("GET", PUBLIC, "Host: other"),
    "negative length": compose("POST", PUBLIC, "Content-Length: -1", body=b"x"),
    "length of letters": compose("POST", PUBLIC, "Content-Length: x", body=b"x"),
    "two lengths": compose("POST", PUBLIC, "Content-Length: 1", "Content-Length: 2", body=b"x"),
    "unknown framing": compose("POST", PUBLIC, "Transfer-Encoding: gzip", body=b"x"),
    "space before the colon": compose("GET", PUBLIC, "X-Field : y"),
    "NUL in a field": compose("GET", PUBLIC, "X-Field: a\x00b"),
    "raw byte beyond ASCII in the path": compose("GET", "/api/b\xfccher"),
    "raw byte beyond ASCII in the query": compose("GET", "/api/books?author=\xfc"),
    "space in the target": compose("GET", "/api/books x"),
    "no version": b"GET /api/books\r\n\r\n",
}

CASES = [*TOKENS, *FIELDS]
