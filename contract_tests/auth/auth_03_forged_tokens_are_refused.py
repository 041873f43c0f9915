"""AUTH-03: a token that the service did not issue opens nothing."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, takes_tokens
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Clock, User, Users
from bookplate.wire import Client, Credential, Exchange, Headers

JSON = dict[str, Any]

# The name of the token that the mint hook signs with nothing changed.
COPY = "an unchanged copy"
FORGED = "tokens that the service did not sign"


@experiment("AUTH-03", source="RFC 8725, section 3; RFC 7519, section 4.1", applies=takes_tokens)
def test_forged_tokens_are_refused(operation: Operation, users: Users, client: Client, clock: Clock) -> None:
    """
    A token that the service did not issue, or that has expired, is answered 401.

    The law applies where a security scheme takes bearer tokens.
    Each forgery is made from a good token, with which the same request is not answered 401: so that token was alive. An
    operation that refuses the request for another reason first, with and without the good token, is not checked. So is
    one that asks for no credentials, documents a 401 all the same, and looks at no token.
    Where it documents no 401, a 403 is as good.
    Tokens with a right signature and one wrong claim are signed by the mint hook of bookplate.toml. An unchanged copy,
    signed by the hook, is accepted, which proves the hook.

    Why it matters: an attacker who can forge a token acts as any user, or as an administrator, without a password.
    """
    user = user_to_forge(operation, users)
    good_token = user.bearer_token()
    signed = {name: bearer(token) for name, token in signed_by_the_hook(users).items()}
    copy = signed.pop(COPY, None)
    forged = [*without_credentials(operation), *forgeries(good_token), *signed.items()]

    answers = send_forgeries(operation, forged, user, users, client)
    accepted = {name: answer for name, answer in answers.items() if answer.status != 401}
    good = client.call(
        operation, arguments=operation.nowhere, credential=user.shown_to(operation), address=user.address
    )
    require_credentials_looked_at(accepted.get(NOTHING), good)
    if not operation.secured:
        require_tokens_looked_at(accepted.get(GARBAGE), good)
    for name, answer in answers.items():
        expect.status(refusals_documented(operation), answer, what=f"with {', '.join(list(accepted)[:5]) or name}")

    if copy is None:
        partly("tokens rightly signed with wrong claims: no mint hook", tested=FORGED)
    else:
        copy_is_accepted(operation, copy, user, client)
    expired_token_is_refused(operation, clock)


def user_to_forge(operation: Operation, users: Users) -> User:
    """Return the user whose token is forged: a user of its own where the operation could end a session."""
    if operation.role:
        return users.disposable()
    return users.owner


def without_credentials(operation: Operation) -> list[tuple[str, Headers]]:
    """Return the request without credentials, for an operation that needs some."""
    if operation.secured:
        return [(NOTHING, [])]
    return []


def require_credentials_looked_at(without: Exchange | None, good: Exchange) -> None:
    """
    Raise NotChecked where the answer tells nothing of the token.

    `without` is the answer without credentials, where that was not refused as such, `good` the one with the good token.
    """
    if good.status == 401:
        raise NotChecked(f"the good token is refused: {good.describe()}")
    if without is not None and good.status >= 400 and without.status == good.status:
        raise NotChecked(f"it refuses the request before it looks at credentials: {without.describe()}")


def require_tokens_looked_at(garbage: Exchange | None, good: Exchange) -> None:
    """Raise NotChecked where an operation that asks for no credentials answers to a token that is none as to a good one."""
    if garbage is not None and garbage.status == good.status:
        raise NotChecked(f"it asks for no credentials and looks at no token: {garbage.describe()}")


def refusals_documented(operation: Operation) -> tuple[int, ...]:
    """Return the statuses by which an operation may refuse credentials: 401, and 403 where it documents no 401."""
    return (401,) if operation.documents(401) else (401, 403)


# The name of the request without credentials.
NOTHING = "nothing at all"
# The name of a token that is none in any form.
GARBAGE = "garbage"
REQUESTS_FROM_ONE_ADDRESS = 5


def send_forgeries(
    operation: Operation, forged: list[tuple[str, Headers]], user: User, users: Users, client: Client
) -> dict[str, Exchange]:
    """
    Send each forgery, and return the answers by name.

    What the operation asks for beside the token, such as an API key, comes with each of them.
    """
    answers = {}
    others = user.shown_to(operation).without_header("Authorization")
    address = ""
    for number, (name, headers) in enumerate(forged):
        if number % REQUESTS_FROM_ONE_ADDRESS == 0:
            # Bad tokens count for the address they come from.
            address = users.new_client_address()
        credential = others if headers else Credential()
        answers[name] = client.call(
            operation, arguments=operation.nowhere, headers=headers, credential=credential, address=address
        )
    return answers


def copy_is_accepted(operation: Operation, copy: Headers, user: User, client: Client) -> None:
    """Raise NotChecked where an unchanged copy, signed by the hook, is refused: its forgeries then prove nothing."""
    if operation.role:
        # The caller's own session is at stake: the copy would end it for all requests that follow.
        return
    others = user.shown_to(operation).without_header("Authorization")
    answer = client.call(operation, arguments=operation.nowhere, headers=copy, credential=others, address=user.address)
    if answer.status == 401:
        raise NotChecked("an honest copy of a token, signed by the mint hook, is refused: mend the hook")


def expired_token_is_refused(operation: Operation, clock: Clock) -> None:
    """Send a token that has expired, where a clock can be moved."""
    try:
        session = clock.session
        token = session.users.expired
    except NotChecked as reason:
        partly(f"an expired token: {reason}", tested=FORGED)
        return
    answer = session.client.call(operation, arguments=operation.nowhere, headers=bearer(token))
    expect.status(401, answer, what="with an expired token")


def bearer(token: str) -> Headers:
    return [("Authorization", f"Bearer {token}")]


# Tokens that the mint hook signs: right in all but one thing.


def signed_by_the_hook(users: Users) -> Mapping[str, str]:
    """Return tokens that the mint hook signed, the same ones for all operations; COPY has nothing changed."""
    if not users.minted and "mint" in users.config.hooks:
        users.minted = sign(users, users.disposable().token)
    return users.minted


def sign(users: Users, good: str) -> dict[str, str]:
    """Have the hook sign variations of a good token; none where that is no JWT with claims."""
    parts = good.split(".")
    if len(parts) < 2:
        return {}
    head, claims = decoded(parts[0]), decoded(parts[1])
    if not claims:
        return {}
    wanted = {name: {"header": header, "claims": payload} for name, header, payload in variations(head, claims)}
    tokens = users.mint(wanted.values())
    return dict(zip(wanted, tokens, strict=True))


# Values that are wrong in a token with a right signature; None leaves the claim out.
BAD_CLAIMS = {"iss": ("x", None), "aud": ("x", None), "sub": ("987654321", ["1"], None), "exp": (9, "soon", None)}
FAR_FUTURE = 4102444800


def variations(head: JSON, claims: JSON) -> Iterator[tuple[str, JSON, JSON]]:
    """Yield name, header and claims that are wrong in one thing; what the service does not use cannot be wrong."""
    yield COPY, head, claims
    yield "not yet good", head, claims | {"nbf": claims.get("exp", FAR_FUTURE) - 5}
    if head.get("typ") == "at+jwt":
        yield "a token of another type", head | {"typ": "JWT"}, claims
    for name, values in BAD_CLAIMS.items():
        if name in claims:
            for value in values:
                yield f"{name} {value or 'left out'}", head, with_claim(claims, name, value)


def with_claim(claims: JSON, name: str, value: Any) -> JSON:
    """Return claims with another value of one of them, or without it where the value is None."""
    others = {key: held for key, held in claims.items() if key != name}
    return others if value is None else {**others, name: value}


# Tokens that anybody can make from a good one.


def forgeries(good: str) -> Iterator[tuple[str, Headers]]:
    """Yield name and headers of each forgery that can be made of a good bearer token."""
    for name, token in forged_tokens(good):
        if token != good:
            yield name, bearer(token)
    yield "scheme alone", [("Authorization", "Bearer")]
    yield "Basic instead of Bearer", [("Authorization", f"Basic {good}")]
    yield "no scheme", [("Authorization", good)]
    yield "two tokens in one header", bearer(f"{good} {good}")


def forged_tokens(good: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each forged token and the token; more of them where the good one is a JWT."""
    yield GARBAGE, "garbage"
    yield "dots alone", ".."
    yield "oversized", "A" * 6000
    yield "a good token and a tail", f"{good}.{good.rpartition('.')[2]}"
    if good.count(".") == 2:
        yield from with_wrong_signature(good)
        yield from with_wrong_content(good)
        yield from re_signed(good)
    else:
        yield "first character changed", flipped(good)


