"""Access tokens: what python-jose lets through, crashes on or refuses by itself, the wrapper answers one way."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from impl.auth.tokens import AccessTokens, BadToken, bearer_token
from impl.contract.authorization import Claims

SECRET, PREVIOUS = "the present secret of this test " * 2, "the previous secret of this test " * 2
LIFETIME = 600
TOKENS = AccessTokens(SECRET, None, LIFETIME)
KEY_ID = TOKENS._current
KEY = TOKENS._keys[KEY_ID].encode()
HEADER = {"alg": "HS256", "typ": "at+jwt", "kid": KEY_ID}
ABSENT = object()


def claims(**changes: Any) -> dict[str, Any]:
    """Return good claims with some changed or left out."""
    now = int(time.time())
    good = {"iss": "bookplate", "aud": "bookplate", "client_id": "bookplate", "sub": "7", "sid": 3, "jti": "x"}
    content = good | {"iat": now, "nbf": now, "exp": now + 60} | changes
    return {name: value for name, value in content.items() if value is not ABSENT}


def encode(part: object) -> str:
    """Write one part; text goes in as it is."""
    content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def sign(header: object, content: object, digest: str = "sha256") -> str:
    """Write a token with a good signature, whatever its parts say."""
    signed = f"{encode(header)}.{encode(content)}"
    signature = hmac.new(KEY, signed.encode(), digest).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def good(**changes: Any) -> str:
    """Write a token that is good but for the changes to its claims."""
    return sign(HEADER, claims(**changes))


def with_text(name: str, text: str) -> str:
    """Write a token with a claim that is no JSON value, or one that only a text can spell."""
    return sign(HEADER, json.dumps(claims(**{name: "HERE"})).replace('"HERE"', text))


def with_signature(change: Any) -> str:
    """Write a good token and change the text of its signature."""
    head, _, signature = good().rpartition(".")
    return f"{head}.{change(signature)}"


def low_bit(signature: str) -> str:
    """Change a bit of the last letter that no byte of the signature holds."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return signature[:-1] + alphabet[alphabet.index(signature[-1]) ^ 1]


