"""Sessions: what a log-in hands out, and that it is good for nothing once it has ended."""

import base64
import json
from dataclasses import replace
from functools import partial
from typing import Any

from ..accounts import Account, Accounts, succeeded, told
from ..client import told_apart
from ..exchange import Exchange
from ..fault import Answer, Request, Steps
from ..operation import Operation, has_role
from ..pointer import look_up, put
from ..rule import SHOULD, NotChecked, Violation, experiment
from ..shelf import Shelf, Visit

CLAIMS = ("iss", "exp", "aud", "sub", "iat", "jti")
NOT_ROTATED = "a refresh token stays good after its use: none takes its place"


def hands_out_tokens(operation: Operation) -> bool:
    return "access" in (operation.auth_role or {})


def ends_tokens(operation: Operation) -> bool:
    role, closes = operation.auth_role or {}, operation.method == "DELETE"
    return role.get("role") in ("log-out", "refresh") or (role.get("role") == "account" and (closes or "proof" in role))


@experiment("AUTH-04", source="RFC 9068, section 2; RFC 6749, section 5.1", level=SHOULD, applies=hands_out_tokens)
def tokens_keep_their_profile(operation: Operation, accounts: Accounts) -> str:
    """
    An access token is an at+jwt with issuer, audience, subject, id and the lifetime announced, never stored on the way.

    What is no JWT is opaque, and its claims are nobody's business. The name of the scheme has no case.
    """
    account = accounts.a if has_role("log-in")(operation) else accounts.renew(accounts.throw_away())
    answer, opaque = account.entered, not (account.token.startswith("eyJ") and account.token.count(".") == 2)
    if not account.token:
        raise NotChecked(f"no token is handed out: {told(answer)}")
    wrong = [] if "no-store" in (answer.header("cache-control") or "").lower() else ["comes without no-store"]
    odd, usual = (accounts.knock({"Authorization": f"{scheme} {account.token}"}) for scheme in ("bEARER", "Bearer"))
    wrong += ["is refused under `bEARER`"] if odd.status == 401 != usual.status else []
    lasts = look_up(answer.json(), (operation.auth_role or {}).get("expires-in", "/-"))
    wrong += [] if opaque else faults_of(account.token, lasts)
    if wrong:
        shown = [*filter(None, [account.made]), answer]
        raise Violation(f"the access token {', '.join(wrong)}", expected="as RFC 9068 has it", exchanges=shown)
    return "claims: the token is opaque" if opaque else ""


def faults_of(token: str, lasts: Any) -> list[str]:
    """Return what is wrong with the parts of a JWT."""
    head, claims = (json.loads(base64.urlsafe_b64decode(part + "===")) for part in token.split(".")[:2])
    wrong = [f"has no {name}" for name in CLAIMS if name not in claims]
    if str(head.get("typ")).lower().removeprefix("application/") != "at+jwt":
        wrong.append(f"has typ {head.get('typ')}")
    if lasts is not None and not wrong and claims["exp"] - claims["iat"] != lasts:
        wrong.append(f"lasts {claims['exp'] - claims['iat']} s, not {lasts}")
    return wrong


@experiment("AUTH-05", source="RFC 9700, section 4.14.2; OWASP API2:2023", applies=ends_tokens)
def what_has_ended_opens_nothing(operation: Operation, accounts: Accounts, shelf: Shelf) -> str:
    """
    Tokens fail after their log-out and with their account, a refresh token after its use, other sessions on a new password.
    """
    account = accounts.throw_away()
    ended, done = ending(operation, account, accounts, shelf)
    succeeded(done, "nothing is ended")
    same = look_up(done.json(), (operation.auth_role or {}).get("refresh", "/-")) in (None, ended.refresh)
    if same and has_role("refresh")(operation):
        return NOT_ROTATED
    for answer in accounts.opened_by(ended):
        raise Violation(f"{told(answer)} after {told(done)}", expected="401", exchanges=[done, answer])
    return ""


def ending(operation: Operation, account: Account, accounts: Accounts, shelf: Shelf) -> tuple[Account, Exchange]:
    """End what an operation ends, and return it with the answer."""
    if has_role("refresh")(operation):
        return replace(account, token=""), accounts.renew(account).entered
    visit, role, body = Visit(operation, account), operation.auth_role or {}, shelf.samples.body(operation)
    if "proof" in role:
        account = accounts.log_in(f"{account.name}_ELSEWHERE", "", account.identifier, account.secret)
        put(body, role["proof"], account.secret)
        put(body, role["secret"], f"{account.secret} anew")
    tag = shelf.read(visit).header("etag") if operation.has_parameter("If-Match", "header") else None
    return account, shelf.write(visit, tag, body)


