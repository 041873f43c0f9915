"""Forged tokens: everything that can be made of a good token without the key that signed it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from .exchange import Headers

GUESSES = ("", "secret", "changeme", "password", "your-256-bit-secret")


def forgeries(good: str) -> Iterator[tuple[str, Headers]]:
    """Yield a name and the headers of each forgery that can be made of a good bearer token."""
    for name, token in [*battered(good), *re_signed(good)]:
        if token == good:
            continue
        yield name, [("Authorization", f"Bearer {token}")]
    yield "scheme alone", [("Authorization", "Bearer")]
    yield "Basic instead of Bearer", [("Authorization", f"Basic {good}")]
    yield "no scheme", [("Authorization", good)]
    yield "two tokens in one header", [("Authorization", f"Bearer {good} {good}")]
    yield "bad header after a good one", [("Authorization", f"Bearer {good}"), ("Authorization", "Bearer x.y.z")]
    yield "good header after a bad one", [("Authorization", "Bearer x.y.z"), ("Authorization", f"Bearer {good}")]


def battered(good: str) -> Iterator[tuple[str, str]]:
    """Yield tokens whose signature does not belong to what it signs."""
    yield "garbage", "garbage"
    yield "dots alone", ".."
    yield "oversized", "A" * 6000
    yield "a good token and a tail", f"{good}.{good.rpartition('.')[2]}"
    if good.count(".") != 2:
        yield "first character changed", flipped(good)
        return
    head, payload, signature = good.split(".")
    yield "signature changed", f"{head}.{payload}.{flipped(signature)}"
    yield "signature removed", f"{head}.{payload}."
    yield "signature and its dot removed", f"{head}.{payload}"
    yield "signature cut short", f"{head}.{payload}.{signature[:-4]}"
    yield "signature of another length", f"{head}.{payload}.{signature}AAAA"
    for name, change in {
        "sub": "987654321",
        "role": "admin",
        "exp": 4102444800,
        "aud": "another",
        "iss": "another",
    }.items():
        yield f"claim {name} changed", f"{head}.{encoded(decoded(payload) | {name: change})}.{signature}"
    for name, extra in {
        "kid": "../../dev/null",
        "jku": "http://127.0.0.1:9/keys",
        "crit": ["none"],
        "alg": "RS256",
    }.items():
        yield f"header {name} changed", f"{encoded(decoded(head) | {name: extra})}.{payload}.{signature}"
    deep = f'{{"alg":"HS256","x":{"[" * 1800}{"]" * 1800}}}'
    yield "deeply nested header", f"{text(deep.encode())}.{payload}.{signature}"


def re_signed(good: str) -> Iterator[tuple[str, str]]:
    """Yield tokens signed by nothing, and by keys that anybody would guess."""
    if good.count(".") != 2:
        return
    head, payload, signature = good.split(".")
    for algorithm in ("none", "None", "nOnE", "NONE", ""):
        unsigned = encoded(decoded(head) | {"alg": algorithm})
        yield f"alg '{algorithm}' without signature", f"{unsigned}.{payload}."
        yield f"alg '{algorithm}' with the old signature", f"{unsigned}.{payload}.{signature}"
    for key in GUESSES:
        signed = f"{encoded(decoded(head) | {'alg': 'HS256'})}.{payload}"
        digest = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
        yield f"signed with the key '{key}'", f"{signed}.{text(digest)}"


def flipped(part: str) -> str:
    """Change the first character: the last one may carry bits that nobody reads."""
    return ("B" if part[:1] == "A" else "A") + part[1:]


def decoded(part: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def encoded(value: dict[str, Any]) -> str:
    return text(json.dumps(value, separators=(",", ":")).encode())


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
