"""AUTH-04: tokens follow their profile."""

import base64
import json
from typing import Any

from bookplate import SHOULD, NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Answer, Request
from bookplate.fixtures import Users

CLAIMS = ("iss", "exp", "aud", "sub", "iat", "jti")


def hands_out_tokens(operation: Operation) -> bool:
    return operation.auth_role is not None and operation.auth_role.access is not None


@experiment("AUTH-04", source="RFC 9068, section 2; RFC 6749, section 5.1", level=SHOULD, applies=hands_out_tokens)
def test_tokens_follow_their_profile(operation: Operation, users: Users) -> str:
    """
    An access token is an at+jwt with issuer, audience, subject, id and the lifetime announced, never stored on the way.

    What is no JWT is opaque, and its claims are nobody's business. The name of the scheme has no case.
    """
    user = users.owner if has_role("log-in")(operation) else users.renew(users.disposable())
    answer, opaque = user.entered, not (user.token.startswith("eyJ") and user.token.count(".") == 2)
    if not user.token:
        raise NotChecked(f"no token is handed out: {answer.describe()}")
    wrong = [] if "no-store" in (answer.header("cache-control") or "").lower() else ["comes without no-store"]
    odd, usual = (users.probe_token({"Authorization": f"{scheme} {user.token}"}) for scheme in ("bEARER", "Bearer"))
    wrong += ["is refused under `bEARER`"] if odd.status == 401 != usual.status else []
    lasts = operation.role_value("expires_in", answer.json())
    wrong += [] if opaque else faults_of(user.token, lasts)
    if wrong:
        shown = [*filter(None, [user.made]), answer]
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


def hand_out(answer: Answer, **members: Any) -> None:
    """Hand out tokens with other members."""
    if "access_token" in answer.members:
        answer.put(**members)


@fault(test_tokens_follow_their_profile)
def lifetime_is_made_up(request: Request, answer: Answer) -> None:
    """expires_in is another than that of the token."""
    hand_out(answer, expires_in=7)


@fault(test_tokens_follow_their_profile)
def tokens_have_no_id(request: Request, answer: Answer) -> None:
    """There is no jti."""
    claims = "eyJpc3MiOiJhIiwiZXhwIjo2MDAsImF1ZCI6ImEiLCJzdWIiOiIxIiwiaWF0IjowfQ"
    hand_out(answer, access_token=f"eyJ0eXAiOiJhdCtqd3QifQ.{claims}.c2lnbmF0dXJl")


@fault(test_tokens_follow_their_profile)
def tokens_may_be_stored(request: Request, answer: Answer) -> None:
    """No answer has a Cache-Control."""
    answer.headers.pop("cache-control", None)


@fault(test_tokens_follow_their_profile)
def bearer_has_a_capital(request: Request) -> None:
    """The scheme is compared letter by letter."""
    request.edit("authorization", "^(?!Bearer).+", "Unknown")