def with_wrong_signature(good: str) -> Iterator[tuple[str, str]]:
    """Yield tokens whose content is right and whose signature is not."""
    head, payload, signature = good.split(".")
    yield "signature changed", f"{head}.{payload}.{flipped(signature)}"
    yield "signature removed", f"{head}.{payload}."
    yield "signature and its dot removed", f"{head}.{payload}"
    yield "signature cut short", f"{head}.{payload}.{signature[:-4]}"
    yield "signature of another length", f"{head}.{payload}.{signature}AAAA"


# Values that replace those of a good token, whose signature is then wrong.
OTHER_CLAIMS = {"sub": "987654321", "role": "admin", "exp": 4102444800, "aud": "another", "iss": "another"}
OTHER_HEADERS = {"kid": "../../dev/null", "jku": "http://127.0.0.1:9/keys", "crit": ["none"], "alg": "RS256"}


def with_wrong_content(good: str) -> Iterator[tuple[str, str]]:
    """Yield tokens whose signature belongs to other content."""
    head, payload, signature = good.split(".")
    for name, value in OTHER_CLAIMS.items():
        yield f"claim {name} changed", f"{head}.{encoded(decoded(payload) | {name: value})}.{signature}"
    for name, value in OTHER_HEADERS.items():
        yield f"header {name} changed", f"{encoded(decoded(head) | {name: value})}.{payload}.{signature}"
    deep = f'{{"alg":"HS256","x":{"[" * 1800}{"]" * 1800}}}'
    yield "deeply nested header", f"{base64url(deep.encode())}.{payload}.{signature}"


