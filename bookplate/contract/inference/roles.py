"""Roles: which operations sign people up, in and out, renew what a log-in gave, and show the caller's account."""

from collections.abc import Iterable

from ..extensions import AuthRole
from ..facts import Fact, Origin
from ..operation import Operation
from .shapes import UNKNOWN, Shape, shape_of
from .words import plain, segments

# What the last segments of a path say, as `plain` writes them.
REGISTER = ("register", "signup", "registration", "registrations")
PEOPLE = ("users", "accounts", "user", "account", "members", "customers", "profiles")
LOG_IN = ("login", "signin", "logon", "authenticate", "authentication", "token", "tokens", "auth", "jwt", "accesstoken")
SESSIONS = ("session", "sessions")
REFRESH = ("refresh", "refreshtoken", "refreshtokens", "tokenrefresh", "renew")
LOG_OUT = ("logout", "signout", "logoff", "signoff")
CALLER = ("me", "whoami", "self", "currentuser", "myaccount", "myprofile")
# These may be somebody else's where no credentials are asked for.
CALLER_IF_SECURED = ("profile", "account", "user")
DEEPEST_CALLER = 3  # segments: what stands below them is another thing of the caller's

IDENTIFIERS = (
    *("username", "email", "login", "emailaddress", "identifier", "usernameoremail", "user", "phone", "phonenumber"),
    *("name", "nickname", "handle"),
)
SECRETS = ("password", "passwd", "passphrase", "pwd", "pass", "secret", "password1", "plainpassword")
NEW_SECRETS = ("newpassword", "password", "newpassword1")
OLD_SECRETS = ("currentpassword", "oldpassword", "existingpassword")
ACCESS = ("accesstoken", "token", "authtoken", "access", "jwt", "jwttoken", "bearertoken", "sessiontoken", "key")
RENEWING = ("refreshtoken", "refresh")
LASTS = ("expiresin",)
LEVELS = 2  # of an object, in which a member may stand
GRANT = "granttype"
OAUTH_TOKEN = "/access_token"  # RFC 6749, section 5.1


def role_of(operation: Operation) -> Fact[AuthRole] | None:
    """Return what an operation does for signing in, as its path and its members let guess; None where it does nothing."""
    words = [plain(each) for each in segments(operation.path)]
    last, both = words[-1] if words else "", "".join(words[-2:])
    guessed = None
    if last in LOG_OUT or (operation.method == "DELETE" and last in SESSIONS and not operation.path_parameters):
        guessed = AuthRole("log-out")
    elif operation.method == "POST" and not operation.path_parameters:
        guessed = refresh_of(operation, last, both) or log_in_of(operation, last) or register_of(operation, last)
    if guessed is None:
        guessed = account_of(operation, words)
    if guessed is None:
        return None
    return Fact(guessed, Origin.GUESSED, evidence_of(operation, guessed))


def evidence_of(operation: Operation, role: AuthRole) -> str:
    members = [each for each in (role.identifier, role.secret, role.access, role.refresh) if each]
    shown = f", with {', '.join(members)}" if members else ""
    return f"{operation.method} {operation.path} looks like {role.role}{shown}"


def refresh_of(operation: Operation, last: str, both: str) -> AuthRole | None:
    sent, shown = content_of(operation), answer_of(operation)
    renewing = first(sent, RENEWING)
    if (last not in REFRESH and both not in REFRESH) or renewing is None:
        return None
    access = first(shown, ACCESS)
    if access is None:
        return None
    return AuthRole("refresh", refresh=renewing, access=access, expires_in=first(shown, LASTS))


def log_in_of(operation: Operation, last: str) -> AuthRole | None:
    sent, shown = content_of(operation), answer_of(operation)
    identifier, secret = first(sent, IDENTIFIERS), first(sent, SECRETS)
    if last not in (*LOG_IN, *SESSIONS) or identifier is None or secret is None or operation.secured:
        return None
    access = first(shown, ACCESS)
    if access is None and first(sent, (GRANT,)) is not None:
        access = OAUTH_TOKEN
    return AuthRole(
        "log-in",
        identifier=identifier,
        secret=secret,
        access=access,
        refresh=first(shown, RENEWING),
        expires_in=first(shown, LASTS),
    )


def register_of(operation: Operation, last: str) -> AuthRole | None:
    sent = content_of(operation)
    identifier, secret = first(sent, IDENTIFIERS), first(sent, SECRETS)
    if last not in (*REGISTER, *PEOPLE) or identifier is None or secret is None or operation.secured:
        return None
    return AuthRole("register", identifier=identifier, secret=secret)


def account_of(operation: Operation, words: list[str]) -> AuthRole | None:
    last = words[-1] if words else ""
    is_caller = last in CALLER or (last in CALLER_IF_SECURED and operation.secured)
    is_readable = operation.method in ("GET", "PUT", "PATCH", "DELETE")
    if not is_caller or not is_readable or operation.path_parameters or len(words) > DEEPEST_CALLER:
        return None
    sent = content_of(operation)
    proof = first(sent, OLD_SECRETS)
    return AuthRole("account", secret=first(sent, NEW_SECRETS) if proof else None, proof=proof)


def pointer_of(operation: Operation, name: str) -> str | None:
    """Return where the content of an operation has a member of a name; None where it has none."""
    return first(content_of(operation), (plain(name),))


def content_of(operation: Operation) -> Shape:
    return shape_of(operation.body.schema) if operation.body else UNKNOWN


def answer_of(operation: Operation) -> Shape:
    return shape_of(operation.success.schema)


def first(shape: Shape, names: Iterable[str]) -> str | None:
    """Return the pointer to the member of text or a number that has the first of these names; None where there is none."""
    found: dict[str, str] = {}
    for pointer, name, member in shape.within(LEVELS):
        if member.kind not in ("object", "array", "boolean"):
            found.setdefault(plain(name), pointer)
    return next((found[name] for name in names if name in found), None)
