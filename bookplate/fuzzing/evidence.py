"""What the engine's events say: exchanges, counts and findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import requests
from schemathesis.engine import events
from schemathesis.engine.errors import ServerUnavailable, UnhealthyAPIError, UnresponsiveOperationError
from schemathesis.engine.recorder import Interaction, ScenarioRecorder

from ..contract.document import Document
from ..contract.operation import Operation
from ..laws.catalogue import Catalogue
from ..laws.generated import FuzzingResult
from ..laws.law import Invariant, Law
from ..laws.verdict import GENERATED, MUST, SHOULD, VARYING, Finding, Verdict
from ..wire.connection import Admission
from ..wire.evidence import evidence_of
from ..wire.exchange import Exchange
from ..wire.made import Makers
from ..wire.outcomes import NotChecked, Violation, no_answer, printable
from ..wire.script import Script
from ..wire.server_log import LogOf, nothing_printed
from ..wire.shape import shape_of
from .claims import Claims
from .defects import defect_of
from .doubts import Doubts
from .excuses import forbidden_parameter, parameters_in
from .guard import nobody_looks
from .judging import Shown, by_check, by_invariant
from .readable import ADVICE
from .relevance import Seen, is_promised, puts_to_the_test
from .sentences import sentence_of
from .session import content_of, logged_of, send_again
from .tolerance import has_opened_nothing, without_an_answer

Key = tuple[Any, ...]
FIRST_SERVER_ERROR = 500
MOST_CRASHES = (
    8  # of one operation and status that are told apart; one that repeats what it was sent has a shape for each
)
ACCEPTANCE = "positive_data_acceptance"
# The server is at fault where a request got no answer, and not where a request could not be made.
NO_ANSWER = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    ServerUnavailable,
    UnhealthyAPIError,
    UnresponsiveOperationError,
)
# An answer may still have come: no document says how long one may take, so this is advice.
LATE = (requests.Timeout, UnhealthyAPIError, UnresponsiveOperationError)


class Recorder:
    """
    Turns scenarios into a result; of all that shows one failure it keeps the shortest.

    `is_gone` tells whether the target has ended. Then the work ends too, and the result says so. `look` is shown every
    exchange, with the operation that served it.
    """

    def __init__(
        self,
        document: Document,
        catalogue: Catalogue,
        names: Mapping[str, str],
        enough: str = "",
        is_gone: Callable[[], bool] = lambda: False,
        look: Callable[[Exchange, Operation | None], None] = nobody_looks,
        script: Script | None = None,
        log_of: LogOf = nothing_printed,
    ) -> None:
        self.document = document
        self.operations = {operation.id: operation for operation in document.operations}
        self.catalogue = catalogue
        self.invariants = [law for law in catalogue if isinstance(law, Invariant)]
        self.names = names
        self.enough = enough
        self.secrets: dict[str, str] = {}
        self.failures: dict[Key, Finding] = {}
        self.counted = FuzzingResult()
        self.crashes: dict[tuple[str | None, int], set[str]] = {}
        self.is_gone = is_gone
        self.claims = Claims()
        self.doubts = Doubts()
        # The laws that an exchange broke by our own judgement, by the number of the exchange.
        self.broken: set[tuple[int, str]] = set()
        self.look = look
        self.script = script or Script()
        self.log_of = log_of
        self.shown: dict[Key, tuple[Exchange, ...]] = {}
        # How a failure is judged once more, where that can be.
        self.again: dict[Key, Shown] = {}
        self.makers = Makers()

    @property
    def total(self) -> int:
        return sum(self.counted.cases.values())

    @property
    def has_enough(self) -> bool:
        """Whether nothing is left to be done: the target has ended, or the one failure was found that is asked for."""
        return bool(self.counted.unfinished) or any(
            finding.rule_id == self.enough for finding in self.failures.values()
        )

    def result(self) -> FuzzingResult:
        self.counted.findings = [self.with_script(key, finding) for key, finding in self.failures.items()]
        self.counted.secrets = {**self.secrets, **self.names}
        rule = self.catalogue.for_check(ACCEPTANCE)
        self.counted.doubted = self.doubts.words(rule.id) if rule is not None else {}
        return self.counted

    def with_script(self, key: Key, finding: Finding) -> Finding:
        """Return a finding with a script that brings along what its requests need."""
        names = {**self.secrets, **self.names}
        known = {variable.value for variable in self.script.variables}
        for value, name in names.items():
            if value not in known:
                variable = name.removeprefix("$")
                self.script.define(variable, value, f"${{{variable}:?set it to a token of this kind}}", is_secret=True)
        shown = self.shown.get(key)
        text = self.script.show(shown) if shown else self.script.around(finding.curl)
        return replace(finding, curl=redacted(text, names))

    def take(self, event: Any) -> None:
        if isinstance(event, events.ScenarioFinished):
            self.scenario(event)
        elif isinstance(event, events.NonFatalError):
            self.engine_error(event.label, event.value, event.info.code_sample or "")
        elif isinstance(event, events.FatalError):
            self.engine_error("engine", event.exception)

    def scenario(self, event: events.ScenarioFinished) -> None:
        recorder = event.recorder
        exchanges = {case_id: self.exchange(recorder, case_id) for case_id in recorder.interactions}
        answered = {case_id: exchange for case_id, exchange in exchanges.items() if exchange.status}
        for case_id, exchange in answered.items():
            self.learn_secrets(exchange)
            self.makers.note(exchange, self.secrets)
            self.look(exchange, self.served(exchange))
            self.count(exchange, recorder, case_id, from_example=event.phase.name == "EXAMPLES")
            self.apply_invariants(exchange)
        for case_id, nodes in recorder.checks.items():
            for node in nodes:
                self.check(node, case_id, recorder, answered)

    def exchange(self, recorder: ScenarioRecorder, case_id: str) -> Exchange:
        definition = recorder.cases[case_id].value.operation.definition.raw
        return exchange_of(definition.get("operationId"), recorder.interactions[case_id])

    def count(self, exchange: Exchange, recorder: ScenarioRecorder, case_id: str, *, from_example: bool) -> None:
        node = recorder.cases[case_id]
        operation = self.served(exchange)
        # A case with a parent but without a transition was made by a check, not by the generator.
        generated = node.parent_id is None or node.transition is not None
        if exchange.operation_id is not None and generated:
            self.counted.cases[exchange.operation_id] += 1
        if operation is not None:
            self.counted.observed[operation.id, exchange.status, exchange.media_type] += 1
            if generated and not from_example and 200 <= exchange.status < 300:
                self.counted.generated_2xx[operation.id] += 1

    def served(self, exchange: Exchange) -> Operation | None:
        """Return the operation a request was meant for; None where the method is none of the path's."""
        operation = self.operations.get(exchange.operation_id or "")
        return operation if operation is not None and operation.method == exchange.method else None

    def apply_invariants(self, exchange: Exchange) -> None:
        operation = self.served(exchange)
        for rule in self.invariants:
            if operation is not None and not rule.applies(operation):
                continue
            try:
                judged = rule.judge(exchange, operation, self.document)
            except Violation as violation:
                judged = True
                self.broken.add((exchange.number, rule.id))
                key = (rule.id, exchange.operation_id, VARYING.sub("#", violation.observed), exchange.status)
                is_about_one = violation.exchanges in ((), (exchange,))
                violation.exchanges = self.makers.before(violation.exchanges or (exchange,))
                if self.fail(key, rule, exchange.operation_id, violation) and is_about_one:
                    self.again[key] = by_invariant(rule, operation, self.document, violation)
            self.counted.judged[rule.id, exchange.operation_id or ""] += judged

    def check(self, node: Any, case_id: str, recorder: ScenarioRecorder, answered: Mapping[str, Exchange]) -> None:
        rule = self.catalogue.for_check(node.name)
        exchange = answered[case_id]
        if rule is None or exchange.operation_id is None:
            return
        operation = self.operations[exchange.operation_id]
        if not (rule.applies(operation) and is_promised(node.name, operation)):
            return
        failure = node.failure_info.failure if node.failure_info is not None else None
        statuses = {name: each.status for name, each in answered.items()}
        if failure is not None and without_an_answer(failure, statuses):
            return
        if failure is not None and has_opened_nothing(failure, statuses, operation):
            failure = None
        seen = Seen(exchange, operation, case_id, recorder.cases, answered)
        failed = failure is not None
        if node.name == ACCEPTANCE and seen.positive and not failed:
            self.note_claim(seen)
        self.counted.judged[rule.id, exchange.operation_id] += failed or puts_to_the_test(node.name, seen)
        if failure is None or (exchange.number, rule.id) in self.broken:
            return
        related = recorder.iter_chain_cases(case_id=case_id, related_case_ids=failure.related_case_ids())
        chain = tuple(answered[case.id] for case in related if case.id in answered)
        observed, expected = sentence_of(failure, chain, exchange)
        # Failures compare equal when they are the same defect of the same operation, but for crashes that say other things.
        key = (rule.id, node.name, failure, self.kind_of_crash(exchange))
        defect = defect_of(failure, operation, exchange)
        chain = self.makers.before(chain)  # without what they have made, nobody could see it again
        violation = Violation(observed, expected=expected, exchanges=chain, defect=defect)
        violation.guesses = tuple(fact.evidence for fact in rule.guesses_at(seen.operation))
        is_kept = self.fail(key, rule, exchange.operation_id, violation, is_advice=node.name in ADVICE)
        if is_kept and chain:
            self.again[key] = by_check(node.name, failure, recorder.cases[case_id].value, operation, chain)

    def kind_of_crash(self, exchange: Exchange) -> str:
        """Return what a server error says, without what varies; nothing where there are too many kinds to tell apart."""
        if exchange.status < FIRST_SERVER_ERROR:
            return ""
        shape = shape_of(exchange)
        known = self.crashes.setdefault((exchange.operation_id, exchange.status), set())
        if len(known) < MOST_CRASHES:
            known.add(shape)
        return shape if shape in known else ""

    def fail(
        self,
        key: Key,
        rule: Law,
        operation_id: str | None,
        violation: Violation,
        curl: str = "",
        *,
        is_advice: bool = False,
    ) -> bool:
        """Note a failure, unless it is known with a shorter script; return whether it was noted."""
        names = {**self.secrets, **self.names}
        curl = curl or "\n".join(exchange.curl(names, secrets=names) for exchange in violation.exchanges)
        known = self.failures.get(key)
        if known is not None and len(known.curl) <= len(curl):
            return False
        self.shown[key] = violation.exchanges
        level = SHOULD if is_advice else self.catalogue.level(rule, violation.guesses)
        self.failures[key] = self.finding(rule, operation_id, level, violation, curl)
        return True

    def finding(self, rule: Law, operation_id: str | None, level: str, violation: Violation, curl: str) -> Finding:
        """Return a failure as it is told, without secrets."""
        names = {**self.secrets, **self.names}
        shown = {**self.script.names_of_servers, **names}
        operation = self.operations.get(operation_id or "")
        last = violation.exchanges[-1] if violation.exchanges else None
        return Finding(
            rule.id,
            operation_id,
            Verdict.FAILED if level == MUST else Verdict.WARNED,
            level=level,
            observed=self.catalogue.noted(rule, redacted(violation.observed, names)),
            expected=redacted(violation.expected, names),
            curl=redacted(curl, names),
            guesses=violation.guesses,
            line=self.document.where(operation.pointer) if operation else "",
            exchanges=evidence_of(violation.exchanges, lambda text: redacted(text, shown)),
            defect=redacted(violation.defect, names),
            logged=redacted(last.logged, names) if last else "",
            log=self.file_of_log(last) if last else "",
            phase=GENERATED,
        )

    def file_of_log(self, exchange: Exchange) -> str:
        """Return the file with what the server has printed, where it printed something about an exchange."""
        log = self.log_of(exchange.url) if exchange.logged else None
        return str(log.path) if log else ""

    def see(self, exchange: Exchange) -> None:
        """Take note of what an answer hands out and makes; it counts for no law."""
        self.learn_secrets(exchange)
        self.makers.note(exchange, self.secrets)
        self.look(exchange, self.served(exchange))

    def make_smaller(self, key: Key, violation: Violation | None, sentence: str) -> None:
        """Show a failure by what a smaller request has shown, where there is one; `sentence` says what came of the search."""
        known = self.failures[key]
        if violation is None:
            self.failures[key] = replace(known, smallest=sentence)
            return
        names = {**self.secrets, **self.names}
        curl = "\n".join(exchange.curl(names, secrets=names) for exchange in violation.exchanges)
        violation.guesses = tuple(known.guesses)
        self.shown[key] = violation.exchanges
        smaller = self.finding(self.catalogue[known.rule_id], known.operation_id, known.level, violation, curl)
        self.failures[key] = replace(smaller, found_with=known.exchanges, smallest=sentence)

    def note_claim(self, seen: Seen) -> None:
        """Keep what a creator has answered to valid content, and count what was refused and is not valid by our reading."""
        name = forbidden_parameter(parameters_in(seen.node.value), seen.operation)
        if not name:
            self.claims.note(seen.exchange, seen.operation)
        elif seen.was_let_in:
            self.doubts.note(seen.exchange, seen.operation.id, name)

    def judge_claims(self, admission: Admission) -> None:
        """Note each 400 to valid content that is not about a value that is taken, as the service shows when it is asked."""
        rule = self.catalogue.for_check(ACCEPTANCE)
        if rule is None:
            return

        def send(exchange: Exchange) -> Exchange | None:
            again = send_again(exchange, admission)
            if again is not None:
                self.look(again, self.served(again))
            return again

        for operation_id, shown in self.claims.wrong(send):
            first, again, refused = shown
            observed = f"Valid content is refused: {refused.summary()}"
            expected = (
                f"another status: content that was accepted ({first.status}) is answered {again.status} when it comes once "
                "more, so a 400 says of no value that it is taken"
            )
            violation = Violation(observed, expected=expected, exchanges=shown)
            self.fail((rule, ACCEPTANCE, operation_id), rule, operation_id, violation)

    def engine_error(self, label: str, error: BaseException, curl: str = "") -> None:
        """Note what kept a scenario from its end: an answer that never came, or a request that could not be made."""
        if self.counted.unfinished:
            return
        if isinstance(error, NO_ANSWER) and self.is_gone():
            self.counted.unfinished = (
                f"the target no longer answers, since {label}: look at its log, and start it again"
            )
        if self.counted.unfinished and is_refused(error):
            return
        rule = self.catalogue.for_check("not_a_server_error")
        if rule is not None and isinstance(error, NO_ANSWER):
            named = next(iter(self.labelled(label)), None)
            said = f"{label}: {type(error).__name__}: {error}"[:500]
            violation = Violation(said, expected="an answer", defect=no_answer(label))
            key = ("engine", label, type(error).__name__)
            self.fail(key, rule, named, violation, curl, is_advice=isinstance(error, LATE))
        else:
            self.leave_out(self.labelled(label) or self.operations, error)

    def labelled(self, label: str) -> list[str]:
        """Return the operations that the engine calls so: by method and path, or all of a path."""
        return [o.id for o in self.operations.values() if label in (f"{o.method} {o.path}", o.path)]

    def leave_out(self, operation_ids: Iterable[str], error: BaseException) -> None:
        """Note that no more requests are generated for some operations, and why."""
        reason = str(error)
        if not isinstance(error, NotChecked):
            first_line = next(iter(reason.strip().splitlines()), "")
            reason = f"no requests could be generated: {type(error).__name__}: {first_line}"[:300]
        for operation_id in operation_ids:
            self.counted.problems.setdefault(operation_id, redacted(printable(reason), self.names))

    def learn_secrets(self, exchange: Exchange) -> None:
        """Remember the tokens an answer hands out, so that no report shows them."""
        operation = self.served(exchange)
        answer = exchange.json_or_none() if 200 <= exchange.status < 300 else None
        if operation is None:
            return
        handed_out = {
            "$ACCESS_TOKEN": operation.role_value("access", answer),
            "$REFRESH_TOKEN": operation.role_value("refresh", answer),
        }
        for variable, value in handed_out.items():
            if isinstance(value, str) and len(value) >= 8:
                self.secrets[value] = variable