@experiment("AUTH-06", source="OWASP API2:2023", applies=has_role("log-in"))
def nobody_is_as_wrong_as_somebody(operation: Operation, accounts: Accounts) -> str:
    """An unknown user and a wrong password are one answer: status, header names and content, but for what names the request."""
    account = accounts.throw_away()
    unknown, attempt = f"nobody-{account.identifier}", partial(accounts.attempt, password="the password of nobody")
    if shown := told_apart({each: partial(attempt, each) for each in (account.identifier, unknown)}):
        observed = f"a wrong password: {told(shown[0])}; an unknown user: {told(shown[1])}"
        raise Violation(observed, expected="one answer", exchanges=[*filter(None, [account.made]), *shown])
    return "how long each takes"


def hand_out(answer: Answer, **members: Any) -> None:
    """Hand out tokens with other members."""
    if "access_token" in answer.members:
        answer.put(**members)


@tokens_keep_their_profile.broken_by
def lifetime_is_made_up(request: Request, answer: Answer) -> None:
    """expires_in is another than that of the token."""
    hand_out(answer, expires_in=7)


@tokens_keep_their_profile.broken_by
def tokens_have_no_id(request: Request, answer: Answer) -> None:
    """There is no jti."""
    claims = "eyJpc3MiOiJhIiwiZXhwIjo2MDAsImF1ZCI6ImEiLCJzdWIiOiIxIiwiaWF0IjowfQ"
    hand_out(answer, access_token=f"eyJ0eXAiOiJhdCtqd3QifQ.{claims}.c2lnbmF0dXJl")


@tokens_keep_their_profile.broken_by
def tokens_may_be_stored(request: Request, answer: Answer) -> None:
    """No answer has a Cache-Control."""
    answer.headers.pop("cache-control", None)


@tokens_keep_their_profile.broken_by
def bearer_has_a_capital(request: Request) -> None:
    """The scheme is compared letter by letter."""
    request.edit("authorization", "^(?!Bearer).+", "Unknown")


@what_has_ended_opens_nothing.broken_by
def log_out_is_for_show(request: Request) -> None:
    """Log-out answers and does nothing."""
    if request.path.endswith("/logout"):
        request.method, request.path = "GET", "/api/health/live"


@what_has_ended_opens_nothing.broken_by
def used_refresh_tokens_are_good(request: Request, answer: Answer) -> None:
    """A refresh token that was exchanged once is exchanged again."""
    if request.path.endswith("/refresh") and answer.status == 200:
        request.memory["pair"] = answer.json()
    elif request.path.endswith("/refresh") and "pair" in request.memory:
        answer.become(200, request.memory["pair"])


@what_has_ended_opens_nothing.broken_by
def tokens_outlive_their_account(request: Request, answer: Answer) -> None:
    """Nobody looks whether the session lives: what is well signed is good until it expires."""
    if answer.status == 401 and request.headers.get("authorization", "").count(".") == 2:
        answer.become(200, {})


@what_has_ended_opens_nothing.broken_by
def other_sessions_survive_a_new_password(request: Request) -> None:
    """A new password is not kept, and no session ends."""
    if request.method == "PATCH" and "current_password" in request.members:
        request.rewrite({"display_name": "Somebody"})


def wrong_log_ins(request: Request, known: bool, status: int, **members: str) -> Steps:
    """Answer those log-ins otherwise that are wrong for an account that is there, or for one that is not."""
    answer = yield
    email, signed_up = (request.json() or {}).get("email"), request.memory.setdefault("signed up", set())
    if answer.status == 201:
        signed_up.add(email)
    elif answer.status == 401 and email and (email in signed_up) is known:
        answer.become(status, **members)


@nobody_is_as_wrong_as_somebody.broken_by
def unknown_users_are_not_found(request: Request) -> Steps:
    """Who is not there is 404."""
    yield from wrong_log_ins(request, False, 404)


@nobody_is_as_wrong_as_somebody.broken_by
def a_wrong_password_is_told(request: Request) -> Steps:
    """The detail of a wrong password says that it is one."""
    yield from wrong_log_ins(request, True, 401, detail="The password is wrong.")
