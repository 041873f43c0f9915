"""What several AUTH laws use."""

import re

from bookplate.contract import Operation
from bookplate.faults import Request
from bookplate.wire import Exchange

NAME = r"[\w!#$%&'*+.^`|~-]+"


COMMA = r"[ \t]*,[ \t,]*"


PARAMETER = rf'{NAME}[ \t]*=[ \t]*(?:{NAME}|"(?:[^"\\]|\\.)*")'


CHALLENGE = re.compile(rf"(?a)({NAME})(?: +({PARAMETER}(?:{COMMA}{PARAMETER})*|[\w.~+/-]+=*))?(?:{COMMA}|[ \t]*$)")


def is_unauthorized(exchange: Exchange) -> bool:
    return exchange.status == 401


def challenges(exchange: Exchange) -> dict[str, str]:
    """Return the parameters of each scheme that an answer names, as they stand; nothing where they cannot be parsed."""
    text = ", ".join(value for name, value in exchange.headers if name == "www-authenticate")
    found, at = {}, 0
    while at < len(text) and (match := CHALLENGE.match(text, at)):
        found[match[1].lower()] = match[2] or ""
        at = match.end()
    return found if at == len(text) else {}


def grace_of(operation: Operation) -> int:
    """Return for how many seconds after a rotation the previous token is forgiven; 0 where nothing is declared."""
    return (operation.auth_role.reuse_grace or 0) if operation.auth_role else 0


def is_refresh(request: Request) -> bool:
    return request.path.endswith("/refresh") and "refresh_token" in request.members
