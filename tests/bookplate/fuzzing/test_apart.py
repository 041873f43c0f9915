"""Work set apart comes back whole, with its progress, or with what kept it from its end."""

import os
import signal
from collections.abc import Callable

import pytest

from bookplate.fuzzing.apart import Apart, is_possible
from bookplate.laws.generated import FuzzingResult
from bookplate.target.config import SetUpError

Progress = Callable[[str, int], None]
pytestmark = pytest.mark.skipif(not is_possible(), reason="this system cannot fork")


def test_the_result_is_that_of_the_work() -> None:
    def work(progress: Progress) -> FuzzingResult:
        progress("generating", 7)
        return FuzzingResult(secrets={"pid": str(os.getpid())})

    told: list[tuple[str, int]] = []

    result = Apart(work).result(lambda what, count: told.append((what, count)))

    assert told == [("generating", 7)]
    assert result.secrets["pid"] != str(os.getpid())


def test_work_that_cannot_go_on_says_why() -> None:
    def work(progress: Progress) -> FuzzingResult:
        raise SetUpError("there is nobody to sign in")

    with pytest.raises(SetUpError, match="nobody to sign in"):
        Apart(work).result(lambda what, count: None)


def test_a_process_that_dies_is_noticed() -> None:
    def work(progress: Progress) -> FuzzingResult:
        os._exit(1)

    with pytest.raises(SetUpError, match="before its work"):
        Apart(work).result(lambda what, count: None)


@pytest.mark.parametrize("attempt", range(5))
def test_work_can_be_broken_off(attempt: int) -> None:
    """However early it is told, and with SIGTERM being caught, as it is in a command."""

    def work(progress: Progress) -> FuzzingResult:
        while True:
            pass

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    apart = Apart(work)
    apart.stop()
    signal.signal(signal.SIGTERM, before)

    assert not apart.process.is_alive()
