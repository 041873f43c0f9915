"""AUTH-04: access tokens follow the JWT profile."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from bookplate import SHOULD, NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, has_role
from bookplate.faults import Answer, Request
from bookplate.fixtures import User, Users

from ._shared import sign_up_of


def hands_out_tokens(operation: Operation) -> bool:
    return operation.auth_role is not None and operation.auth_role.access is not None


@experiment("AUTH-04", source="RFC 9068, section 2; RFC 6749, section 5.1", level=SHOULD, applies=hands_out_tokens)
def test_tokens_follow_their_profile(operation: Operation, users: Users) -> None:
    """
    An access token that is a JWT has type at+jwt, all registered claims and the lifetime that its answer announces.

    The answer that hands it out has `Cache-Control: no-store`. The name of the scheme is accepted in any case
    (RFC 9110, section 11.1). A token that is no JWT is opaque: its claims are not looked at.

    Why it matters: clients and gateways rely on these claims to renew a token in time and to reject it elsewhere.
    An answer without no-store can leave the token in a cache, where others find it.

    To mend it: set `typ` to `at+jwt` and give each token `iss`, `sub`, `aud`, `exp`, `iat`, `jti` and `client_id`.
    Compute `exp` and `expires_in` from one number. Answer log-ins with `Cache-Control: no-store`, and compare the
    name of the scheme without regard to case.
    """
    user = user_with_token(operation, users)
    answer = user.entered
    if not user.token:
        raise NotChecked(f"no token is handed out: {answer.describe()}")
    is_jwt = user.token.startswith("eyJ") and user.token.count(".") == 2

    wrong = []
    if "no-store" not in (answer.header("cache-control") or "").lower():
        wrong.append("comes without no-store")
    if not scheme_has_no_case(user, users):
        wrong.append("is refused under `bEARER`")
    if is_jwt:
        announced = operation.role_value("expires_in", answer.json())
        wrong.extend(deviations(user.token, announced))
    else:
        partly("claims: the token is opaque", tested="no-store, and the name of the scheme in any case")

    expect.that(
        not wrong,
        f"the access token {', '.join(wrong)}",
        expected="an access token as RFC 9068 describes it",
        shown=[*sign_up_of(user), answer],
    )


def user_with_token(operation: Operation, users: Users) -> User:
    """Return a user that has an access token from the operation: by log-in, or by renewing one."""
    if has_role("log-in")(operation):
        return users.owner
    return users.renew(users.disposable())


def scheme_has_no_case(user: User, users: Users) -> bool:
    """Tell whether the token is accepted under `bEARER` too; yes where it is refused under `Bearer`."""
    scheme = user.keyring.prefix or "Bearer"
    odd = users.probe_token({"Authorization": f"{scheme.swapcase()} {user.token}"})
    usual = users.probe_token({"Authorization": f"{scheme} {user.token}"})
    return odd.status != 401 or usual.status == 401


CLAIMS = ("iss", "exp", "aud", "sub", "iat", "jti")


def deviations(token: str, announced: Any) -> Iterator[str]:
    """Yield what is wrong with header and claims of a JWT; its lifetime is looked at where nothing else is wrong."""
    header, claims = (parsed(part) for part in token.split(".")[:2])
    is_typed = str(header.get("typ")).lower().removeprefix("application/") == "at+jwt"
    missing = [name for name in CLAIMS if name not in claims]
    for name in missing:
        yield f"has no {name}"
    if not is_typed:
        yield f"has typ {header.get('typ')}"
    if missing or not is_typed or announced is None:
        return
    lifetime = claims["exp"] - claims["iat"]
    if lifetime != announced:
        yield f"lasts {lifetime} s, not {announced}"


def parsed(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "==="))


def hand_out(answer: Answer, **members: Any) -> None:
    """Change members of an answer that hands out a token."""
    if "access_token" in answer.members:
        answer.put(**members)


@fault(test_tokens_follow_their_profile)
def wrong_lifetime_is_announced(request: Request, answer: Answer) -> None:
    """`expires_in` differs from the lifetime of the token."""
    hand_out(answer, expires_in=7)


@fault(test_tokens_follow_their_profile)
def tokens_have_no_id(request: Request, answer: Answer) -> None:
    """The token has no `jti`."""
    claims = "eyJpc3MiOiJhIiwiZXhwIjo2MDAsImF1ZCI6ImEiLCJzdWIiOiIxIiwiaWF0IjowfQ"
    hand_out(answer, access_token=f"eyJ0eXAiOiJhdCtqd3QifQ.{claims}.c2lnbmF0dXJl")


@fault(test_tokens_follow_their_profile)
def tokens_may_be_stored(request: Request, answer: Answer) -> None:
    """No answer has a Cache-Control field."""
    answer.headers.pop("cache-control", None)


@fault(test_tokens_follow_their_profile)
def scheme_is_case_sensitive(request: Request) -> None:
    """The name of the scheme is compared letter by letter."""
    request.edit("authorization", "^(?!Bearer).+", "Unknown")
