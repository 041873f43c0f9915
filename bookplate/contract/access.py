"""Which callers an operation admits (`x-access`; its form is x-keys.schema.json)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .extensions import ACCESS, Extension
from .source import Source

# Callers by what they have to do with an item; any other name is a role of an account.
ANY_USER, OWNER, SELF = "user", "owner", "self"
RELATIONS = frozenset((ANY_USER, OWNER, SELF))
ADMIN = "admin"
# In place of the pointer to the owner: an item belongs to the user that made it, and no member says so.
CREATOR = "creator"
REFUSALS = (401, 403, 404)
# Statuses that refuse everybody alike, where the document has them.
REFUSALS_OF_ALL = (405, 409, 410)
TOKEN = "token"
PLACES = ("path", "query", "body")
SELF_FORMS = "self: PARAMETER, query:PARAMETER, body:/POINTER or token"


@dataclass(frozen=True)
class OwnAccount:
    """
    Where a request names the account that has to be the caller's own (`self`).

    `place` is path, query, body or token; `name` is the parameter, or the pointer into the content. Where it is the
    token, nothing else names an account: each caller gets their own.
    """

    place: str
    name: str = ""

    @property
    def written(self) -> str:
        """The text of `self` that says so."""
        if self.place == TOKEN:
            return TOKEN
        return self.name if self.place == "path" else f"{self.place}:{self.name}"


@dataclass(frozen=True)
class Access:
    """
    Which callers an operation admits (`x-access`).

    `allow` has `user` for everybody who is signed in, `owner`, `self`, and names of roles, such as `admin`. `owner` is the
    pointer to the member that names the owner of an item, or `creator` where no member does. `via` has the operations that
    lead from an item to its owner: the first one shows the item, each later one what the item before it belongs to.
    `declared_refusal` is the status of a refusal, None where the document does not say. `grants` is the pointer to the
    member of the content that has the role of another account, and `suspends` the one to the member that is false where
    nobody may sign in to it; each is None where there is no such member.
    """

    allow: tuple[str, ...]
    owner: str | None = None
    via: tuple[str, ...] = ()
    own_account: OwnAccount | None = None
    declared_refusal: int | None = None
    grants: str | None = None
    suspends: str | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that it admits whatever they have to do with an item, in the order of the document."""
        return tuple(name for name in self.allow if name not in RELATIONS)


def own_account_of(written: str) -> OwnAccount:
    """Return what a text of `self` says; a bare name is that of a path parameter."""
    if written == TOKEN:
        return OwnAccount(TOKEN)
    place, colon, name = written.partition(":")
    return OwnAccount(place, name) if colon and place in PLACES else OwnAccount("path", written)


def read_access(source: Source, operation: Mapping[str, Any], pointer: str) -> Access:
    """Return the `x-access` of an operation, which has to be there."""
    extension = Extension(source, operation, ACCESS, pointer, "allow: [user]")
    written = extension.text("self")
    return Access(
        allow=extension.texts("allow", extension.value.get("allow")),
        owner=read_owner(extension),
        via=read_via(extension),
        own_account=own_account_of(written) if written is not None else None,
        declared_refusal=read_refusal(extension),
        grants=extension.text("grants"),
        suspends=extension.text("suspends"),
    )


def read_owner(extension: Extension) -> str | None:
    owner = extension.text("owner")
    if owner is not None and owner != CREATOR and not owner.startswith("/"):
        raise extension.mistake(f"has owner '{owner}', which is neither a JSON pointer nor `{CREATOR}`", "owner")
    return owner


def read_via(extension: Extension) -> tuple[str, ...]:
    via = extension.value.get("via", ())
    if isinstance(via, str):
        return (via,)
    return extension.texts("via", via) if "via" in extension.value else ()


def read_refusal(extension: Extension) -> int | None:
    refusal = extension.number("refusal")
    if refusal is not None and refusal not in REFUSALS:
        raise extension.mistake(f"has refusal {refusal}, which is none of {', '.join(map(str, REFUSALS))}", "refusal")
    return refusal
