"""Operations, and whole targets, that do nothing but fail, and take their time for each failure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

# Seconds of waiting for failures, without a success in between, after which nothing more is sent.
AT_AN_OPERATION = 60.0
AT_THE_TARGET = 120.0
# A few answers are no rule, however slow they are.
FEWEST = 5

LATE = "no answer in time"
SUCCESS, FIRST_SERVER_ERROR = range(200, 400), 500  # RFC 9110, section 15
REMEDY = "look at the log of the target for what it waits for, and check again when it works"


@dataclass
class Waiting:
    """
    How long was waited for failures since the last success: `seconds` in all, and how many ended in what.

    What was waited for at the same time counts once: it is in the time up to `until`.
    """

    seconds: float = 0.0
    until: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)

    def note(self, began: float, ended: float, end: str) -> None:
        self.seconds += max(ended - max(began, self.until), 0.0)
        self.until = max(ended, self.until)
        self.ends[end] += 1

    def is_too_long(self, most: float) -> bool:
        return self.seconds >= most and self.ends.total() >= FEWEST

    def words(self) -> str:
        ends = ", ".join(f"{how_often} times {end}" for end, how_often in self.ends.most_common())
        return f"in {self.seconds:.0f} s of waiting it gave {ends}, and no success"


class Outages:
    """
    Adds up how long failures are waited for: server errors (RFC 9110, section 15.6), and answers that do not come in time.

    A service whose store is away may refuse each request only when a time of its own is over. A run would then take hours
    and learn nothing. A success, or a redirect, begins the count anew; an error of the client proves nothing, since it is
    often found before the service does any work. Failures that come at once cost nothing, and are never too many.
    """

    def __init__(self) -> None:
        self.at: dict[str, Waiting] = {}
        self.everywhere = Waiting()

    def note(self, operation_id: str, status: int, seconds: float, ended: float) -> None:
        """
        Count an answer, for which `seconds` were waited, up to the time `ended`, in seconds since the epoch.

        The status is 0 where none came in time, and the id is empty where no operation was called.
        """
        if status in SUCCESS:
            self.at.pop(operation_id, None)
            self.everywhere = Waiting()
            return
        if 0 < status < FIRST_SERVER_ERROR:
            return
        for waiting in self._counts(operation_id):
            waiting.note(ended - seconds, ended, str(status) if status else LATE)

    def _counts(self, operation_id: str) -> Iterable[Waiting]:
        yield self.everywhere
        if operation_id:
            yield self.at.setdefault(operation_id, Waiting())

    def of(self, operation_id: str) -> str:
        """Return why an operation is not called any more; empty where it is."""
        waiting = self.at.get(operation_id)
        if waiting is None or not waiting.is_too_long(AT_AN_OPERATION):
            return ""
        return f"{operation_id} is not called any more: {waiting.words()}: {REMEDY}"

    @property
    def of_target(self) -> str:
        """Why nothing is sent any more; empty while something is."""
        if not self.everywhere.is_too_long(AT_THE_TARGET):
            return ""
        return f"the target does not work: {self.everywhere.words()}: {REMEDY}"
