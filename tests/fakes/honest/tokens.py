"""Access tokens: JWT of type at+jwt (RFC 9068), signed with HMAC and SHA-256."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

LIFETIME = 600
ISSUER = "honest library"
AUDIENCE = "honest library clients"
KINDS = ("at+jwt", "application/at+jwt")


class Tokens:
    def __init__(self, secret: str) -> None:
        self.key = hashlib.sha256(b"access:" + secret.encode()).digest()

    def issue(self, subject: int, session: str, now: float) -> str:
        """Return a new token for a session of an account."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(subject),
            "client_id": "library",
            "sid": session,
            "jti": secrets.token_hex(8),
            "iat": int(now),
            "exp": int(now) + LIFETIME,
        }
        signed = f"{encoded(json.dumps({'alg': 'HS256', 'typ': 'at+jwt'}))}.{encoded(json.dumps(claims))}"
        return f"{signed}.{self.signature(signed)}"

    def signature(self, signed: str) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self.key, signed.encode(), "sha256")).decode().rstrip("=")

    def read(self, token: str, now: float) -> dict[str, Any] | None:
        """Return the claims of a token that is one of ours and has not expired, else None."""
        try:
            head, body, signature = token.encode("ascii").decode().split(".")
            header, claims = json.loads(decoded(head)), json.loads(decoded(body))
        except (ValueError, RecursionError):
            return None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            return None
        if not hmac.compare_digest(signature, self.signature(f"{head}.{body}")):
            return None
        if header.get("alg") != "HS256" or header.get("typ") not in KINDS or "crit" in header:
            return None
        return claims if are_good(claims, now) else None


def are_good(claims: dict[str, Any], now: float) -> bool:
    texts = all(isinstance(claims.get(name), str) for name in ("iss", "sub", "sid", "jti", "client_id"))
    times = all(is_time(claims.get(name)) for name in ("iat", "exp")) and is_time(claims.get("nbf", 0))
    audience = claims.get("aud")
    is_meant = audience == AUDIENCE or (isinstance(audience, list) and AUDIENCE in audience)
    if not (texts and times and is_meant and claims["iss"] == ISSUER):
        return False
    return bool(claims["iat"] <= now + 1 and claims.get("nbf", 0) <= now + 1 and now < claims["exp"])


def is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Return what a part of a token says; raises ValueError where it is not written as it has to be."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != text:
        raise ValueError("the last character has bits that mean nothing")
    return raw
