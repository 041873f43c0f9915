"""What several AUTH laws use."""

import re

from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, User
from bookplate.wire import Exchange

NOT_ROTATED = "a refresh token stays good after its use: none takes its place"

# The grammar of a challenge in WWW-Authenticate (RFC 9110, sections 5.6 and 11.3).
TOKEN = r"[\w!#$%&'*+.^`|~-]+"
COMMA = r"[ \t]*,[ \t,]*"
PARAMETER = rf'{TOKEN}[ \t]*=[ \t]*(?:{TOKEN}|"(?:[^"\\]|\\.)*")'
NAMED_PARAMETER = re.compile(rf'(?a)({TOKEN})[ \t]*=[ \t]*(?:{TOKEN}|"(?:[^"\\]|\\.)*")')
TOKEN68 = r"[\w.~+/-]+=*"
CHALLENGE = re.compile(rf"(?a)({TOKEN})(?: +({PARAMETER}(?:{COMMA}{PARAMETER})*|{TOKEN68}))?(?:{COMMA}|[ \t]*$)")


def is_unauthorized(exchange: Exchange) -> bool:
    return exchange.status == 401


def challenges(exchange: Exchange) -> dict[str, str]:
    """Return the parameters of each scheme that an answer names, as they stand; nothing where they cannot be parsed."""
    text = ", ".join(value for name, value in exchange.headers if name == "www-authenticate")
    found = {}
    position = 0
    while position < len(text):
        match = CHALLENGE.match(text, position)
        if match is None:
            return {}
        found[match[1].lower()] = match[2] or ""
        position = match.end()
    return found


def repeated_parameters(text: str) -> list[str]:
    """Return the names, in lower case, that stand more than once among the parameters of a challenge."""
    names = [match[1].lower() for match in NAMED_PARAMETER.finditer(text)]
    return sorted({name for name in names if names.count(name) > 1})


def grace_of(operation: Operation) -> int:
    """Return for how many seconds after a rotation the previous token is forgiven; 0 where nothing is declared."""
    if operation.auth_role is None:
        return 0
    return operation.auth_role.reuse_grace or 0


def sign_up_of(user: User) -> list[Exchange]:
    """Return the exchange by which a user signed up, as evidence; none where bookplate.toml gave the token."""
    return [] if user.made is None else [user.made]


def etag_of(prepared: PreparedRequest, resources: Resources) -> str | None:
    """Return the current ETag of the account, where the operation takes If-Match."""
    if not prepared.operation.takes_condition:
        return None
    return resources.read(prepared).header("etag")


def is_refresh(request: Request) -> bool:
    return request.path.endswith("/refresh") and "refresh_token" in request.members


def answer_as_before(request: Request, answer: Answer) -> None:
    """Answer a refresh token that is used again with the tokens that it got before."""
    if not is_refresh(request):
        return
    if answer.status == 200:
        request.memory[request.body] = answer.json()
    elif request.body in request.memory:
        answer.become(200, request.memory[request.body])
