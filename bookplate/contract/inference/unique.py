"""Unique members: values that no two items share, as roles, names and a documented conflict let guess."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..facts import Fact, Origin
from ..item_keys import ITEM, collection_above, path_shape
from ..lines import DocumentError, escape
from ..operation import Operation
from ..schema import Schema
from .words import plain, words_of

# Names that tell one person or thing from all others, and no text that two may have.
NAMES = (
    *("email", "emailaddress", "username", "login", "loginname", "handle", "nickname", "userhandle"),
    *("slug", "isbn", "isbn10", "isbn13", "issn", "ean", "gtin", "upc", "sku", "vin", "iban", "imei", "ssn"),
    *("serialnumber", "licenseplate", "hostname", "subdomain", "domain", "shortcode"),
)
OF_PEOPLE = ("email", "emailaddress", "username", "login", "loginname", "handle", "nickname", "userhandle")
TEXT = "string"
# Beside `unique` in a description these say that it need not be, or that the server chooses it.
BUT_NOT = frozenset(("not", "necessarily", "generated", "assigned"))


def with_guessed_unique(operations: Iterable[Operation]) -> list[Operation]:
    """
    Return operations with the members that no two items may share, where nobody has declared any.

    Of a sign-up they are those by which people are told apart. Of any other creation they are members with such a name;
    those of people count only where the path is one of people. A change of what was made so has the same ones.
    """
    found = list(operations)
    if any(each.unique for each in found):
        return found
    claims = {each.id: guess for each in found if (guess := readable_claims(each))}
    by_collection = {path_shape(each.path): claims[each.id] for each in found if each.adds and each.id in claims}
    accounts = next((claims[each.id] for each in found if each.role == "register" and each.id in claims), None)

    def guessed(operation: Operation) -> Operation:
        fact = claims.get(operation.id)
        if fact is None and operation.method in ("PUT", "PATCH"):
            is_item = ITEM.fullmatch(operation.path) is not None
            above = by_collection.get(path_shape(collection_above(operation.path))) if is_item else None
            fact = accounts if operation.role == "account" else above
        unique = shared(operation, fact) if fact is not None else {}
        if fact is None or not unique:
            return operation
        here = replace(fact, value=tuple(unique))
        return replace(operation, unique=unique, facts=replace(operation.facts, unique=here))

    return [guessed(each) for each in found]


def shared(operation: Operation, fact: Fact[tuple[str, ...]]) -> Mapping[str, Schema]:
    """Return those of the guessed members that an operation takes, with their schemas."""
    try:
        return {name: schema for name, schema in operation.members.items() if name in fact.value}
    except DocumentError:
        return {}


def readable_claims(operation: Operation) -> Fact[tuple[str, ...]] | None:
    """Return the members of a creation that look unique; None where none does, or where it cannot be read."""
    try:
        return claims_of(operation)
    except DocumentError:
        return None


def claims_of(operation: Operation) -> Fact[tuple[str, ...]] | None:
    if not operation.adds:
        return None
    texts = [name for name, schema in operation.members.items() if is_text(schema)]
    if operation.role == "register":
        pointer = operation.auth_role.identifier if operation.auth_role else None
        names = [name for name in texts if plain(name) in OF_PEOPLE or f"/{escape(name)}" == pointer]
        what = f"people are told apart by {', '.join(names)} of {operation.id}"
    elif operation.role:
        return None
    else:
        names = [name for name in texts if is_called_so(name, operation) or is_said_so(operation.members[name])]
        what = f"{', '.join(names)} of {operation.id} is called, or described, as what no two items share"
    return Fact(tuple(names), Origin.GUESSED, what) if names else None


def is_called_so(name: str, operation: Operation) -> bool:
    """Tell whether a member has the name of what is unique; those of people only where people are made."""
    return plain(name) in NAMES and (plain(name) not in OF_PEOPLE or of_people(operation))


def is_said_so(schema: Schema) -> bool:
    """Tell whether a member is described as unique, and not as something that need not be."""
    words = words_of(schema.description)
    return "unique" in words and BUT_NOT.isdisjoint(words)


def of_people(operation: Operation) -> bool:
    """Tell whether an operation makes people who sign in."""
    words = operation.path.rstrip("/").rpartition("/")[2]
    return plain(words) in ("users", "accounts", "members", "customers")


def is_text(schema: Schema) -> bool:
    """Tell whether a member is text, or text or null, and none of a few values."""
    kinds = {kind for each in (schema, *schema.any_of, *schema.one_of) for kind in each.types}
    return TEXT in kinds and not schema.enum and not schema.is_fixed