DEEP = "[" * 700 + "]" * 700
HOUR = 3600
REFUSED = {
    "alg none": sign(HEADER | {"alg": "none"}, claims()),
    "alg none without a signature": f"{encode(HEADER | {'alg': 'none'})}.{encode(claims())}.",
    "alg nOnE": sign(HEADER | {"alg": "nOnE"}, claims()),
    "alg list": sign(HEADER | {"alg": ["HS256"]}, claims()),
    "alg object": sign(HEADER | {"alg": {"HS256": 1}}, claims()),
    "alg HS512, well signed": sign(HEADER | {"alg": "HS512"}, claims(), "sha512"),
    "alg HS384, well signed": sign(HEADER | {"alg": "HS384"}, claims(), "sha384"),
    "alg absent": sign({"typ": "at+jwt", "kid": KEY_ID}, claims()),
    "wrong signature": with_signature(lambda signature: signature[::-1]),
    "no signature": with_signature(lambda signature: ""),
    "exp absent": good(exp=ABSENT),
    "exp now": good(exp=int(time.time()), iat=int(time.time()) - 60),
    "exp past": good(exp=int(time.time()) - 1, iat=int(time.time()) - 60),
    "exp text": good(exp=str(int(time.time()) + 60)),
    "exp null": good(exp=None),
    "exp list": good(exp=[int(time.time()) + 60]),
    "exp boolean": good(exp=True),
    "exp fraction": good(exp=time.time() + 60),
    "exp Infinity": with_text("exp", "Infinity"),
    "exp NaN": with_text("exp", "NaN"),
    "exp past every double": with_text("exp", "1e400"),
    "exp of 400 digits": with_text("exp", "9" * 400),
    "exp too far": good(exp=int(time.time()) + LIFETIME + 60),
    "iat absent": good(iat=ABSENT),
    "iat text": good(iat=str(int(time.time()))),
    "iat to come": good(iat=int(time.time()) + HOUR, exp=int(time.time()) + HOUR + 1),
    "nbf absent": good(nbf=ABSENT),
    "nbf to come": good(nbf=int(time.time()) + HOUR),
    "nbf null": good(nbf=None),
    "aud absent": good(aud=ABSENT),
    "aud of another": good(aud="elsewhere"),
    "iss absent": good(iss=ABSENT),
    "iss of another": good(iss="elsewhere"),
    "jti absent": good(jti=ABSENT),
    "sub absent": good(sub=ABSENT),
    "sub number": good(sub=7),
    "sub null": good(sub=None),
    "sub zero": good(sub="0"),
    "sub with a sign": good(sub="+7"),
    "sub in Arabic digits": good(sub="٧"),
    "sub with a line feed": good(sub="7\n"),
    "sub as SQL": good(sub="7 OR 1=1"),
    "sid absent": good(sid=ABSENT),
    "sid text": good(sid="3"),
    "sid boolean": good(sid=True),
    "crit unknown": sign(HEADER | {"crit": ["exp"]}, claims()),
    "b64 false": sign(HEADER | {"b64": False, "crit": ["b64"]}, claims()),
    "typ JWT": sign(HEADER | {"typ": "JWT"}, claims()),
    "typ absent": sign({"alg": "HS256", "kid": KEY_ID}, claims()),
    "jku": sign(HEADER | {"jku": "https://elsewhere.example"}, claims()),
    "jwk": sign(HEADER | {"jwk": {"kty": "oct"}}, claims()),
    "x5u": sign(HEADER | {"x5u": "https://elsewhere.example"}, claims()),
    "zip": sign(HEADER | {"zip": "DEF"}, claims()),
    "kid absent": sign({"alg": "HS256", "typ": "at+jwt"}, claims()),
    "kid unknown": sign(HEADER | {"kid": "00000000"}, claims()),
    "kid list": sign(HEADER | {"kid": [KEY_ID]}, claims()),
    "junk in the signature": with_signature(lambda signature: f"{signature[:10]}!!!!{signature[10:]}"),
    "spaces in the signature": with_signature(lambda signature: f"{signature[:10]}    {signature[10:]}"),
    "padded signature": with_signature(lambda signature: f"{signature}="),
    "low bits of the signature": with_signature(low_bit),
    "standard base64": with_signature(lambda signature: "+/" + signature[2:]),
    "line feed at the end": f"{good()}\n",
    "space in front": f" {good()}",
    "header too deep": sign('{"alg":"HS256","x":' + DEEP + "}", claims()),
    "content too deep": sign(HEADER, '{"x":' + DEEP + "}"),
    "header 20,000 deep": f"{encode('[' * 20000)}.{encode(claims())}.{'A' * 43}",
    "header with a lone surrogate": sign('{"alg":"HS256","typ":"\ud800"}', claims()),
    "lone surrogate in the text": f"{good()}\ud800",
    "beyond ASCII": f"{good()}é",
    "header null": sign("null", claims()),
    "header no JSON": sign("{", claims()),
    "content null": sign(HEADER, "null"),
    "content list": sign(HEADER, [claims()]),
    "content no JSON": sign(HEADER, "{"),
    "longer than 2 KB": good(more="x" * 2048),
    "two parts": good().rpartition(".")[0],
    "four parts": f"{good()}.x",
    "five parts": "a.b.c.d.e",
    "empty": "",
    "dots": "..",
    "secret text null": "null",
    "secret text true": "true",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """The token is bad, and nothing but that is said of it."""
    with pytest.raises(BadToken) as caught:
        TOKENS.verify(REFUSED[name])

    assert str(caught.value) == ""


def test_no_text_is_no_token() -> None:
    """What is no string is a bad token too."""
    with pytest.raises(BadToken):
        TOKENS.verify(None)  # type: ignore[arg-type]


def test_minted_tokens_are_good() -> None:
    """A token that the service mints is good, and says for whom and which session."""
    assert TOKENS.verify(TOKENS.mint(7, 3)) == Claims(7, 3)


def test_hand_made_tokens_are_good() -> None:
    """The table above refuses each row for its change alone: without one the token is good."""
    assert TOKENS.verify(good()) == Claims(7, 3)


def test_of_two_claims_the_last_counts() -> None:
    """Of two claims with one name, under a good signature, the last one counts (RFC 7519, section 4)."""
    text = json.dumps(claims()).replace('"sub": "7"', '"sub": "7", "sub": "8"')

    assert TOKENS.verify(sign(HEADER, text)) == Claims(8, 3)


def test_tokens_differ() -> None:
    """No two tokens are equal, not even of one session in one second."""
    assert TOKENS.mint(7, 3) != TOKENS.mint(7, 3)


def test_previous_secret_is_still_accepted() -> None:
    """After a rotation tokens of the previous secret are good, and new ones are signed with the present one."""
    rotated = AccessTokens(SECRET, PREVIOUS, LIFETIME)
    old, new = AccessTokens(PREVIOUS, None, LIFETIME).mint(7, 3), rotated.mint(7, 3)

    assert rotated.verify(old) == rotated.verify(new) == TOKENS.verify(new) == Claims(7, 3)


def test_other_secrets_are_refused() -> None:
    """A token of a secret that is neither present nor previous is bad."""
    foreign = AccessTokens(hashlib.sha256(b"foreign").hexdigest(), None, LIFETIME).mint(7, 3)

    with pytest.raises(BadToken):
        AccessTokens(SECRET, PREVIOUS, LIFETIME).verify(foreign)


@pytest.mark.parametrize(
    "secret", ["null", "true", '"text"', "[1]", '{"kty": "oct"}', "-----BEGIN PUBLIC KEY-----", "ü"]
)
def test_secrets_are_never_read_as_json_or_keys(secret: str) -> None:
    """A secret that looks like JSON or like a key signs and verifies like any other."""
    tokens = AccessTokens(secret, None, LIFETIME)

    assert tokens.verify(tokens.mint(7, 3)) == Claims(7, 3)


@pytest.mark.parametrize(
    ("values", "token"), [([], None), (["Bearer x"], "x"), (["bearer x"], "x"), (["BEARER x"], "x")], ids=str
)
def test_bearer_token_is_found(values: list[str], token: str | None) -> None:
    """The scheme is compared without regard to case; no field is no token."""
    assert bearer_token(values) == token


@pytest.mark.parametrize(
    "values", [[""], ["Bearer"], ["Bearer "], ["Basic x"], ["x"], ["Bearer x", "Bearer x"]], ids=str
)
def test_bearer_token_is_refused(values: list[str]) -> None:
    """Another scheme, an empty token and two fields are bad."""
    with pytest.raises(BadToken):
        bearer_token(values)
