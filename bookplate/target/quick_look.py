"""Credentials and header fields of the command line, for a quick look: all credentials are those of user A."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..contract.security import Security, SecurityScheme
from .accounts import Account
from .config import Config
from .secret import is_named, secret
from .set_up_error import SetUpError


def with_quick_look(
    config: Config,
    security: Security,
    *,
    headers: Iterable[str] = (),
    auth: str | None = None,
    bearer: str | None = None,
) -> Config:
    """
    Return the settings with what the command line adds; SetUpError for what cannot be read.

    `headers` are `Name: value`. One that a security scheme of the document reads, Authorization and Cookie are credentials
    of user A; all others go with every request. `auth` is `user:password`, `bearer` a token. Each may name a secret.
    """
    account = (config.accounts.get("a") or Account()).resolved()
    usual = dict(config.headers)
    for name, value in map(parted, headers):
        if proving := proved_by(account, security, name, value):
            account = proving
        else:
            usual[name] = value
    if auth is not None:
        username, _, password = secret(auth).partition(":")
        if not (username and password):
            raise SetUpError("--auth takes a user name and a password: --auth USER:PASSWORD, or USER:'$VARIABLE'")
        account = replace(account, username=username, password=secret(password))
    if bearer is not None:
        account = replace(account, token=secret(bearer))
    accounts = config.accounts if account == Account() else {**config.accounts, "a": account}
    return replace(config, headers=tuple(usual.items()), accounts=accounts)


def parted(header: str) -> tuple[str, str]:
    """Return name and value of a header field; SetUpError where it has none."""
    name, colon, value = (secret(header) if header.startswith("@") else header).partition(":")
    if not (name.strip() and colon):
        raise SetUpError("-H takes a header field: -H 'Name: value'")
    word, _, rest = value.strip().partition(" ")
    value = f"{word} {secret(rest)}" if is_named(rest) else secret(value.strip())
    return name.strip(), value


def proved_by(account: Account, security: Security, name: str, value: str) -> Account | None:
    """Return an account that proves itself by a header field; None where the field proves nothing."""
    if name.lower() == "cookie":
        return replace(account, cookie=value)
    for scheme in keys_in_header(security):
        if scheme.parameter.lower() == name.lower():
            return replace(account, schemes={**account.schemes, scheme.name: value})
    if name.lower() == "authorization":
        return by_authorization(account, security, value)
    return None


def keys_in_header(security: Security) -> Iterator[SecurityScheme]:
    """Yield the API keys of a document that stand in a header."""
    yield from (scheme for scheme in security.schemes.values() if scheme.is_key and scheme.place == "header")


def by_authorization(account: Account, security: Security, value: str) -> Account:
    """Return an account that proves itself by a value of Authorization (RFC 9110, section 11.6.2)."""
    word, _, rest = value.partition(" ")
    if word.lower() == "basic" and (pair := user_and_password(rest)):
        return replace(account, username=pair[0], password=pair[1])
    if rest and any(scheme.takes_token for scheme in security.schemes.values()):
        return replace(account, token=rest, prefix="" if word.lower() == "bearer" else word)
    return replace(account, headers={**account.headers, "Authorization": value})


def user_and_password(text: str) -> tuple[str, str] | None:
    """Return what stands in base64 (RFC 7617, section 2); None where that is no user name and password."""
    try:
        username, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (username, password) if colon else None
