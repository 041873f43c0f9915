"""One run: the sessions that laws are tried on, the generated requests, and the findings that come of them."""

import contextlib
import datetime
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .contract.document import Document
from .contract.operation import Operation
from .contract.seen import SeenService
from .fixtures.clearing import MOST_SECONDS, MOST_SECONDS_LATE, Clearing
from .fixtures.journal import NAME
from .fixtures.session import Session
from .fixtures.unsafe_reads import UnsafeReads
from .inference.pages import is_guess, try_pages
from .laws.catalogue import Catalogue
from .laws.conformance import missing_evidence
from .laws.generated import Answer, Coverage, FuzzingResult
from .laws.known_failures import is_off, unobserved
from .laws.law import CoverageLaw, DelegatedLaw, DocumentLaw, Experiment, Invariant, Law, Needs
from .laws.notes import Notes
from .laws.observer import Observer
from .laws.verdict import DOCUMENT, EXPERIMENTS, GENERATED, MUST, Finding, NotExercised, Reported, Verdict
from .options import Options
from .target.config import Config, SetUpError
from .target.instance import Instance
from .target.target import Target
from .wire.connection import SAFE_METHODS, Admission, Connection
from .wire.evidence import evidence_of
from .wire.exchange import Exchange
from .wire.outcomes import NotChecked, Violation

if TYPE_CHECKING:  # schemathesis takes longer to import than a server to start
    from .fuzzing.guard import Guard
    from .fuzzing.process import GeneratorProcess

Progress = Callable[[str, int], None]
# The order in which laws are tried: those that look at all that was sent and received come last.
ORDER = (DocumentLaw, Experiment, Invariant, DelegatedLaw, CoverageLaw)
SECONDS_TO_CLEAR = 20.0  # that the generator has to delete what it has made
MOST_TOLD = 12  # lines about guesses
FROM_FUZZING = (Invariant, DelegatedLaw, CoverageLaw)


