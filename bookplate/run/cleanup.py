"""What a run deletes at its end on a service that outlives it."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..fixtures.clearing import MOST_SECONDS, MOST_SECONDS_LATE, Clearing
from ..fixtures.journal import NAME

if TYPE_CHECKING:
    from .run import Run

SECONDS_TO_CLEAR = 20.0  # that the generator has to delete what it has made


class Cleanup:
    """The journal of what the run has made, and its deletion."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        # Whether the user waits for the end of the run: then deleting takes a few seconds at most.
        self.is_interrupted = False

    @property
    def journal(self) -> Path:
        """The file that has what the run has made on a service that outlives it."""
        return self._run.files.parent / NAME

    @property
    def head(self) -> dict[str, str | None]:
        """The first line of the journal: what `bookplate clean` needs to find the service again, without any secret."""
        given = self._run.options
        return {"target": given.target, "document": given.document, "overlay": given.overlay, "config": given.config}

    def clear_away(self) -> None:
        """
        Delete what was made on a service that outlives the run, unless it is to be kept, and say what is left.

        The user relies on a budget of time: deleting goes on for few seconds after its end.
        """
        run = self._run
        kept = [each for each in run.sessions if each.journal is not None and not each.is_over]
        if not kept or run.options.keep:
            return
        # Interrupted, the generator deletes as long as this process does, and needs a moment to begin.
        run.generation.interrupt(MOST_SECONDS_LATE + 1 if self.is_interrupted else SECONDS_TO_CLEAR)
        for session in kept:
            session.is_over = True
            cleared = Clearing(session, self.journal, self._seconds).clear()
            if run.is_generator:  # the process that goes on with the journal says what is left
                continue
            for line in cleared.lines(f": `bookplate clean {self.journal.parent}` deletes what {self.journal} lists"):
                run.messages.say(line)

    @property
    def _seconds(self) -> float:
        """How long deleting what was made may take."""
        if self.is_interrupted:
            return MOST_SECONDS_LATE
        left = self._run.admission.left().time_budget
        return MOST_SECONDS if left is None else min(left + MOST_SECONDS_LATE, MOST_SECONDS)
