"""[accounts] of the settings: who may call the service, and how each of them proves it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ..nearest import did_you_mean
from .secret import is_named, secret

# Two users with the same rights. Any other account is called after its role.
PEERS = ("a", "b")
PAIRS = (("username", "password"), ("client_id", "client_secret"))
EXAMPLE = 'a = "$TOKEN_OF_A", or a = {username = "ada", password = "$PASSWORD_OF_A"}'


@dataclass(frozen=True)
class Account:
    """
    What the settings tell of one user, a peer or the holder of a role; texts are empty where they say nothing.

    `token` goes to each scheme that takes a token, after the word `prefix` where that is not the name of the scheme.
    `username` and `password` log in, or go with every request as HTTP Basic. `cookie` is `name=value`. `api_key` goes to
    the one API key of the document, `schemes` has values by the name of their scheme. `client_id` and `client_secret` get
    a token from the client-credentials flow. `command` prints a token, or a JSON object of values by name of scheme.
    `headers` go with each of their requests, whatever the document says: they come from the command line alone.
    `folder` is where files of secrets are found; None says that the texts are the secrets themselves.
    """

    token: str = ""
    prefix: str = ""
    username: str = ""
    password: str = ""
    cookie: str = ""
    api_key: str = ""
    client_id: str = ""
    client_secret: str = ""
    command: str = ""
    schemes: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None

    def resolved(self) -> "Account":
        """Return the account with the secrets that it names; SetUpError where one cannot be had."""
        if self.folder is None:
            return self
        texts: dict[str, Any] = {name: secret(getattr(self, name), self.folder) for name in TEXTS}
        values = {name: secret(value, self.folder) for name, value in self.schemes.items()}
        return replace(self, **texts, schemes=values, folder=None)


TEXTS = tuple(each.name for each in fields(Account) if each.name not in ("schemes", "headers", "folder"))


def read_accounts(table: Mapping[str, Any], folder: Path) -> dict[str, Account]:
    """Return the accounts of a table that has no mistakes; a text is a token."""
    return {
        name: Account(token=value, folder=folder) if isinstance(value, str) else Account(**value, folder=folder)
        for name, value in table.items()
    }


def mistakes_in_accounts(table: Any) -> Iterator[str]:
    """Yield what is wrong with [accounts], each in one line with its remedy."""
    if not isinstance(table, dict):
        yield f"accounts is no table: write [accounts] and below it {EXAMPLE}"
        return
    for name, value in table.items():
        if name not in PEERS and name.lower() in PEERS:
            yield f"[accounts] has no '{name}': did you mean {name.lower()}?"
        elif isinstance(value, dict):
            yield from mistakes_in_account(name, value)
        elif not isinstance(value, str) or not value:
            yield f"[accounts] {name} is neither a token nor a table: write {EXAMPLE}"


def mistakes_in_account(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the table of one account."""
    known = [*TEXTS, "schemes"]
    for key, value in table.items():
        if key not in known:
            remedy = did_you_mean(key, known, f"it knows {', '.join(known)}")
            yield f"[accounts] {name} has no '{key}': {remedy}"
        elif key == "schemes" and not is_table_of_texts(value):
            yield f'[accounts] {name}: schemes has a value for each scheme by its name: schemes = {{ApiKey = "$KEY"}}'
        elif key != "schemes" and not (isinstance(value, str) and value):
            yield f'[accounts] {name}: {key} is a text: write {key} = "..."'
    yield from incomplete(name, table)


def incomplete(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a table of one account lacks, so that it would prove nothing."""
    for one, other in PAIRS:
        if (one in table) != (other in table):
            given, missing = (one, other) if one in table else (other, one)
            yield f'[accounts] {name} has {given} without {missing}: write {missing} = "..." beside it'
    cookie = table.get("cookie", "=")
    if isinstance(cookie, str) and "=" not in cookie and not is_named(cookie):
        yield f'[accounts] {name}: a cookie has a name and a value: cookie = "session=..."'
    if not set(table) - {"prefix"}:
        yield f"[accounts] {name} proves nothing: write {EXAMPLE}"


def is_table_of_texts(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(each, str) and each for each in value.values())
