"""The limit on failures of a user, while many log in at once: exact for failures, and no limit for anything else."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest

from ..people import PASSWORD, log_in, new_person, unused_name
from ..redis_process import running_redis
from ..reference_server import DOCUMENT, serving
from ..wire import Answer, Client

MANY = 24
WRONG = "a wrong password"
MakeStranger = Callable[[], Client]


@pytest.fixture(
    scope="module", name="visitor", params=["one worker", pytest.param("four workers", marks=pytest.mark.nightly)]
)
def _visitor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeStranger]:
    """Makers of clients, each with an address of its own, of a service with the limits of the contract."""
    folder, hosts = tmp_path_factory.mktemp("at-once"), count(2)
    # The machine may be busy, and this is not about its speed.
    settings: dict[str, str | None] = {"REQUEST_TIMEOUT": "30", "LOG_LEVEL": "ERROR"}

    def clients_of(port: int) -> MakeStranger:
        def make() -> Client:
            number = next(hosts)
            return Client(port, f"127.0.{3 + number // 250}.{number % 250 + 2}")

        return make

    if request.param == "one worker":
        with serving(folder, DOCUMENT, **settings) as server:
            yield clients_of(server.port)
        return
    with running_redis(tmp_path_factory.mktemp("redis")) as redis:
        settings |= {"REDIS_URL": redis.url, "WORKERS": "4"}
        with serving(folder, DOCUMENT, **settings) as server:
            yield clients_of(server.port)


def at_once(visitor: MakeStranger, email: str, passwords: Sequence[str]) -> list[Answer]:
    """Try each password at the same moment, each from an address of its own."""
    start = Barrier(len(passwords))

    def run(password: str) -> Answer:
        client = visitor()
        start.wait(30)
        return log_in(client, email, password)

    with ThreadPoolExecutor(len(passwords)) as pool:
        return list(pool.map(run, passwords))


def statuses(answers: Sequence[Answer]) -> Counter[int]:
    """Count the answers by status."""
    return Counter(answer.status for answer in answers)


@pytest.mark.parametrize("failures", [0, 4])
def test_right_log_ins_are_never_refused(visitor: MakeStranger, failures: int) -> None:
    """Of 24 right log-ins at once all succeed, also where one failure is left; each announces what is left."""
    person = new_person(visitor())
    failed = [log_in(visitor(), person.email, WRONG) for _ in range(failures)]
    answers = at_once(visitor, person.email, [PASSWORD] * MANY)

    assert [(each.status, each.remaining("log-in-account")) for each in failed] == [
        (401, 4 - number) for number in range(failures)
    ]
    assert statuses(answers) == {200: MANY}
    assert {answer.remaining("log-in-account") for answer in answers} == {5 - failures}


@pytest.mark.parametrize("known", [True, False], ids=["known user", "unknown user"])
def test_five_of_many_failures_are_answered_as_such(visitor: MakeStranger, known: bool) -> None:
    """Of 24 wrong log-ins at once exactly five are 401 and the rest 429; then the right password is refused too."""
    email = new_person(visitor()).email if known else f"{unused_name('nobody')}@example.com"
    answers = at_once(visitor, email, [WRONG] * MANY)
    after = log_in(visitor(), email)

    assert statuses(answers) == {401: 5, 429: MANY - 5}
    assert {answer.remaining("log-in-account") for answer in answers if answer.status == 429} == {0}
    assert sorted(answer.remaining("log-in-account") for answer in answers if answer.status == 401) == [0, 1, 2, 3, 4]
    assert (after.status, after.remaining("log-in-account")) == (429, 0)


def test_right_and_wrong_log_ins_at_once(visitor: MakeStranger) -> None:
    """Of 12 wrong and 12 right log-ins at once five are 401; a right one succeeds or comes after the fifth failure."""
    person = new_person(visitor())
    passwords = [WRONG, PASSWORD] * (MANY // 2)
    answers = at_once(visitor, person.email, passwords)
    wrong = statuses([each for each, password in zip(answers, passwords, strict=True) if password == WRONG])
    right = statuses([each for each, password in zip(answers, passwords, strict=True) if password == PASSWORD])

    assert wrong == {401: 5, 429: MANY // 2 - 5}
    assert set(right) <= {200, 429}
    assert log_in(visitor(), person.email).status == 429