# Keys that anybody would guess.
GUESSED_KEYS = ("", "secret", "changeme", "password", "your-256-bit-secret")


def re_signed(good: str) -> Iterator[tuple[str, str]]:
    """Yield tokens signed by no key (RFC 8725, section 2.1), and by keys that anybody would guess."""
    head, payload, signature = good.split(".")
    for algorithm in ("none", "None", "nOnE", "NONE", ""):
        unsigned = encoded(decoded(head) | {"alg": algorithm})
        yield f"alg '{algorithm}' without signature", f"{unsigned}.{payload}."
        yield f"alg '{algorithm}' with the old signature", f"{unsigned}.{payload}.{signature}"
    for key in GUESSED_KEYS:
        signed = f"{encoded(decoded(head) | {'alg': 'HS256'})}.{payload}"
        digest = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
        yield f"signed with the key '{key}'", f"{signed}.{base64url(digest)}"


def flipped(part: str) -> str:
    """Change the first character: the last one may carry bits that nobody reads."""
    first = "B" if part[:1] == "A" else "A"
    return first + part[1:]


def decoded(part: str) -> JSON:
    """Return the object in a part of a JWT; an empty one where it holds none."""
    padding = "=" * (-len(part) % 4)
    try:
        value = json.loads(base64.urlsafe_b64decode(part + padding))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def encoded(value: JSON) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def base64url(data: bytes) -> str:
    """Return data as RFC 7515, section 2, writes it: without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# Faults: each overlooks one thing in a token that is rightly signed, as far as its parts say.


def accept_where(request: Request, overlooked: Callable[[JSON, JSON, JSON], bool]) -> Steps:
    """
    Treat a token as the last good one where its header, its claims and the good claims satisfy a condition.

    A token with a signature that was issued before is left alone: its content may have been changed.
    """
    authorization = request.headers.get("authorization", "")
    parts = authorization.removeprefix("Bearer ").split(".")
    issued_signatures = request.memory.setdefault("signatures", set())
    last = request.memory.get("last")
    if last is not None and len(parts) == 3 and parts[2] not in issued_signatures:
        header, claims, good_claims = decoded(parts[0]), decoded(parts[1]), decoded(last.split(".")[1])
        if overlooked(header, claims, good_claims):
            request.headers["authorization"] = last

    answer = yield

    token = issued_token(answer)
    if token is not None:
        request.memory["last"] = f"Bearer {token}"
        issued_signatures.add(token.rpartition(".")[2])


def issued_token(answer: Answer) -> str | None:
    """Return the JWT that an answer hands out; None where it hands out none."""
    texts = [value for value in answer.members.values() if isinstance(value, str)]
    return next((text for text in texts if text.count(".") == 2), None)


@fault(test_forged_tokens_are_refused)
def signature_is_not_verified(request: Request) -> Steps:
    """The signature is not verified."""
    yield from accept_where(request, lambda header, claims, good: True)


@fault(test_forged_tokens_are_refused)
def unsigned_tokens_are_accepted(request: Request) -> Steps:
    """A token is verified by the algorithm that it names itself, which may be none."""
    yield from accept_where(request, lambda header, claims, good: str(header.get("alg")).lower() == "none")


@fault(test_forged_tokens_are_refused)
def audience_is_not_compared(request: Request) -> Steps:
    """`aud` is not compared: tokens for another service are accepted."""
    yield from accept_where(request, lambda header, claims, good: claims.get("aud") != good.get("aud"))


@fault(test_forged_tokens_are_refused)
def issuer_may_be_missing(request: Request) -> Steps:
    """`iss` is compared only where the token has it."""
    yield from accept_where(request, lambda header, claims, good: "iss" not in claims)


@fault(test_forged_tokens_are_refused)
def expiry_may_be_missing(request: Request) -> Steps:
    """`exp` is compared only where the token has it: a token without it never expires."""
    yield from accept_where(request, lambda header, claims, good: "exp" not in claims)


@fault(test_forged_tokens_are_refused)
def not_before_is_ignored(request: Request) -> Steps:
    """`nbf` is ignored: a token is accepted before its time."""
    yield from accept_where(request, lambda header, claims, good: claims.get("nbf", 0) > good.get("iat", 0) + 60)


@fault(test_forged_tokens_are_refused)
def type_of_token_is_ignored(request: Request) -> Steps:
    """`typ` is ignored: an identity token of the same service is accepted as an access token."""
    yield from accept_where(request, lambda header, claims, good: header.get("typ") == "JWT")


@fault(test_forged_tokens_are_refused, statuses=(401,))
def bad_token_is_a_bad_request(request: Request, answer: Answer) -> None:
    """A bad token is answered 400."""
    answer.become(400)
