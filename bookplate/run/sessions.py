"""The sessions of a run: how each begins, and how its users are looked after."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..fixtures.session import Session
from ..fixtures.unsafe_reads import UnsafeReads
from ..laws.observer import Observer
from ..target.config import SetUpError
from ..target.instance import Instance
from ..wire.outcomes import NotChecked, Violation

if TYPE_CHECKING:
    from .run import Run


class Sessions:
    """The sessions of a run, at most one for each instance of the target. Each begins when it is first asked for."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._begun: list[Session] = []
        self._silent: dict[str, str] = {}  # instances that did not answer, with the reason
        # Whether it is known which GETs do more than read; they are then among `left_out` of the run.
        self.knows_unsafe_reads = False

    def __iter__(self) -> Iterator[Session]:
        return iter(self._begun)

    def on(self, name: str) -> Session:
        """Return the session on an instance, begun where it is new; a target may have one instance for all purposes."""
        launched = self._run.target.launch(name)
        known = next((session for session in self._begun if session.instance is launched), None)
        if known is not None:
            return known
        return self._begin(name)

    def _begin(self, name: str) -> Session:
        self._run.progress("starting the target", 0)
        session = self._new_session(self.ready(name))
        session.watch.is_off = not self._run.is_careful
        if session.instance.is_ours:
            session.script.start = self._run.options.to_start(has_limits=self._run.target.is_documented(name))
        if self._run.is_generator:
            session.users.leave_addresses_to_others()
        self._begun.append(session)
        self._try_accounts(session)
        self._leave_out_unsafe_reads(session)
        return session

    def _new_session(self, instance: Instance) -> Session:
        run = self._run
        has_journal = run.is_careful and not instance.is_ours
        return Session(
            instance,
            run.document,
            run.config,
            Observer(run.document, run.invariants),
            patience=run.options.patience,
            admission=run.admission,
            left_out=run.left_out,
            journal=(run.cleanup.journal, run.cleanup.head) if has_journal else None,
        )

    def ready(self, name: str) -> Instance:
        """Return an instance that answers. NotChecked where it does not and another did, SetUpError where none did."""
        if name in self._silent:
            raise NotChecked(self._silent[name])
        try:
            return self._run.target.ready(name)
        except SetUpError as problem:
            if not self._begun and self._run.generation.process is None:
                raise
            self._silent[name] = f"an instance of the target does not answer: {problem}"
            raise NotChecked(self._silent[name]) from problem

    def _try_accounts(self, session: Session) -> None:
        """Try the credentials of the settings before any law needs them, and say once which are refused."""
        if self._run.is_generator:
            return
        for line in session.users.try_accounts():
            self._run.messages.say(line)

    def _leave_out_unsafe_reads(self, session: Session) -> None:
        """Find out, once, which GETs do more than read, and let nothing call them after that."""
        run = self._run
        if self.knows_unsafe_reads or not run.is_careful:
            return
        self.knows_unsafe_reads = True
        search = UnsafeReads(session, run.wanted, run.admission, self.look_after_users)
        for name, reason in search.find().items():
            run.left_out[name] = reason
            run.messages.say(reason)
        if search.found_nothing:
            count = len(search.statuses)
            run.messages.say(
                f"nothing of the document is there: {count} reads were answered 404: "
                "give the target with its base path, as in http://HOST/api, or lay `servers` over the document"
            )

    def look_after_users(self) -> bool:
        """Sign in again the users whose sessions have ended, and say who they were; return whether there were any."""
        lines = [line for session in self._begun for line in session.look_after_users()]
        for line in lines:
            self._run.messages.say(line)
        for reason in self.gone:
            self._run.messages.say(reason)
        return bool(lines)

    @property
    def gone(self) -> list[str]:
        """Why nothing is sent any more to an instance, a line for each to which that has come."""
        return list(dict.fromkeys(session.client.gone for session in self._begun if session.client.gone))

    def try_carefully(self, experiment: Callable[[], None]) -> None:
        """
        Try an experiment, and sign in again the users whose sessions it may have ended.

        A failure that was found after such an end may come from the end alone: then the experiment is tried once more.
        """
        try:
            experiment()
        except (Violation, NotChecked):
            if not self.look_after_users():
                raise
            experiment()
        finally:
            self.look_after_users()

    def redacted(self, text: str) -> str:
        """Return a text without the secrets of any session."""
        for session in self._begun:
            text = session.script.redacted(text)
        return text

    def session_of(self, violation: Violation) -> Session | None:
        """Return the session that a violation was seen on."""
        last = violation.exchanges[-1].url if violation.exchanges else ""
        sessions = [each for each in self._begun if last.startswith(each.instance.addresses)] or self._begun
        return sessions[-1] if sessions else None

    def close(self) -> None:
        """Close the connections of every session."""
        for session in self._begun:
            session.client.close()
