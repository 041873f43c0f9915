"""AUTH-03: forged tokens are refused."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, takes_tokens
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Clock, Users
from bookplate.wire import Client, Headers

GUESSES = ("", "secret", "changeme", "password", "your-256-bit-secret")


OTHER_CLAIMS = {"sub": "987654321", "role": "admin", "exp": 4102444800, "aud": "another", "iss": "another"}


OTHER_HEADERS = {"kid": "../../dev/null", "jku": "http://127.0.0.1:9/keys", "crit": ["none"], "alg": "RS256"}


BAD_CLAIMS = {"iss": ("x", None), "aud": ("x", None), "sub": ("987654321", ["1"], None), "exp": (9, "soon", None)}


COPY = "an honest copy"


JSON = dict[str, Any]


@experiment("AUTH-03", source="RFC 8725, section 3; RFC 7519, section 4.1", applies=takes_tokens)
def test_forged_tokens_are_refused(operation: Operation, users: Users, client: Client, clock: Clock) -> str:
    """
    Every token that the service did not issue, or no longer stands by, is answered 401.

    The same request with the token it was forged from is not, which shows that the token lived. What is rightly signed
    and wrong in one claim needs the mint hook of contract.toml; that an honest copy passes proves the hook.
    """
    user = users.disposable() if operation.role else users.owner
    nowhere = operation.nowhere
    address, taken = user.address, []
    signed = {name: [("Authorization", f"Bearer {token}")] for name, token in signed_anew(users).items()}
    copy = signed.pop(COPY, None)
    nothing: list[tuple[str, Headers]] = [("nothing at all", [])] if operation.secured else []
    for number, (name, headers) in enumerate([*nothing, *forgeries(user.token), *signed.items()]):
        # Bad tokens count for the address they come from.
        address = users.new_client_address() if number % 5 == 0 else address
        answer = client.call(operation, arguments=nowhere, headers=headers, address=address)
        if answer.status not in ((400, 401) if len(headers) > 1 else (401,)):
            taken.append((name, answer))
    if taken:
        observed = f"{taken[0][1].describe()} with: {', '.join(name for name, _ in taken[:5])}"
        raise Violation(observed, expected="401", exchanges=[taken[0][1]])
    honest = client.call(operation, arguments=nowhere, headers=user.headers(), address=user.address)
    if honest.status == 401:
        raise Violation(f"the good token is refused too: {honest.describe()}", expected="no 401", exchanges=[honest])
    # Where the caller's own session is at stake the copy would end it for all that follow.
    if copy and not operation.role:
        passed = client.call(operation, arguments=nowhere, headers=copy, address=user.address)
        if passed.status == 401:
            raise NotChecked("an honest copy of a token, signed by the mint hook, is refused: mend the hook")
    left = [] if copy else ["tokens rightly signed with wrong claims: no mint hook"]
    return "; ".join([*left, *expired(operation, clock)])


def signed_anew(users: Users) -> dict[str, str]:
    """Return tokens that the mint hook signed for all operations, the one called COPY with nothing changed."""
    if not users.minted and "mint" in users.config.hooks:
        head, claims = (decoded(part) for part in f"{users.disposable().token}..".split(".")[:2])
        wanted = {name: {"header": header, "claims": payload} for name, header, payload in wrong(head, claims)}
        users.minted = dict(zip(wanted, users.mint(wanted.values()), strict=True)) if claims else {}
    return users.minted


def wrong(head: JSON, claims: JSON) -> Iterator[tuple[str, JSON, JSON]]:
    """Yield header and claims that are wrong in one thing; what the service does not use cannot be wrong."""
    yield COPY, head, claims
    yield "not yet good", head, claims | {"nbf": claims.get("exp", 4102444800) - 5}
    if head.get("typ") == "at+jwt":
        yield "a token of another type", head | {"typ": "JWT"}, claims
    for name, values in BAD_CLAIMS.items():
        for value in values if name in claims else ():
            changed = {**claims, name: value}
            yield f"{name} {value or 'left out'}", head, {k: v for k, v in changed.items() if v is not None}


def expired(operation: Operation, clock: Clock) -> list[str]:
    """Send a token that has expired; return why this was not done, if so."""
    try:
        session = clock.session
        token = session.users.expired
    except NotChecked as reason:
        return [f"an expired token: {reason}"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = session.client.call(operation, arguments=operation.nowhere, headers=headers)
    if answer.status != 401:
        raise Violation(f"{answer.describe()} with an expired token", expected="401", exchanges=[answer])
    return []


def issued(answer: Answer) -> str | None:
    """Return the JWT that an answer hands out, if it does."""
    members = answer.members.values()
    return next((value for value in members if isinstance(value, str) and value.count(".") == 2), None)


def forgeries(good: str) -> Iterator[tuple[str, Headers]]:
    """Yield a name and the headers of each forgery that can be made of a good bearer token."""
    made = [*battered(good), *(re_signed(good) if good.count(".") == 2 else ())]
    yield from ((name, [("Authorization", f"Bearer {token}")]) for name, token in made if token != good)
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
    for name, change in OTHER_CLAIMS.items():
        yield f"claim {name} changed", f"{head}.{encoded(decoded(payload) | {name: change})}.{signature}"
    for name, extra in OTHER_HEADERS.items():
        yield f"header {name} changed", f"{encoded(decoded(head) | {name: extra})}.{payload}.{signature}"
    deep = f'{{"alg":"HS256","x":{"[" * 1800}{"]" * 1800}}}'
    yield "deeply nested header", f"{text(deep.encode())}.{payload}.{signature}"


def re_signed(good: str) -> Iterator[tuple[str, str]]:
    """Yield tokens signed by nothing, and by keys that anybody would guess."""
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


def waved_through(request: Request, blind: Callable[[JSON, JSON, JSON], bool]) -> Steps:
    """Let a token that is rightly signed, as far as its parts say, pass as the last good one where a check is blind to it."""
    parts = request.headers.get("authorization", "").removeprefix("Bearer ").split(".")
    seen, last = request.memory.setdefault("seen", set()), request.memory.get("last", "")
    rightly_signed = last and len(parts) == 3 and parts[2] not in seen
    if rightly_signed and blind(decoded(parts[0]), decoded(parts[1]), decoded(last.split(".")[1])):
        request.headers["authorization"] = last
    answer = yield
    if token := issued(answer):
        request.memory["last"] = f"Bearer {token}"
        seen.add(token.rpartition(".")[2])


@fault(test_forged_tokens_are_refused)
def any_token_is_accepted(request: Request) -> Steps:
    """The signature is not looked at."""
    yield from waved_through(request, lambda head, claims, good: True)


@fault(test_forged_tokens_are_refused)
def unsigned_is_good_enough(request: Request) -> Steps:
    """A token is verified by the algorithm that it names itself, which may be none."""
    yield from waved_through(request, lambda head, claims, good: str(head.get("alg")).lower() == "none")


@fault(test_forged_tokens_are_refused)
def tokens_for_another_audience_pass(request: Request) -> Steps:
    """`aud` is not looked at."""
    yield from waved_through(request, lambda head, claims, good: claims.get("aud") != good.get("aud"))


@fault(test_forged_tokens_are_refused)
def tokens_of_another_issuer_pass(request: Request) -> Steps:
    """`iss` is compared only where it is there."""
    yield from waved_through(request, lambda head, claims, good: "iss" not in claims)


@fault(test_forged_tokens_are_refused)
def tokens_without_end_live_for_ever(request: Request) -> Steps:
    """`exp` is looked at only where it is there."""
    yield from waved_through(request, lambda head, claims, good: "exp" not in claims)


@fault(test_forged_tokens_are_refused)
def tokens_work_before_their_time(request: Request) -> Steps:
    """`nbf` is not looked at."""
    yield from waved_through(request, lambda head, claims, good: claims.get("nbf", 0) > good.get("iat", 0) + 60)


@fault(test_forged_tokens_are_refused)
def any_type_of_token_opens_the_door(request: Request) -> Steps:
    """`typ` is not looked at, so that an identity token of the same service will do."""
    yield from waved_through(request, lambda head, claims, good: head.get("typ") == "JWT")


@fault(test_forged_tokens_are_refused, statuses=(401,))
def refused_as_a_bad_request(request: Request, answer: Answer) -> None:
    """A bad token is answered 400."""
    answer.become(400)
