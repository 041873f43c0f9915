"""Tokens: only what the service itself issued opens a door."""

from collections.abc import Generator

from ..accounts import Accounts, told
from ..client import Client
from ..fault import Answer, Request
from ..forgery import forgeries
from ..limits import cheap_arguments
from ..operation import Operation, is_secured
from ..rule import NotChecked, Violation, delegated, experiment
from ..scene import Scene

secured_means_secured = delegated(
    "AUTH-01",
    "An operation that declares security answers 401 to whoever brings no valid credential.",
    check="ignored_auth",
    source="OpenAPI 3.0.3, security; RFC 9110, section 15.5.2",
    applies=is_secured,
)


@secured_means_secured.broken_by
def nobody_is_asked(request: Request) -> Generator[None, Answer, None]:
    """Who brings no token passes as whoever brought one last."""
    if "authorization" in request.headers:
        request.memory["last"] = request.headers["authorization"]
    elif "last" in request.memory:
        request.headers["authorization"] = request.memory["last"]
    yield


@experiment("AUTH-03", source="RFC 8725", applies=is_secured)
def forged_tokens_are_refused(operation: Operation, accounts: Accounts, client: Client, scene: Scene) -> str:
    """
    Every token that the service did not issue, or no longer stands by, is answered 401.

    The same request with the token it was forged from is not, which shows that the token lived.
    """
    account = accounts.throw_away() if operation.auth_role else accounts.a
    nowhere = cheap_arguments(operation)
    address, taken = account.address, []
    for number, (name, headers) in enumerate(forgeries(account.token)):
        # Bad tokens count for the address they come from.
        address = accounts.fresh_address() if number % 5 == 0 else address
        answer = client.call(operation, arguments=nowhere, headers=headers, address=address)
        if answer.status not in ((400, 401) if len(headers) > 1 else (401,)):
            taken.append((name, answer))
    if taken:
        names = ", ".join(name for name, _ in taken[:5])
        shown = [answer for _, answer in taken[:1]]
        raise Violation(f"{told(shown[0])} with: {names}", expected="401", exchanges=shown)
    honest = client.call(operation, arguments=nowhere, headers=account.headers(), address=account.address)
    if honest.status == 401:
        raise Violation(f"the good token is refused too: {told(honest)}", expected="no 401", exchanges=[honest])
    return "; ".join(["tokens rightly signed with wrong claims: no mint hook", *expired(operation, scene)])


def expired(operation: Operation, scene: Scene) -> list[str]:
    """Send a token that has expired; return why this was not done, if so."""
    try:
        stage = scene.clock
        token = stage.accounts.expired
    except NotChecked as reason:
        return [f"an expired token: {reason}"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = stage.client.call(operation, arguments=cheap_arguments(operation), headers=headers)
    if answer.status != 401:
        raise Violation(f"{told(answer)} with an expired token", expected="401", exchanges=[answer])
    return []


def issued(answer: Answer) -> str | None:
    """Return the JWT that an answer hands out, if it does."""
    body = answer.json()
    members = body.values() if isinstance(body, dict) else ()
    return next((value for value in members if isinstance(value, str) and value.count(".") == 2), None)


@forged_tokens_are_refused.broken_by
def any_token_is_accepted(request: Request) -> Generator[None, Answer, None]:
    """The signature is not looked at: a token that will not verify counts as the last one that did."""
    sent = request.headers.get("authorization", "")
    good = request.memory.setdefault("good", set())
    if good and sent.count(".") == 2 and sent not in good:
        request.headers["authorization"] = request.memory["last"]
    answer = yield
    if token := issued(answer):
        request.memory["last"] = f"Bearer {token}"
        good.add(request.memory["last"])


@forged_tokens_are_refused.broken_by
def unsigned_is_good_enough(request: Request) -> Generator[None, Answer, None]:
    """A token without signature is taken at its word."""
    sent = request.headers.get("authorization", "")
    if sent.endswith(".") and "last" in request.memory:
        request.headers["authorization"] = request.memory["last"]
    answer = yield
    if token := issued(answer):
        request.memory["last"] = f"Bearer {token}"


@forged_tokens_are_refused.broken_by
def refused_as_a_bad_request(request: Request) -> Generator[None, Answer, None]:
    """A bad token is answered 400."""
    answer = yield
    if answer.status == 401:
        answer.become(400)
