"""Who calls: what Authorization says."""

import re
from dataclasses import dataclass
from typing import Any

from .accounts import Account, Session
from .messages import Refused

BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")
CHALLENGE = 'Bearer realm="bookplate"'


@dataclass(frozen=True)
class Caller:
    """An account, with the session of its token."""

    account: Account
    session: Session


def token_of(field: str | None, *, refuses_others: bool = False) -> str | None:
    """Return the token of Authorization; None where there is none, or where another scheme is used. Raises Refused."""
    if field is None:
        return None
    found = BEARER.fullmatch(field.strip())
    if found:
        return found[1]
    if re.match(r"(?i:bearer)\b", field.strip()) or refuses_others:
        raise invalid_token()
    return None


def missing_token() -> Refused:
    return Refused(
        401, "missing_token", "Send an access token: Authorization: Bearer TOKEN.", WWW_Authenticate=CHALLENGE
    )


def invalid_token() -> Refused:
    challenge = f'{CHALLENGE}, error="invalid_token"'
    return Refused(401, "invalid_token", "The access token is malformed, expired or ended.", WWW_Authenticate=challenge)


def bad_credentials(code: str) -> Refused:
    detail = "There is no account with this email and password." if code == "invalid_credentials" else "Log in again."
    return Refused(401, code, detail, WWW_Authenticate=CHALLENGE)


def subject(claims: dict[str, Any]) -> int:
    return int(claims["sub"]) if claims["sub"].isdecimal() else 0
