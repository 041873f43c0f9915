"""PROBE-03: guessing passwords ends."""

from copy import deepcopy

from bookplate import SHOULD, Needs, NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_role, put
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, Users

TRIES = 60


@experiment(
    "PROBE-03",
    source="OWASP API2:2023",
    owasp=("API2:2023",),
    level=SHOULD,
    applies=has_role("log-in"),
    needs={Needs.DOCUMENTED_LIMITS},
)
def test_guessing_passwords_ends(operation: Operation, users: Users, resources: Resources) -> None:
    """
    Of sixty wrong passwords for one user, sent from one address, some are refused otherwise than the first one was.

    The user is made for this alone. A limit, a lock and a delay that is asked for all answer with another status.

    Why it matters: without a limit a program tries the most common passwords of every user in an hour.

    To mend it: count failed log-ins by account and by address, and refuse for a while after some of them with 429
    and Retry-After. Count unknown names too, or the limit tells which names there are.
    """
    role = operation.auth_role
    if role is None or role.secret is None or role.identifier is None:
        raise NotChecked("nothing says where the name and the password stand: add x-auth-role")
    user = users.disposable()
    address = users.new_client_address()
    statuses: list[int] = []
    for number in range(TRIES):
        body = deepcopy(resources.samples.body(operation))
        put(body, role.identifier, user.identifier)
        put(body, role.secret, f"wrong {number} {user.secret}")
        answer = resources.client.call(operation, body=body, address=address, wait=False)
        statuses.append(answer.status)
        if answer.status != statuses[0]:
            return
    expect.that(
        False,
        f"{TRIES} wrong passwords are each answered {statuses[0]}",
        expected="a limit, such as a 429",
        shown=[answer],
        defect="the log-in has no limit for wrong passwords",
    )


@fault(test_guessing_passwords_ends, statuses=(429,))
def everybody_may_guess(request: Request, answer: Answer) -> None:
    """No limit refuses a wrong password."""
    answer.become(401)