def is_refused(error: BaseException) -> bool:
    """Tell whether a request was never sent, as nobody listened any more."""
    return "refused" in f"{error!r} {error.__cause__!r} {error.__context__!r}".lower()


def exchange_of(operation_id: str | None, interaction: Interaction) -> Exchange:
    """Return an interaction of schemathesis as an exchange of ours; its status is 0 where no answer came."""
    request, response = interaction.request, interaction.response
    content = content_of(response.request if response else None)
    return Exchange(
        operation_id=operation_id,
        method=request.method,
        url=request.uri,
        request_headers=list(pairs(request.headers)),
        request_body=request.body or b"",
        status=response.status_code if response else 0,
        headers=list(pairs(response.headers)) if response else [],
        body=content.body or (response.content if response else b""),
        seconds=response.elapsed if response else 0.0,
        ended=interaction.timestamp,
        flaw=content.flaw,
        unread=content.unread,
        logged=logged_of(response.request if response else None),
        is_generated=True,
    )


def pairs(headers: Mapping[str, list[Any]]) -> Iterator[tuple[str, str]]:
    for name, values in headers.items():
        if name.lower().startswith("x-schemathesis-"):
            continue
        for value in values:
            yield name, value.decode("latin-1") if isinstance(value, bytes) else str(value)


def redacted(text: str, names: Mapping[str, str]) -> str:
    for value in sorted(names, key=len, reverse=True):
        text = text.replace(value, names[value])
    return text