@dataclass
class Run:
    """
    A run of laws against a target; sessions are begun, and requests generated, when a law first needs them.

    It ends early only where no instance of the target answers. What else is missing leaves laws unchecked.

    `enough` is the id of the law whose first failure is all that is asked of the generated requests. `is_whole` is
    false where somebody has deselected laws or operations in another way than by the options. `is_interrupted` says that
    somebody waits for its end, so that it deletes for a few seconds alone what it has made. `fuzzes_apart` lets requests
    be generated in a process of their own; `is_generator` says that this is the run of that process. `files` is where the
    generator keeps its files if the target has no folder of its own. `selected` are the operations and `selected_rules`
    the laws that are asked for; None means all. `notices` are lines that the user should see before the run, and `told`
    are those that the user saw during it: which credentials were refused, and who was ended by what. `admission` is asked
    before every request. `left_out` are operations that are never called, with the reason of each. `is_careful` is false
    where nobody looks after users and things of the target, as faults are put into it on purpose. `knows_unsafe_reads`
    says that GETs which do more than read are among `left_out`.
    """

    options: Options
    document: Document
    config: Config
    target: Target
    catalogue: Catalogue
    progress: Progress = lambda what, count: None
    sessions: list[Session] = field(default_factory=list)
    enough: str = ""
    generator: "GeneratorProcess | None" = None
    is_whole: bool = True
    is_interrupted: bool = False
    fuzzes_apart: bool = True
    is_generator: bool = False
    files: Path = Path("build/contract/work")
    selected: Collection[str] | None = None
    selected_rules: Collection[str] | None = None
    notices: Sequence[str] = ()
    admission: Admission = field(default_factory=lambda: Admission(Connection()))
    told: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    is_careful: bool = True
    knows_unsafe_reads: bool = False
    _fuzzing: FuzzingResult | None = None
    _silent: dict[str, str] = field(default_factory=dict)  # instances that did not answer, with the reason
    _unexercised: dict[str, str] = field(
        default_factory=dict
    )  # laws that were put to no test somewhere, with the reason

    def laws(self) -> list[Law]:
        """Return the laws asked for, in the order in which they are tried; without a selection those that nobody has to ask for."""
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

        A list with several styles of pages has the first one that the law applies to. A list whose guessed pages reads have
        refuted is among them, so that somebody hears of it.
        """
        asked = [each for each in self.document.operations if not self.wanted or each.id in self.wanted]
        suited = [next(filter(law.applies, operation.in_each_style()), None) for operation in asked]
        refuted = [each if law.applies(each.before_it_was_refuted()) else None for each in asked]
        either = [one or other for one, other in zip(suited, refuted, strict=True)]
        found = [operation for operation in either if operation is not None]
        is_sampled = self.options.fast and self.selected is None and isinstance(law, Experiment)
        return found[:1] if is_sampled else found

    @cached_property
    def wanted(self) -> Collection[str]:
        """The operations asked for; with --fast a few at which every law is put to the test; empty means all."""
        if self.selected is not None or not self.options.fast:
            return self.selected or ()
        chosen, left = set[str](), [law for law in self.laws() if any(map(law.applies, self.document.operations))]
        while left:
            best = max(self.document.operations, key=lambda operation: sum(law.applies(operation) for law in left))
            chosen.add(best.id)
            left = [law for law in left if not law.applies(best)]
        return chosen

    @property
    def experiments(self) -> Session:
        """The session on the instance with relaxed limits."""
        return self.session("experiments")

    @property
    def documented(self) -> Session:
        """The session on the instance whose limits are those of the document."""
        return self.session("documented")

    def session_for(self, law: Law) -> Session:
        """Return the session that a law is tried on."""
        return self.documented if needs_documented_limits(law) else self.experiments

    def session(self, name: str) -> Session:
        """Return the session on an instance, begun where it is new; a target may have one instance for all purposes."""
        launched = self.target.launch(name)
        known = next((session for session in self.sessions if session.instance is launched), None)
        if known is not None:
            return known
        self.progress("starting the target", 0)
        instance = self._ready(name)
        observer = Observer(self.document, self.invariants)
        session = Session(
            instance,
            self.document,
            self.config,
            observer,
            patience=self.options.patience,
            admission=self.admission,
            left_out=self.left_out,
            journal=None if instance.is_ours or not self.is_careful else (self.journal, self._head),
        )
        session.watch.is_off = not self.is_careful
        if instance.is_ours:
            session.script.start = self.options.to_start(has_limits=self.target.is_documented(name))
        if self.is_generator:
            session.users.leave_addresses_to_others()
        self.sessions.append(session)
        self._try_accounts(session)
        self._leave_out_unsafe_reads(session)
        return session

    def _leave_out_unsafe_reads(self, session: Session) -> None:
        """Find out, once, which GETs do more than read, and let nothing call them after that."""
        if self.knows_unsafe_reads or not self.is_careful:
            return
        self.knows_unsafe_reads = True
        search = UnsafeReads(session, self.wanted, self.admission, self.look_after_users)
        for name, reason in search.find().items():
            self.left_out[name] = reason
            self.tell(reason)
        if search.found_nothing:
            count = len(search.statuses)
            self.tell(
                f"nothing of the document is there: {count} reads were answered 404: give the target with its base path, "
                "as in http://HOST/api, or lay `servers` over the document"
            )

    def _try_accounts(self, session: Session) -> None:
        """Try the credentials of the settings before any law needs them, and say once which are refused."""
        if self.is_generator:
            return
        for line in session.users.try_accounts():
            self.tell(line)

    def learn(self, seen: SeenService) -> None:
        """Take what answers have shown of what the document does not say, for this process and the generator."""
        self.document.learn(seen)
        for law in self.catalogue:
            law.forget_guesses()
        for session in self.sessions:
            session.resources.begin_anew()
        self.__dict__.pop("wanted", None)

    def tell(self, line: str) -> None:
        """Say something once, at the moment that it is known, and again in the reports."""
        line = self._redacted(line)
        if line in self.told:
            return
        self.told.append(line)
        if not self.is_generator:
            print(f"bookplate: {line}", file=sys.stderr)

    def try_guesses(self) -> None:
        """Confirm or refute by reads what laws rest on and nobody has declared, and say once what came of it."""
        experiments = [law for law in self.laws() if isinstance(law, Experiment)]
        guessed = [each for each in self.document.operations if is_guess(each)]
        if not any(law.applies(each) and not law.applies(each.as_declared) for law in experiments for each in guessed):
            return
        self.launch_all()
        found = list(try_pages(self.experiments))
        for tried in found:
            tried.operation.learn_pages(tried.fact, "" if tried.fact else tried.told)
        # What was refuted is told first: it costs laws.
        for tried in sorted(found, key=lambda each: each.fact is not None)[:MOST_TOLD]:
            self.tell(tried.told)
        if len(found) > MOST_TOLD:
            self.tell(f"and {len(found) - MOST_TOLD} more lists were tried by two reads each")

    def look_after_users(self) -> bool:
        """Sign in anew whom the service no longer knows, and tell who that was; return whether there was somebody."""
        lines = [line for session in self.sessions for line in session.look_after_users()]
        for line in lines:
            self.tell(line)
        return bool(lines)

    def try_carefully(self, experiment: Callable[[], None]) -> None:
        """
        Try an experiment, and look after the users that it may have ended.

        What it found while one of them was ended may be about that alone: then it is tried once more.
        """
        try:
            experiment()
        except (Violation, NotChecked):
            if not self.look_after_users():
                raise
            experiment()
        finally:
            self.look_after_users()

    def applies_somewhere(self, law: Law) -> bool:
        """Whether a law is tried at all: on the document, or on one of the operations asked for."""
        return isinstance(law, DocumentLaw) or bool(self.operations(law))

    def refuse_untryable(self, law: Law, operation: Operation | None) -> None:
        """Raise NotChecked where the options leave a law no way to be tried at an operation."""
        if isinstance(law, DocumentLaw):
            return
        if operation is not None and operation.facts.refuted and not law.applies(operation):
            raise NotChecked(operation.facts.refuted)
        writes = operation is not None and operation.method not in SAFE_METHODS
        if isinstance(law, Experiment | CoverageLaw) and operation is not None and operation.id in self.left_out:
            raise NotChecked(self.left_out[operation.id])
        if self.options.read_only and isinstance(law, CoverageLaw) and operation is not None and writes:
            raise NotChecked(f"--read-only: it needs a {operation.method}")
        # The other kinds send nothing: they judge what was seen until then.
        if isinstance(law, Experiment) and self.admission.closed:
            raise NotChecked(self.admission.closed)
        if self.options.read_only and floods(law):
            raise NotChecked("--read-only: it floods the target until a limit is reached")

    def _ready(self, name: str) -> Instance:
        """Return an instance that answers. NotChecked where it does not and another did, SetUpError where none did."""
        if name in self._silent:
            raise NotChecked(self._silent[name])
        try:
            return self.target.ready(name)
        except SetUpError as problem:
            if not self.sessions and self.generator is None:
                raise
            self._silent[name] = f"an instance of the target does not answer: {problem}"
            raise NotChecked(self._silent[name]) from problem

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

    def start_fuzzing(self, laws: Iterable[Law]) -> None:
        """Let requests be generated beside the experiments, where laws need them and there is an instance for it alone."""
        is_needed = any(isinstance(law, FROM_FUZZING) for law in laws)
        if not (is_needed and self.fuzzes_apart):
            return
        # Two processes at once cannot count together: under a limit the generator begins when the experiments are over.
        is_limited = self.options.max_requests is not None or self.options.rate is not None
        if not (self.target.is_single or is_limited):
            self._start_generator()
        else:
            self.admission.keep_half()

    def _start_generator(self) -> None:
        from .fuzzing.process import GeneratorProcess

        instance = self._ready("fuzzing")
        left = self.admission.left()
        options = replace(self.options, max_requests=left.most_requests, time_budget=left.time_budget)
        left_out = self.left_out if self.knows_unsafe_reads else None
        self.generator = GeneratorProcess(options, instance, self.work, left_out=left_out, seen=self.document.seen)

    @property
    def work(self) -> Path:
        """Where the generator keeps its files."""
        instance = self.target.launch("fuzzing")
        return instance.work if instance.is_ours else self.files

    @property
    def fuzzing(self) -> FuzzingResult:
        """What generated requests found; they are sent once, when a law first asks, if that was not begun before."""
        if self._fuzzing is None:
            try:
                found = self._generated()
            except NotChecked as problem:
                found = FuzzingResult(unfinished=str(problem))
            self._fuzzing = found
            for line in found.told:
                self.tell(line)
        return self._fuzzing

    def _generated(self) -> FuzzingResult:
        """Return what generated requests found; nothing where the limits of the run let none out any more."""
        if self.fuzzes_apart and self.generator is None:
            left = self.admission.left()
            if 0 in (left.most_requests, left.time_budget):
                return FuzzingResult(unfinished=self.admission.closed)
            self._start_generator()
        return self.generator.result(self.progress) if self.generator else self.fuzz()

    @property
    def known_fuzzing(self) -> FuzzingResult:
        """What generated requests found, empty where no law asked for any."""
        return self._fuzzing or FuzzingResult()

    def fuzz(self) -> FuzzingResult:
        """Send generated requests in this process, and return with the result what the set-up of their session showed."""
        from .fuzzing.generator import Scope, run_fuzzing

        session = self.session("fuzzing")
        self.work.mkdir(parents=True, exist_ok=True)
        scope = Scope(
            self.options.seed,
            self.examples,
            operations=self.wanted or None,
            enough=self.enough,
            brief=self.options.fast,
            secret_headers=self.config.secret_headers,
            guard=self._guard_of(session),
            script=session.script,
            log_of=session.client.log_of,
            replicas=session.client.replicas,
            expected=self.config.expected,
        )
        result = run_fuzzing(
            self.document,
            session.instance.url,
            session.users,
            self.catalogue,
            self.work,
            scope,
            self.progress,
            self.admission,
        )
        if self.is_generator:
            self._add_what_the_session_showed(result, session.observer)
        return result

    def _guard_of(self, session: Session) -> "Guard":
        """Return what looks after the users of a session while requests are generated."""
        from .fuzzing.guard import Guard

        return Guard(
            session.client.left_out,
            session.resources.ends_caller,
            session.take_down,
            self.look_after_users,
            lambda: session.client.gone,
        )

    def _add_what_the_session_showed(self, result: FuzzingResult, observer: Observer) -> None:
        result.observed += observer.observed
        result.own += observer.observed
        result.judged += Counter({(law_id, name or ""): n for (law_id, name), n in observer.looked.items()})
        for (law_id, name), violation in observer.violations.items():
            operation = self.document.operation(name) if name else None
            result.findings.append(self.violated(self.catalogue[law_id], operation, violation, violation.guesses))

    @property
    def is_full(self) -> bool:
        """Whether everything is checked, so that what was not seen is missing."""
        return self.options.full and self.is_whole and not self.left_out

    @cached_property
    def unobserved(self) -> tuple[dict[str, list[str]], list[str]] | None:
        """What was documented and never seen, with stale excuses; None where the run was no full one."""
        if not self.is_full:
            return None
        observed = self.fuzzing.observed + self._seen_by_sessions
        return unobserved(self.document, observed, self.config.unobserved, datetime.date.today())

    @property
    def _seen_by_sessions(self) -> Counter[Answer]:
        """The answers to the requests that laws have sent."""
        return sum((session.observer.observed for session in self.sessions), Counter[Answer]())

    def missing_evidence(self, findings: Iterable[Finding]) -> list[str]:
        """Return what keeps a service from being called conformant; none where the run does not claim it."""
        if not self.is_full:
            return []
        core = [law for law in self.laws() if law.core and self.operations(law)]
        observed = self.known_fuzzing.observed + self._seen_by_sessions
        succeeded = {name for name, status, _ in observed if 200 <= status < 300}
        return missing_evidence(core, findings, [each.id for each in self.document.operations], succeeded)

    @property
    def examples(self) -> int:
        return self.options.examples

    def coverage(self, operation: Operation) -> Coverage:
        """Return what was seen of an operation; NotChecked where that is too little, since the generator ended early."""
        missing = self.unobserved[0] if self.unobserved else None
        fewest = 50 if self.examples > 8 else 1
        reason = self.fuzzing.unfinished or self.fuzzing.problems.get(operation.id)
        if reason and self.fuzzing.cases[operation.id] < fewest:
            raise NotChecked(reason)
        own = self.fuzzing.own + self._seen_by_sessions
        return Coverage.of(operation, self.fuzzing, own, fewest, missing, is_ours=not self.target.is_url)

    def judged(self, law: Law, operation: Operation | None) -> list[Finding]:
        """Return what generated requests and observers say of a law; nothing at all where it was put to no test."""
        name = operation.id if operation else None
        findings = [
            replace(finding, again=self._again(law, operation))
            for finding in self.fuzzing.findings
            if (finding.rule_id, finding.operation_id) == (law.id, name)
        ]
        looked = self.fuzzing.judged[law.id, name or ""]
        for session in self.sessions:
            looked += session.observer.looked[law.id, name]
            violation = session.observer.violations.get((law.id, name))
            if violation is not None:
                findings.append(self.violated(law, operation, violation, violation.guesses))
        problem = self.fuzzing.problems.get(name or "") if law.checks else None
        if findings:
            return findings
        doubted = self.fuzzing.doubted.get((law.id, name or ""))
        if looked:
            not_tested = tuple(each for each in (problem, doubted) if each)
            return [replace(self.finding(law, operation, Verdict.PASSED), not_tested=not_tested)]
        reason = self.fuzzing.unfinished or problem or doubted
        if reason and operation is not None:
            return [self.finding(law, operation, Verdict.NOT_CHECKED, reason)]
        return []

    def findings(
        self, law: Law, operation: Operation | None, problem: BaseException | None, notes: Notes | None = None
    ) -> list[Finding]:
        """Return what it means that a law was tried and ended with a problem, or with none; `notes` are what it said."""
        notes = notes or Notes()
        match problem:
            case None:
                return [
                    replace(
                        self.finding(law, operation, Verdict.PASSED),
                        tested=tuple(notes.tested),
                        not_tested=tuple(notes.not_tested),
                        guesses=tuple(notes.guesses),
                    )
                ]
            case Reported():
                return problem.findings
            case NotExercised():
                self._unexercised[law.id] = str(problem)
                return []
            case Violation():
                return [self.violated(law, operation, problem, notes.guesses)]
            case NotChecked():
                return [self.finding(law, operation, Verdict.NOT_CHECKED, self._redacted(str(problem)))]
            case SetUpError():
                raise problem
        # Whatever goes wrong in the suite must look like it, and end as ERROR.
        return [self.finding(law, operation, Verdict.ERROR, f"{type(problem).__name__}: {problem}")]

    def afterthoughts(self, law: Law, found: Iterable[Finding]) -> list[Finding]:
        """Return what checks of schemathesis found of an experiment's law, or that nothing put a law to the test."""
        if isinstance(law, Experiment):
            seen = [finding for finding in self.known_fuzzing.findings if finding.rule_id == law.id]
        elif isinstance(law, Invariant | DelegatedLaw):
            seen = self.judged(law, None)
        else:
            return []
        if seen or not self.operations(law) or any(finding.rule_id == law.id for finding in found):
            return seen
        reason = self.admission.closed or self._unexercised.get(law.id, "no exchange put it to the test")
        return [self.finding(law, None, Verdict.NOT_CHECKED, reason)]

    def violated(
        self, law: Law, operation: Operation | None, violation: Violation, guesses: Sequence[str] = ()
    ) -> Finding:
        """Return what a violation comes to. What rests on `guesses`, which nobody has declared, warns."""
        session = self._session_of(violation)
        redacted = session.script.redacted if session else str
        level = self.catalogue.level(law, guesses)
        return replace(
            self.finding(law, operation, Verdict.FAILED if level == MUST else Verdict.WARNED),
            level=level,
            guesses=tuple(guesses),
            observed=self.catalogue.noted(law, redacted(violation.observed)),
            expected=redacted(violation.expected),
            curl=session.script.show(violation.exchanges) if session else "",
            exchanges=evidence_of(violation.exchanges, redacted),
            defect=redacted(violation.defect),
            logged=redacted(violation.exchanges[-1].logged) if violation.exchanges else "",
            log=log_of(violation.exchanges[-1], session) if violation.exchanges else "",
        )

    def _redacted(self, text: str) -> str:
        """Return a text without the secrets of any session."""
        for session in self.sessions:
            text = session.script.redacted(text)
        return text

    def _session_of(self, violation: Violation) -> Session | None:
        """Return the session that a violation was seen on."""
        last = violation.exchanges[-1].url if violation.exchanges else ""
        sessions = [each for each in self.sessions if last.startswith(each.instance.addresses)] or self.sessions
        return sessions[-1] if sessions else None

    def finding(self, law: Law, operation: Operation | None, verdict: Verdict, reason: str = "") -> Finding:
        return Finding(
            law.id,
            operation.id if operation else None,
            verdict,
            level=self.catalogue.level(law),
            reason=reason,
            line=self.document.where(operation.pointer) if operation else self.document.location,
            again=self._again(law, operation),
            phase=self._phase(law),
        )

    def _again(self, law: Law, operation: Operation | None) -> str:
        """Return the command that checks just this again."""
        return self.options.again(law, operation, is_generated=isinstance(law, FROM_FUZZING))

    def _phase(self, law: Law) -> str:
        """Return the part of the run in which a law is tried."""
        if isinstance(law, DocumentLaw):
            return DOCUMENT
        is_generated = self.is_generator or isinstance(law, DelegatedLaw | CoverageLaw)
        return GENERATED if is_generated else EXPERIMENTS

    def cut_short(self) -> list[Finding]:
        """
        Return what the requests sent so far have shown of invariants, where the run ends before they are judged.

        No request is generated after it.
        """
        self.is_whole = False
        self._fuzzing = self.known_fuzzing
        laws = [law for law in self.laws() if isinstance(law, Invariant)]
        pairs = [(law, operation) for law in laws for operation in [*self.operations(law), None]]
        return [finding for law, operation in pairs for finding in self.judged(law, operation)]

    @property
    def journal(self) -> Path:
        """The file that has what the run has made on a service that outlives it."""
        return self.files.parent / NAME

    @property
    def _head(self) -> dict[str, str | None]:
        """The first line of the journal: what `bookplate clean` needs to find the service again, without any secret."""
        given = self.options
        return {"target": given.target, "document": given.document, "overlay": given.overlay, "config": given.config}

    def clear_away(self) -> None:
        """
        Delete what was made on a service that outlives the run, unless it is to be kept, and tell what is left.

        A budget of time is a promise to somebody who waits: little time is spent beyond it.
        """
        kept = [each for each in self.sessions if each.journal is not None and not each.is_over]
        if not kept or self.options.keep:
            return
        if self.generator is not None:
            # Interrupted, it deletes as long as this process does, and needs a moment to begin.
            self.generator.interrupt(MOST_SECONDS_LATE + 1 if self.is_interrupted else SECONDS_TO_CLEAR)
        for session in kept:
            session.is_over = True
            clearing = Clearing(session, self.journal, self._seconds_to_clear)
            lines = clearing.clear().lines(
                f": `bookplate clean {self.journal.parent}` deletes what {self.journal} lists"
            )
            for line in lines if not self.is_generator else ():  # the process that goes on with the journal tells it
                self.tell(line)

    @property
    def _seconds_to_clear(self) -> float:
        """How long deleting what was made may take."""
        if self.is_interrupted:
            return MOST_SECONDS_LATE
        left = self.admission.left().time_budget
        return MOST_SECONDS if left is None else min(left + MOST_SECONDS_LATE, MOST_SECONDS)

    def stop(self) -> None:
        """End the generator and the instances; a run that was stopped can still say what it found."""
        if self.generator:
            self.generator.stop()
        for session in self.sessions:
            session.client.close()
        with contextlib.suppress(KeyboardInterrupt):
            self.target.stop()


def log_of(exchange: Exchange, session: Session | None) -> str:
    """Return the file with what the server printed, where its answer was a server error and the suite keeps the file."""
    log = session.client.log_of(exchange.url) if session else None
    return str(log.path) if log and exchange.logged else ""


def order(law: Law) -> int:
    """Return the place of a law's kind in the order in which laws are tried."""
    return ORDER.index(type(law))


def floods(law: Law) -> bool:
    """Whether a law sends requests until a limit is reached."""
    return needs_documented_limits(law) or "quotas" in inspect.signature(law.function).parameters


def needs_documented_limits(law: Law) -> bool:
    """Whether a law is tried where the rate limits are those of the document."""
    return isinstance(law, Experiment) and Needs.DOCUMENTED_LIMITS in law.needs
