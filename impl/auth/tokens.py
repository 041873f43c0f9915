"""
Access tokens: minted and verified by python-jose behind a wrapper that trusts nothing by default (RFC 8725, RFC 9068).
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import dataclass

from jose import jwt

from ..contract.authorization import Claims

ISSUER = AUDIENCE = CLIENT = "bookplate"
LONGEST = 2048
MOST_REMEMBERED = 10_000
SHAPE = re.compile(r"\A([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]{43})\Z")
REQUIRED = {f"require_{name}": True for name in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")} | {"leeway": 0}


class BadToken(Exception):
    """The token is malformed, forged or expired."""


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token that was verified: what it says, and from when until when it is good."""

    claims: Claims
    begins: int
    expires: int


class AccessTokens:
    """The minter and verifier of one service; a previous secret is still accepted, never used to mint."""

    def __init__(self, secret: str, previous: str | None, lifetime: int) -> None:
        self.lifetime = lifetime
        keys = [_derive(each) for each in (secret, previous) if each]
        self._keys = {_key_id(key): key for key in keys}
        self._current = _key_id(keys[0])
        # By digest, so that no token lies in memory; verifying one takes as long as all else that is done on the loop.
        self._verified: dict[bytes, _Verified] = {}

    def mint(self, user_id: int, session_id: int) -> str:
        """Sign a token for a session, good for `lifetime` seconds."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "client_id": CLIENT, "sub": str(user_id), "sid": session_id,
            "jti": secrets.token_urlsafe(12), "iat": now, "nbf": now, "exp": now + self.lifetime,
        }  # fmt: skip
        headers = {"typ": "at+jwt", "kid": self._current}
        return str(jwt.encode(claims, self._keys[self._current], algorithm="HS256", headers=headers))

    def verify(self, token: str) -> Claims:
        """
        Verify signature and claims.

        Raises BadToken, whatever is wrong.
        """
        # python-jose lets errors of many kinds escape from hostile tokens; all of them mean the same.
        try:
            digest = hashlib.sha256(token.encode()).digest()
            return self._still_good(self._verified.get(digest) or self._remember(digest, self._verify(token)))
        except Exception:
            raise BadToken from None

    def _remember(self, digest: bytes, verified: "_Verified") -> "_Verified":
        if len(self._verified) >= MOST_REMEMBERED:
            # The one that was verified first.
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = verified
        return verified

    def _still_good(self, verified: "_Verified") -> Claims:
        # Nothing else of what was verified depends on the time.
        now = time.time()
        if verified.expires <= now or verified.begins > now:
            raise BadToken
        return verified.claims

    def _verify(self, token: str) -> "_Verified":
        key = self._keys[self._checked_key_id(token)]
        claims = jwt.decode(token, key, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER, options=REQUIRED)
        times = [claims[name] for name in ("iat", "nbf", "exp")]
        if any(type(each) is not int for each in times) or type(claims["sid"]) is not int:
            raise BadToken
        now = time.time()
        if claims["exp"] <= now or claims["iat"] > now + 1 or claims["exp"] - claims["iat"] > self.lifetime:
            raise BadToken
        if not re.fullmatch(r"[1-9][0-9]{0,15}", claims["sub"]):
            raise BadToken
        return _Verified(
            Claims(int(claims["sub"]), claims["sid"]), max(claims["nbf"], claims["iat"] - 1), claims["exp"]
        )

    def _checked_key_id(self, token: str) -> str:
        shape = SHAPE.match(token) if len(token) <= LONGEST else None
        if not shape:
            raise BadToken
        # Of several spellings of one signature only the canonical one is good.
        signature = shape[2]
        if base64.urlsafe_b64encode(base64.urlsafe_b64decode(signature + "=")).decode().rstrip("=") != signature:
            raise BadToken
        header = json.loads(base64.urlsafe_b64decode(shape[1] + "=" * (-len(shape[1]) % 4)))
        if header != {"alg": "HS256", "typ": "at+jwt", "kid": header["kid"]}:
            raise BadToken
        return str(header["kid"])


def bearer_token(values: list[str]) -> str | None:
    """
    Take the token from the Authorization fields; None without any.

    Raises BadToken for another scheme, several fields or an empty token (RFC 6750, section 2.1).
    """
    if not values:
        return None
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token:
        raise BadToken
    return token


def _derive(secret: str) -> str:
    return hmac.new(secret.encode(), b"access token", hashlib.sha256).hexdigest()


def _key_id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]
