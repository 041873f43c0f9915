"""One run: what is asked for of which target, and the rooms that do the work."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.seen import SeenService
from ..fixtures.session import Session
from ..laws.catalogue import Catalogue
from ..laws.known_failures import is_off
from ..laws.law import DocumentLaw, Experiment, Invariant, Law
from ..options import Options
from ..target.config import Config
from ..target.target import Target
from ..wire.connection import Admission, Connection
from .cleanup import Cleanup
from .generation import Generation
from .judging import Judging
from .kinds import FROM_FUZZING, needs_documented_limits, order
from .messages import Messages
from .sessions import Sessions

Progress = Callable[[str, int], None]


@dataclass
class Run:
    """
    A run of laws against a target; sessions are begun, and requests generated, when a law first needs them.

    It ends early only where no instance of the target answers. What else is missing leaves laws unchecked.

    A run knows what is asked for. Its work is done in `sessions`, `generation` (the generated requests), `judging` (the
    findings) and `cleanup` (the deletion of what was made); `messages` are the lines that the user saw during the run.
    """

    options: Options
    document: Document
    config: Config
    target: Target
    catalogue: Catalogue
    # Called with what is being done now, and with the number of requests.
    progress: Progress = lambda what, count: None
    # The ids of the operations and of the laws that are asked for; None means all.
    selected: Collection[str] | None = None
    selected_rules: Collection[str] | None = None
    # False where the user has deselected laws or operations in another way than by the options.
    is_whole: bool = True
    # Operations that are never called, with the reason of each.
    left_out: dict[str, str] = field(default_factory=dict)
    # Lines that the user should see before the run.
    notices: Sequence[str] = ()
    # Asked before every request: it holds the limits of the run.
    admission: Admission = field(default_factory=lambda: Admission(Connection()))
    # Where the generator keeps its files if the target has no folder of its own.
    files: Path = Path("build/contract/work")
    # Whether requests are generated in a process of their own, and whether this is the run of that process.
    fuzzes_apart: bool = True
    is_generator: bool = False
    # False where faults are put into the target on purpose: then nothing looks after its users and things.
    is_careful: bool = True

    def __post_init__(self) -> None:
        self.sessions = Sessions(self)
        self.messages = Messages(self.sessions.redacted, are_printed=not self.is_generator)
        self.generation = Generation(self)
        self.judging = Judging(self)
        self.cleanup = Cleanup(self)
        self._wanted: Collection[str] | None = None  # None until it is known

    def with_operations(self, selected: Collection[str] | None) -> "Run":
        """Return a run of other operations on the same sessions, with generated requests and findings of its own."""
        other = replace(self, selected=selected)
        other.sessions, other.messages = self.sessions, self.messages
        return other

    def laws(self) -> list[Law]:
        """
        Return the laws asked for, in the order in which they are tried.

        Without a selection these are all laws but those that run only on request.
        """
        if self.selected_rules is None:
            asked = [law for law in self.catalogue if self.options.asks_for(law)]
        else:
            asked = [law for law in self.catalogue if law.id in self.selected_rules]
        return sorted((law for law in asked if not is_off(law.id, self.config.rules)), key=order)

    @cached_property
    def invariants(self) -> list[Invariant]:
        return [law for law in self.catalogue if isinstance(law, Invariant)]

    def operations(self, law: Law) -> list[Operation]:
        """
        Return the operations asked for that a law applies to.

        Of a list with several styles of pages, the first style is taken that the law applies to. A list whose guessed pages
        were refuted by reads is returned too: the report then says that the law was not checked there.
        """
        asked = [each for each in self.document.operations if not self.wanted or each.id in self.wanted]
        suited = [next(filter(law.applies, operation.in_each_style()), None) for operation in asked]
        refuted = [each if law.applies(each.before_it_was_refuted()) else None for each in asked]
        either = [one or other for one, other in zip(suited, refuted, strict=True)]
        found = [operation for operation in either if operation is not None]
        is_sampled = self.options.fast and self.selected is None and isinstance(law, Experiment)
        return found[:1] if is_sampled else found

    @property
    def wanted(self) -> Collection[str]:
        """The operations asked for; with --fast a few at which every law is put to the test; empty means all."""
        if self._wanted is None:
            is_sampled = self.options.fast and self.selected is None
            self._wanted = self._sample() if is_sampled else self.selected or ()
        return self._wanted

    def _sample(self) -> set[str]:
        """Return a few operations at which every law is put to the test."""
        chosen, left = set[str](), [law for law in self.laws() if any(map(law.applies, self.document.operations))]
        while left:
            best = max(self.document.operations, key=lambda operation: sum(law.applies(operation) for law in left))
            chosen.add(best.id)
            left = [law for law in left if not law.applies(best)]
        return chosen

    def applies_somewhere(self, law: Law) -> bool:
        """Whether a law is tried at all: on the document, or on one of the operations asked for."""
        return isinstance(law, DocumentLaw) or bool(self.operations(law))

    @property
    def is_full(self) -> bool:
        """Whether everything is checked, so that what was not seen is missing."""
        return self.options.full and self.is_whole and not self.left_out

    @property
    def experiments(self) -> Session:
        """The session on the instance with relaxed limits."""
        return self.sessions.on("experiments")

    @property
    def documented(self) -> Session:
        """The session on the instance whose limits are those of the document."""
        return self.sessions.on("documented")

    def session_for(self, law: Law) -> Session:
        """Return the session that a law is tried on."""
        return self.documented if needs_documented_limits(law) else self.experiments

    def launch(self, laws: Iterable[Law]) -> None:
        """Start the instances that these laws need, all at once: each takes a while to be ready."""
        for law in laws:
            if isinstance(law, Experiment):
                self.target.launch("documented" if needs_documented_limits(law) else "experiments")
            elif isinstance(law, FROM_FUZZING):
                self.target.launch("fuzzing")

    def launch_all(self) -> None:
        """Start the instances that the laws need which are asked for, before it is known which of them are chosen."""
        self.launch(law for law in self.laws() if self.applies_somewhere(law))

    def learn(self, seen: SeenService) -> None:
        """Take what answers have shown of what the document does not say, for this process and the generator."""
        self.document.learn(seen)
        for law in self.catalogue:
            law.forget_guesses()
        for session in self.sessions:
            session.resources.begin_anew()
        self._wanted = None  # more laws may apply now

    def stop(self) -> None:
        """End the generator and the instances; a run that was stopped can still say what it found."""
        self.generation.stop()
        self.sessions.close()
        with contextlib.suppress(KeyboardInterrupt):
            self.target.stop()
