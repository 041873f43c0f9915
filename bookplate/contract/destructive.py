"""Operations that may end or change who calls them, or delete what others have made: by role, path and members."""

import re

from .facts import Fact, Origin, declared
from .item_keys import plain
from .operation import Operation
from .predicates import is_for_admins

WRITES = ("POST", "PUT", "PATCH", "DELETE")
SIGNING_IN = ("register", "log-in", "refresh")
# What a path ends with that ends the session or the account of the caller.
ENDINGS = frozenset(
    [
        "logout",
        "logoff",
        "signout",
        "signoff",
        "loggingout",
        "revoke",
        "deactivate",
        "closeaccount",
        "deleteaccount",
        "unregister",
    ]
)
# What a path ends with that is the caller.
CALLERS = frozenset(["me", "self", "account", "profile", "whoami", "user", "myaccount", "myprofile", "currentuser"])
# What a path ends with that proves who a user is, or says what they may.
PROOFS = frozenset(
    [
        "password",
        "passwd",
        "changepassword",
        "passwordchange",
        "resetpassword",
        "passwordreset",
        "email",
        "username",
        "role",
        "roles",
    ]
)
SESSIONS = frozenset(["session", "sessions", "token", "tokens"])
# Members that change how somebody signs in; those of the first kind stand in no content that only makes something.
CHANGED_PROOFS = frozenset(["newpassword", "oldpassword", "currentpassword"])
OWN_MEMBERS = frozenset(["password", "username"])
# Words of a path that take away what is there.
SWEEPS = frozenset(
    [
        "reset",
        "clear",
        "purge",
        "wipe",
        "flush",
        "truncate",
        "drop",
        "shutdown",
        "restart",
        "cleanup",
        "deleteall",
        "removeall",
    ]
)
# Words of a path by which a GET does more than read.
ACTS = SWEEPS | frozenset(
    [
        "logout",
        "logoff",
        "signout",
        "signoff",
        "delete",
        "remove",
        "destroy",
        "revoke",
        "deactivate",
        "kill",
        "stop",
        "unsubscribe",
        "cancel",
    ]
)


def ends_caller(operation: Operation) -> Fact[bool] | None:
    """
    Tell by which fact an operation may end the session of its caller, or change who that is; None where nothing says so.

    A declared role says so. What paths and members are called is a guess, and so is a role that was guessed.
    """
    role = operation.facts.auth_role
    if operation.method not in WRITES or operation.role in SIGNING_IN:
        return None
    if role is not None and role.is_declared and role.value.role in ("account", "log-out"):
        return declared(True, f"its role is {role.value.role}")
    if not operation.security or is_for_admins(operation):
        return None
    evidence = by_path(operation) or by_members(operation)
    return Fact(True, Origin.GUESSED, evidence) if evidence else None


def by_path(operation: Operation) -> str:
    """Return what a path says of its end; empty where it is about nobody's session or account."""
    last, is_item = last_literal(operation.path)
    name = plain(last)
    if not is_item and name in ENDINGS | CALLERS:
        return f"its path ends with /{last}"
    if not is_item and name in PROOFS:
        # A role of its own, or an address in a list of addresses, is a thing like others.
        return "" if operation.creates else f"its path ends with /{last}"
    if name in SESSIONS and not operation.creates and operation.method != "POST":
        return f"its path names a {last}"
    return ""


def by_members(operation: Operation) -> str:
    """Return which members of the content say how its caller signs in; empty where none does."""
    if operation.path_parameters or operation.creates:
        return ""
    telling = CHANGED_PROOFS if operation.method == "POST" else CHANGED_PROOFS | OWN_MEMBERS
    found = next((name for name in operation.members if plain(name) in telling), None)
    return f"its content has '{found}'" if found else ""


def sweeps(operation: Operation) -> bool:
    """Tell whether an operation may delete more than one thing that its path names."""
    if operation.method not in WRITES or ends_caller(operation):
        return False
    last, is_item = last_literal(operation.path)
    is_whole = operation.method == "DELETE" and not is_item
    return is_whole or not words(last).isdisjoint(SWEEPS)


def sounds_unsafe(operation: Operation) -> bool:
    """Tell whether a GET is called as if it did something."""
    last, _ = last_literal(operation.path)
    names = words(last) | {plain(last)}
    return operation.method == "GET" and not names.isdisjoint(ACTS)


def last_literal(path: str) -> tuple[str, bool]:
    """Return the last segment of a path that is no parameter, and whether one comes after it."""
    segments = [segment for segment in path.split("/") if segment]
    literals = [segment for segment in segments if "{" not in segment]
    last = literals[-1] if literals else ""
    is_item = bool(segments) and "{" in segments[-1]
    return last, is_item


def words(name: str) -> set[str]:
    """Return the words of a name, which stand apart by case or by what is no letter: clear-cache, clearCache."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return set(re.sub(r"[^a-z0-9]+", " ", apart.lower()).split())
