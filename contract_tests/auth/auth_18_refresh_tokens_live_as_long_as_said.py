"""AUTH-18: a refresh token lives as long as its answer says."""

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Answer, Request
from bookplate.fixtures import Clock, User, Users

# So many seconds before its end a token is tried that lives longer.
BEFORE_THE_END = 60


def says_how_long(operation: Operation) -> bool:
    """The document says where the answer to a log-in or a refresh has the lifetime of the refresh token."""
    role = operation.auth_role
    return role is not None and role.refresh_expires_in is not None


@experiment("AUTH-18", source="x-auth-role; RFC 9700, section 4.14.2", owasp=("API2:2023",), applies=says_how_long)
def test_refresh_tokens_live_as_long_as_said(operation: Operation, clock: Clock) -> None:
    """
    A refresh token is exchanged shortly before the end that `refresh-expires-in` of x-auth-role announces; none after it.

    Two tokens are tried, one before and one after the end. Time passes on the clock of the service, where that can be
    moved.

    Why it matters: a client that is told too much loses its user's session without a warning. A token that outlives its
    end is a door that stays open when everybody takes it for closed.

    To mend it: store when the refresh token ends, and answer and check with this one value. Look at the unit:
    seconds and minutes, or two settings for one lifetime, are the usual reason for twice or half.
    """
    users = clock.session.users
    early, late = (newcomer(operation, users) for _ in range(2))
    lifetime = operation.role_value("refresh_expires_in", late.entered.json())
    if not isinstance(lifetime, int) or lifetime < 2 or not late.refresh:
        raise NotChecked(f"no refresh token with a lifetime is handed out: {late.entered.describe()}")
    margin = min(BEFORE_THE_END, lifetime // 2)

    users.advance(lifetime - margin)
    before = users.renew(early).entered
    users.advance(margin + 1)
    after = users.renew(late).entered

    observed = f"a refresh token, {margin} s before its end: {before.describe()}"
    expect.that(before.status < 300, observed, expected="it is exchanged", shown=[early.entered, before])
    observed = f"a refresh token, a second after its end: {after.describe()}"
    expect.that(after.status >= 400, observed, expected="a refusal", shown=[late.entered, after])


def newcomer(operation: Operation, users: Users) -> User:
    """Return somebody whose refresh token comes of the operation: of a log-in, or of a refresh."""
    user = users.disposable()
    return users.renew(user) if has_role("refresh")(operation) else user


def announce(answer: Answer, factor: float) -> None:
    """Let an answer announce another lifetime."""
    if "refresh_expires_in" in answer.members:
        answer.put(refresh_expires_in=int(answer.members["refresh_expires_in"] * factor))


@fault(test_refresh_tokens_live_as_long_as_said, statuses=(200,))
def refresh_tokens_outlive_their_end(request: Request, answer: Answer) -> None:
    """A refresh token lives twice as long as its answer says."""
    announce(answer, 0.5)


@fault(test_refresh_tokens_live_as_long_as_said, statuses=(200,))
def refresh_tokens_end_too_soon(request: Request, answer: Answer) -> None:
    """A refresh token lives half as long as its answer says."""
    announce(answer, 2)
