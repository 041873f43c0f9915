"""The generated requests of a run: when and where they are sent, and what came of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..fixtures.session import Session
from ..laws.generated import FuzzingResult
from ..laws.law import Law
from ..laws.observer import Observer
from ..wire.outcomes import NotChecked
from .kinds import FROM_FUZZING

if TYPE_CHECKING:  # schemathesis takes longer to import than a server to start
    from ..fuzzing.guard import Guard
    from ..fuzzing.process import GeneratorProcess
    from .run import Run


class Generation:
    """Sends generated requests once: in a process beside the experiments, or in this process when a law first asks."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._result: FuzzingResult | None = None  # None until requests were generated
        self.process: GeneratorProcess | None = None
        # The id of the law whose first failure is all that is asked of the requests; empty means none.
        self.enough = ""

    @property
    def result(self) -> FuzzingResult:
        """What generated requests found; they are sent now where that was not begun before."""
        if self._result is None:
            try:
                found = self._generated()
            except NotChecked as problem:
                found = FuzzingResult(unfinished=str(problem))
            self._result = found
            for line in found.messages:
                self._run.messages.say(line)
        return self._result

    @property
    def known(self) -> FuzzingResult:
        """What generated requests found, empty where no law asked for any."""
        return self._result or FuzzingResult()

    def settle(self, result: FuzzingResult) -> None:
        """Take a result as that of the run; no request is generated after it."""
        self._result = result

    def start(self, laws: Iterable[Law]) -> None:
        """Start the generator beside the experiments, where laws need its requests and it has an instance of its own."""
        run = self._run
        is_needed = any(isinstance(law, FROM_FUZZING) for law in laws)
        if not (is_needed and run.fuzzes_apart):
            return
        # Two processes at once cannot count together: under a limit the generator begins when the experiments are over.
        is_limited = run.options.max_requests is not None or run.options.rate is not None
        if not (run.target.is_single or is_limited):
            self._start_process()
        else:
            run.admission.keep_half()

    def _start_process(self) -> None:
        from ..fuzzing.process import GeneratorProcess

        run = self._run
        instance = run.sessions.ready("fuzzing")
        left = run.admission.left()
        options = replace(run.options, max_requests=left.most_requests, time_budget=left.time_budget)
        left_out = run.left_out if run.sessions.knows_unsafe_reads else None
        self.process = GeneratorProcess(options, instance, self.work, left_out=left_out, seen=run.document.seen)

    def _generated(self) -> FuzzingResult:
        """Return what generated requests found; nothing where the limits of the run let none out any more."""
        run = self._run
        if run.fuzzes_apart and self.process is None:
            left = run.admission.left()
            if 0 in (left.most_requests, left.time_budget):
                return FuzzingResult(unfinished=run.admission.closed)
            if run.target.is_single and run.sessions.gone:
                return FuzzingResult(unfinished=run.sessions.gone[0])
            self._start_process()
        return self.process.result(run.progress) if self.process else self.send()

    @property
    def work(self) -> Path:
        """Where the generator keeps its files."""
        instance = self._run.target.launch("fuzzing")
        return instance.work if instance.is_ours else self._run.files

    def send(self) -> FuzzingResult:
        """Send generated requests in this process and return what they found."""
        from ..fuzzing.generator import Scope, run_fuzzing

        run = self._run
        session = run.sessions.on("fuzzing")
        self.work.mkdir(parents=True, exist_ok=True)
        scope = Scope(
            run.options.seed,
            run.options.examples,
            operations=run.wanted or None,
            enough=self.enough,
            brief=run.options.fast,
            secret_headers=run.config.secret_headers,
            guard=self._guard_of(session),
            script=session.script,
            log_of=session.client.log_of,
            replicas=session.client.replicas,
            expected=run.config.expected,
        )
        result = run_fuzzing(
            run.document,
            session.instance.url,
            session.users,
            run.catalogue,
            self.work,
            scope,
            run.progress,
            run.admission,
        )
        if run.is_generator:
            self._add_what_the_session_showed(result, session.observer)
        return result

    def _guard_of(self, session: Session) -> "Guard":
        """Return what looks after the users of a session while requests are generated."""
        from ..fuzzing.guard import Guard

        return Guard(
            session.client.left_out,
            session.resources.ends_caller,
            session.take_down,
            self._run.sessions.look_after_users,
            lambda: session.client.gone,
        )

    def _add_what_the_session_showed(self, result: FuzzingResult, observer: Observer) -> None:
        run = self._run
        result.observed += observer.observed
        result.own += observer.observed
        result.judged += Counter({(law_id, name or ""): n for (law_id, name), n in observer.looked.items()})
        for (law_id, name), violation in observer.violations.items():
            operation = run.document.operation(name) if name else None
            result.findings.append(run.judging.violated(run.catalogue[law_id], operation, violation, violation.guesses))

    def interrupt(self, seconds: float) -> None:
        """Ask the process to end, and give it some time to delete what it has made; nothing where none was started."""
        if self.process is not None:
            self.process.interrupt(seconds)

    def stop(self) -> None:
        """End the process at once, where one was started."""
        if self.process is not None:
            self.process.stop()
