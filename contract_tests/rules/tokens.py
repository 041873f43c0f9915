"""Tokens: only what the service itself issued opens a door."""

import base64
import hashlib
import hmac
import json
from collections.abc import Generator, Iterator
from typing import Any

from ..accounts import Accounts, told
from ..client import Client
from ..exchange import Headers
from ..fault import Answer, Request
from ..limits import cheap_arguments
from ..operation import Operation, is_secured, takes_tokens
from ..rule import NotChecked, Violation, delegated, experiment
from ..scene import Scene

GUESSES = ("", "secret", "changeme", "password", "your-256-bit-secret")

secured_means_secured = delegated(
    "AUTH-01",
    "An operation that declares security answers 401 to whoever brings no valid credential.",
    check="ignored_auth",
    source="OpenAPI 3.0.3, security; RFC 9110, section 15.5.2",
    applies=is_secured,
)


@secured_means_secured.broken_by
def nobody_is_asked(request: Request) -> Generator[None, Answer, None]:
    """Who brings no token passes as whoever brought one last."""
    if "authorization" in request.headers:
        request.memory["last"] = request.headers["authorization"]
    elif "last" in request.memory:
        request.headers["authorization"] = request.memory["last"]
    yield


@experiment("AUTH-03", source="RFC 8725", applies=takes_tokens)
def forged_tokens_are_refused(operation: Operation, accounts: Accounts, client: Client, scene: Scene) -> str:
    """
    Every token that the service did not issue, or no longer stands by, is answered 401.

    The same request with the token it was forged from is not, which shows that the token lived.
    """
    account = accounts.throw_away() if operation.auth_role else accounts.a
    nowhere = cheap_arguments(operation)
    address, taken = account.address, []
    for number, (name, headers) in enumerate(forgeries(account.token)):
        # Bad tokens count for the address they come from.
        address = accounts.fresh_address() if number % 5 == 0 else address
        answer = client.call(operation, arguments=nowhere, headers=headers, address=address)
        if answer.status not in ((400, 401) if len(headers) > 1 else (401,)):
            taken.append((name, answer))
    if taken:
        names = ", ".join(name for name, _ in taken[:5])
        shown = [answer for _, answer in taken[:1]]
        raise Violation(f"{told(shown[0])} with: {names}", expected="401", exchanges=shown)
    honest = client.call(operation, arguments=nowhere, headers=account.headers(), address=account.address)
    if honest.status == 401:
        raise Violation(f"the good token is refused too: {told(honest)}", expected="no 401", exchanges=[honest])
    return "; ".join(["tokens rightly signed with wrong claims: no mint hook", *expired(operation, scene)])


def expired(operation: Operation, scene: Scene) -> list[str]:
    """Send a token that has expired; return why this was not done, if so."""
    try:
        stage = scene.clock
        token = stage.accounts.expired
    except NotChecked as reason:
        return [f"an expired token: {reason}"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = stage.client.call(operation, arguments=cheap_arguments(operation), headers=headers)
    if answer.status != 401:
        raise Violation(f"{told(answer)} with an expired token", expected="401", exchanges=[answer])
    return []


def issued(answer: Answer) -> str | None:
    """Return the JWT that an answer hands out, if it does."""
    body = answer.json()
    members = body.values() if isinstance(body, dict) else ()
    return next((value for value in members if isinstance(value, str) and value.count(".") == 2), None)


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


@forged_tokens_are_refused.broken_by
def any_token_is_accepted(request: Request) -> Generator[None, Answer, None]:
    """The signature is not looked at: a token that will not verify counts as the last one that did."""
    sent = request.headers.get("authorization", "")
    good = request.memory.setdefault("good", set())
    if good and sent.count(".") == 2 and sent not in good:
        request.headers["authorization"] = request.memory["last"]
    answer = yield
    if token := issued(answer):
        request.memory["last"] = f"Bearer {token}"
        good.add(request.memory["last"])


@forged_tokens_are_refused.broken_by
def unsigned_is_good_enough(request: Request) -> Generator[None, Answer, None]:
    """A token without signature is taken at its word."""
    sent = request.headers.get("authorization", "")
    if sent.endswith(".") and "last" in request.memory:
        request.headers["authorization"] = request.memory["last"]
    answer = yield
    if token := issued(answer):
        request.memory["last"] = f"Bearer {token}"


@forged_tokens_are_refused.broken_by
def refused_as_a_bad_request(request: Request) -> Generator[None, Answer, None]:
    """A bad token is answered 400."""
    answer = yield
    if answer.status == 401:
        answer.become(400)
