"""AUTH-03: a token that the service did not issue opens nothing."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, has_body, is_for_roles, takes_tokens
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import (
    COPY,
    GARBAGE,
    MALFORMED,
    OVERSIZED,
    WITHOUT_TOKEN,
    Clock,
    Resources,
    User,
    Users,
    bearer,
    decoded,
    forged_headers,
    variations,
)
from bookplate.wire import Credential, Exchange, Headers

JSON = dict[str, Any]

FORGED = "tokens that the service did not sign"


@experiment("AUTH-03", source="RFC 8725, section 3; RFC 7519, section 4.1", owasp=("API2:2023",), applies=takes_tokens)
def test_forged_tokens_are_refused(operation: Operation, users: Users, resources: Resources, clock: Clock) -> None:
    """
    A token that the service did not issue, or that has expired, is answered 401.

    The law applies where a security scheme takes bearer tokens.
    Each forgery is made from a good token, with which the same request is not answered 401: so that token was alive. An
    operation that refuses the request for another reason first is sent valid content. Where it does so all the same, with
    and without the good token, it is not checked. So is one that asks for no credentials, documents a 401 all the same,
    and looks at no token.
    To an operation that asks for no credentials those of another scheme, or of none, are no token, and it is not sent them.
    Where it documents no 401, a 403 is as good. A field that no grammar allows may be answered 400 (RFC 6750, section 3.1),
    and a token that is too long 431.
    A redirect that the good token does not get, such as one to a page for logging in, opens nothing either.
    Tokens with a right signature and one wrong claim are signed by the mint hook of bookplate.toml. An unchanged copy,
    signed by the hook, is accepted, which proves the hook.

    Why it matters: an attacker who can forge a token acts as any user, or as an administrator, without a password.

    To mend it: let a library verify the token, with a fixed list of algorithms and keys that the service holds
    itself. Tell it to demand `exp`, `iss`, `aud` and the type of token, and compare them whole. Answer 401 for
    every token that does not pass, whatever is wrong with it.
    """
    user = user_to_forge(operation, users)
    good_token = user.bearer_token()
    signed = {name: bearer(token) for name, token in signed_by_the_hook(users).items()}
    copy = signed.pop(COPY, None)
    forged = [*without_credentials(operation), *made_of(good_token, operation), *signed.items()]

    door = Door(operation, user, users)
    answers, good = door.try_all(forged), door.with_good_token()
    if operation.secured and has_body(operation) and is_refused_before(answers[NOTHING], good):
        door.content = resources.samples.body(operation)
        answers, good = door.try_all(forged), door.with_good_token()
    refused = {name: refusals(operation, name, is_led_away=is_led_away(answers[name], good)) for name in answers}
    accepted = {name: answer for name, answer in answers.items() if answer.status not in refused[name]}
    require_credentials_looked_at(accepted.get(NOTHING), good)
    if not operation.secured:
        require_tokens_looked_at(accepted.get(GARBAGE), good)
    for name, answer in answers.items():
        expect.status(refused[name], answer, what=f"with a forged token ({', '.join(list(accepted)[:5]) or name})")

    if copy is None:
        partly("tokens rightly signed with wrong claims: no mint hook", tested=FORGED)
    else:
        copy_is_accepted(door, copy)
    expired_token_is_refused(operation, clock, door.content)


def user_to_forge(operation: Operation, users: Users) -> User:
    """
    Return the user whose token is forged: a user of its own where the operation could end a session.

    For an operation that the document has for a role alone it is who has the role, where that is a user with a token:
    of anybody else's good token nothing can be seen there but that it lacks the role.
    """
    if operation.may_end_its_caller:
        return users.disposable()
    holders = [users.find(role) for role in operation.roles] if is_for_roles(operation) else []
    able = [holder for holder in holders if holder is not None and holder.token and operation.declares_access]
    return able[0] if able else users.owner


def without_credentials(operation: Operation) -> list[tuple[str, Headers]]:
    """Return the request without credentials, for an operation that needs some."""
    if operation.secured:
        return [(NOTHING, [])]
    return []


def made_of(good_token: str, operation: Operation) -> list[tuple[str, Headers]]:
    """Return the forgeries; for an operation that asks for no credentials without those that are no bearer token at all."""
    forged = [*forged_headers(good_token)]
    return [(name, each) for name, each in forged if operation.secured or name not in WITHOUT_TOKEN]


def is_refused_before(without: Exchange, good: Exchange) -> bool:
    """Tell whether a request without credentials is refused as the one with a good token is: for another reason."""
    return without.status != 401 and good.status >= 400 and without.status == good.status


def is_led_away(answer: Exchange, good: Exchange) -> bool:
    """Tell whether a redirect has led to another path than the request with the good token ended at."""
    return answer.path != good.path


def require_credentials_looked_at(without: Exchange | None, good: Exchange) -> None:
    """
    Raise NotChecked where the answer tells nothing of the token.

    `without` is the answer without credentials, where that was not refused as such, `good` the one with the good token.
    """
    if good.status == 401:
        raise NotChecked(f"the good token is refused: {good.describe()}")
    if without is not None and is_refused_before(without, good):
        raise NotChecked(f"it refuses the request before it looks at credentials: {without.describe()}")


def require_tokens_looked_at(garbage: Exchange | None, good: Exchange) -> None:
    """Raise NotChecked where an operation that asks for no credentials answers to a token that is none as to a good one."""
    if garbage is not None and garbage.status == good.status:
        raise NotChecked(f"it asks for no credentials and looks at no token: {garbage.describe()}")


def refusals(operation: Operation, name: str, *, is_led_away: bool = False) -> Collection[int]:
    """
    Return the statuses by which an operation may refuse a forgery: 401, and 403 where it documents no 401.

    Whatever answers a request that a redirect has led away does not say that the operation was opened.
    """
    if is_led_away:
        return range(100, 600)
    usual = (401,) if operation.answers_with(401) else (401, 403)
    if name == OVERSIZED:
        return (*usual, 400, 431)
    return (*usual, 400) if name in MALFORMED else usual


# The name of the request without credentials.
NOTHING = "nothing at all"
REQUESTS_FROM_ONE_ADDRESS = 5


@dataclass
class Door:
    """
    The request that is sent with each token: it leads to nothing, and has content where that is needed to be looked at.

    What the operation asks for beside the token, such as an API key, comes with each of them.
    """

    operation: Operation
    user: User
    users: Users
    content: Any = None

    def try_all(self, forged: list[tuple[str, Headers]]) -> dict[str, Exchange]:
        """Send each forgery, and return the answers by name."""
        answers = {}
        address = ""
        for number, (name, headers) in enumerate(forged):
            if number % REQUESTS_FROM_ONE_ADDRESS == 0:
                # Bad tokens count for the address they come from.
                address = self.users.new_client_address()
            answers[name] = self.send(headers, self.beside_the_token if headers else Credential(), address)
        return answers

    @property
    def beside_the_token(self) -> Credential:
        return self.user.shown_to(self.operation).without_header("Authorization")

    def with_good_token(self) -> Exchange:
        return self.send([], self.user.shown_to(self.operation), self.user.address)

    def send(self, headers: Headers, credential: Credential, address: str) -> Exchange:
        return self.users.client.call(
            self.operation,
            arguments=self.operation.nowhere,
            headers=headers,
            body=self.content,
            credential=credential,
            address=address,
        )


def copy_is_accepted(door: Door, copy: Headers) -> None:
    """Raise NotChecked where an unchanged copy, signed by the hook, is refused: its forgeries then prove nothing."""
    if door.operation.may_end_its_caller:
        # The caller's own session is at stake: the copy would end it for all requests that follow.
        return
    answer = door.send(copy, door.beside_the_token, door.user.address)
    if answer.status == 401:
        raise NotChecked("an honest copy of a token, signed by the mint hook, is refused: mend the hook")


def expired_token_is_refused(operation: Operation, clock: Clock, content: Any) -> None:
    """Send a token that has expired, where a clock can be moved."""
    try:
        session = clock.session
        token = session.users.expired
    except NotChecked as reason:
        partly(f"an expired token: {reason}", tested=FORGED)
        return
    answer = session.client.call(operation, arguments=operation.nowhere, headers=bearer(token), body=content)
    expect.status(401, answer, what="with an expired token")


# Tokens that the mint hook signs: right in all but one thing.


def signed_by_the_hook(users: Users) -> Mapping[str, str]:
    """Return tokens that the mint hook signed, the same ones for all operations; COPY has nothing changed."""
    if "mint" not in users.config.hooks:
        return {}
    return users.minted_from(lambda good: sign(users, good))


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


@fault(test_forged_tokens_are_refused)
def start_of_the_issuer_is_enough(request: Request) -> Steps:
    """`iss` is compared up to the length of the right one."""
    yield from accept_where(request, lambda header, claims, good: goes_on(claims.get("iss"), good.get("iss")))


@fault(test_forged_tokens_are_refused)
def case_of_the_audience_is_ignored(request: Request) -> Steps:
    """`aud` is compared in lower case."""
    yield from accept_where(request, lambda header, claims, good: is_respelt(claims.get("aud"), good.get("aud")))


def goes_on(text: Any, start: Any) -> bool:
    return isinstance(text, str) and isinstance(start, str) and text != start and text.startswith(start)


def is_respelt(text: Any, other: Any) -> bool:
    return isinstance(text, str) and text != other and text.lower() == str(other).lower()


@fault(test_forged_tokens_are_refused)
def header_names_its_own_key(request: Request) -> Steps:
    """A token is verified with the key that its header brings."""
    yield from accept_where(request, lambda header, claims, good: "jwk" in header)


@fault(test_forged_tokens_are_refused)
def key_is_guessed(request: Request) -> Steps:
    """Tokens are signed with the key `secret`."""
    signed, _, signature = request.headers.get("authorization", "").removeprefix("Bearer ").rpartition(".")
    digest = hmac.new(b"secret", signed.encode(), hashlib.sha256).digest()
    is_signed_so = signature == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    yield from accept_where(request, lambda header, claims, good: is_signed_so)


@fault(test_forged_tokens_are_refused, statuses=(401,))
def bad_token_is_a_bad_request(request: Request, answer: Answer) -> None:
    """A bad token is answered 400."""
    answer.become(400)
