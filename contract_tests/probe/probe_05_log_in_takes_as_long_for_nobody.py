"""PROBE-05: log-in takes as long for nobody."""

import random
import time
from collections.abc import Callable
from statistics import median

from bookplate import SHOULD, Needs, NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Request
from bookplate.fixtures import Users
from bookplate.wire import Exchange

PAIRS = 40
# Of so many pairs one kind takes longer: by chance that happens in one of 5,000 services that make no difference.
MOST_BY_CHANCE = 31
LEAST_SECONDS = 0.005
LEAST_SHARE = 0.2


@experiment(
    "PROBE-05",
    source="OWASP API2:2023",
    level=SHOULD,
    applies=has_role("log-in"),
    needs={Needs.TIMING},
    owasp=("API2:2023",),
)
def test_log_in_takes_as_long_for_nobody(operation: Operation, users: Users) -> None:
    """
    Of forty pairs of failed log-ins, with an unknown user and with a wrong password, neither kind takes longer.

    The two of a pair are sent after one another, in an order by chance. One kind takes longer where it does in more than 31
    pairs, and by the median of the differences by 5 milliseconds and a fifth at least. It is tried with `--timing`.

    Why it matters: who measures the time of a log-in learns which addresses have an account, whatever the answer says.

    To mend it: verify a hash for every log-in: where there is no account, one of a password that nobody has, by the
    same function and cost. Do no other work for one kind alone, such as writing a log to the database.
    """
    user = users.disposable()
    order = random.Random(users.samples.run)
    first = attempted(users, user.identifier)
    differences, taken = list[float](), list[float]()
    for number in range(PAIRS):
        of_known, of_unknown = a_pair(users, user.identifier, f"nobody-{number}-{user.identifier}", order)
        for each in (of_known, of_unknown):
            require_the_same_refusal(first, each, number)
        differences.append(of_unknown.seconds - of_known.seconds)
        taken.append(min(of_unknown.seconds, of_known.seconds))

    difference = median(differences)
    longer = sum((each > 0) == (difference > 0) for each in differences)
    is_longer = longer > MOST_BY_CHANCE and abs(difference) > max(LEAST_SECONDS, LEAST_SHARE * median(taken))
    slow, quick = ("an unknown user", "a wrong password") if difference > 0 else ("a wrong password", "an unknown user")
    observed = f"{slow} takes {abs(difference) * 1000:.0f} ms longer than {quick}, in {longer} of {PAIRS} pairs"
    expect.that(not is_longer, observed, expected="the same time for both", shown=[of_known, of_unknown])


def attempted(users: Users, identifier: str) -> Exchange:
    return users.attempt(identifier, "the password of nobody", users.new_client_address())


def a_pair(users: Users, known: str, unknown: str, order: random.Random) -> tuple[Exchange, Exchange]:
    """Return the answers to a wrong password and to an unknown user, sent in an order by chance."""
    if order.random() < 0.5:
        of_known = attempted(users, known)
        return of_known, attempted(users, unknown)
    of_unknown = attempted(users, unknown)
    return attempted(users, known), of_unknown


def require_the_same_refusal(first: Exchange, answer: Exchange, number: int) -> None:
    """Raise NotChecked where a limit or a lock answers in place of the log-in: it takes a time of its own."""
    if answer.status != first.status:
        raise NotChecked(f"after {number} pairs failed log-ins are refused otherwise: {answer.describe()}")


def delayed(request: Request, is_slow: Callable[[bool], bool]) -> None:
    """Hold up failed log-ins of accounts that exist, or of those that do not."""
    signed_up = request.memory.setdefault("signed up", set())
    email = request.members.get("email")
    if request.method != "POST" or not email:
        return
    if "username" in request.members:
        signed_up.add(email)
    elif is_slow(email in signed_up):
        time.sleep(0.06)


@fault(test_log_in_takes_as_long_for_nobody)
def unknown_users_take_longer(request: Request) -> None:
    """A log-in of nobody takes longer."""
    delayed(request, lambda is_known: not is_known)


@fault(test_log_in_takes_as_long_for_nobody)
def known_users_take_longer(request: Request) -> None:
    """A password is verified where there is an account alone."""
    delayed(request, lambda is_known: is_known)
