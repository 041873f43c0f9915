"""A look at a running service before its laws: what its answers show of what its document does not say."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..contract.destructive import sounds_unsafe
from ..contract.facts import Fact, Origin
from ..contract.inference import Said
from ..contract.inference.pages import evidence_of, seen_pagination
from ..contract.operation import Operation
from ..contract.pagination import PAGINATION, Pagination
from ..contract.seen import Seen, SeenService
from ..fixtures.preflights import ALLOW_ORIGIN, allowed_methods
from ..fixtures.session import Session
from ..fixtures.user import User
from ..wire.connection import SAFE_METHODS
from ..wire.exchange import Exchange
from ..wire.outcomes import NotChecked, Violation
from .answers import OK, above, cache_of, challenged_by, first_item, policies_of, speaks_of

MOST_REQUESTS = 200
# Where fewer requests are allowed in all, none is spent on this.
FEWEST_REQUESTS = 400
# Where a run has an end, a look takes no more than this share of its time, and an answer no more than this one.
SHARE_OF_TIME = 0.1
SHARE_OF_AN_ANSWER = 0.02
PROBLEM = "application/problem+json"
BAD_TOKEN = {"Authorization": "Bearer of-nothing"}
CHALLENGED_SCHEMES = ("bearer", "basic")
OLD_FIELDS = ("x-ratelimit-limit", "x-rate-limit-limit", "ratelimit-limit")
ENTRANCES = ("register", "log-in", "refresh")
CHANGES = ("PUT", "PATCH", "DELETE")


@dataclass
class Shown:
    """What the answers of one operation have shown so far; `let_in` are the groups whose origin its path allows."""

    answers: list[Exchange] = field(default_factory=list)
    scheme: str = ""
    for_admins: bool = False
    let_in: list[str] = field(default_factory=list)


class Look:
    """
    Sends requests that change nothing, and keeps what the answers show of what a document does not say.

    `look_at_reads` sends GET and OPTIONS, to nobody's account. `look_as_user` sends GET as user A, and to operations that
    write what has to be refused: without content where content is needed, or about an item that does not exist.
    No more than MOST_REQUESTS are sent in all. What is left out of a run is left out here, and so is a GET that is called
    as if it did something. Where the run has an end, what is `slow` is asked once.
    """

    def __init__(self, session: Session, said: Said) -> None:
        self.session = session
        self.said = said
        self.sent = 0
        self.shown: dict[str, Shown] = {}
        self.challenges: dict[str, str] = {}
        self.slow: set[str] = set()  # paths
        self.spent = 0.0

    @property
    def operations(self) -> tuple[Operation, ...]:
        return self.session.document.operations

    @property
    def reads(self) -> list[Operation]:
        """The GETs that may be asked, those without path parameters first."""
        found = [each for each in self.operations if each.method == "GET" and self._may_be_asked(each)]
        return sorted(found, key=lambda each: len(each.path_parameters))

    @property
    def _takes_tokens(self) -> bool:
        """Whether the service takes bearer tokens, as a challenge or the document says."""
        declared = self.session.document.security_schemes.values()
        return "bearer" in self.challenges.values() or any(scheme.is_bearer for scheme in declared)

    def _may_be_asked(self, operation: Operation) -> bool:
        is_left_out = operation.unreadable or operation.id in self.session.client.left_out
        return not is_left_out and not sounds_unsafe(operation) and operation.role != "log-out"

    def look_at_reads(self) -> None:
        """Read as nobody, with a bad token where a good one seems to be asked for, and from pages of each origin."""
        for operation in self.reads:
            self._ask(operation)
            self._ask_for_an_item(operation, self.session.users.anonymous)
        if not self.said.unauthorized and self._takes_tokens:
            for operation in self.reads:
                if not self._of(operation).scheme:
                    self._ask(operation, headers=BAD_TOKEN)
        if not self.said.origins:
            self._send_preflights()

    def look_as_user(self) -> None:
        """Read as user A what asks for credentials, and try what writes, as nobody and as A, so that it is refused."""
        users = self.session.users
        may_write = not self.session.client.admission.connection.read_only
        writes = [each for each in self.operations if may_write and self._is_refused_for_certain(each)]
        for operation in writes:
            self._ask(operation)
            if not self.said.unauthorized and operation.bearer and not self._of(operation).scheme:
                self._ask(operation, headers=BAD_TOKEN)
        secured = [each for each in self.reads if each.secured]
        if not secured or users.owner.lacks:
            return
        for operation in secured:
            answer = self._ask(operation, users.owner)
            is_list = not operation.path_parameters
            self._of(operation).for_admins = is_list and answer is not None and answer.status == 403
            self._ask_for_an_item(operation, users.owner)
        closed = {each.path for each in secured if self._of(each).for_admins}
        for operation in writes:
            if operation.method in CHANGES and above(operation) in closed and self._of(operation).scheme:
                answer = self._ask(operation, users.owner)
                self._of(operation).for_admins = answer is not None and answer.status == 403

    def learn_pages(self) -> None:
        """Let lists whose answers nobody has described have the pages that their answers let guess; reads may confirm them."""
        document = self.session.document
        for operation in self.operations:
            fact = self._pages_of(operation, document.paths.parameter_below(operation.path))
            if fact is not None:
                operation.learn_pages(fact)

    def _pages_of(self, operation: Operation, parameter: str) -> Fact[Pagination] | None:
        shown = self.shown.get(operation.id)
        is_unsaid = operation.pagination is None and PAGINATION not in operation.facts.settled
        answers = [each for each in shown.answers if each.status == OK] if shown is not None and is_unsaid else []
        found = seen_pagination(operation, parameter, answers[0].json_or_none()) if answers else None
        return Fact(found, Origin.GUESSED, evidence_of(operation, found)) if found is not None else None

    def announced_without_window(self) -> dict[str, str]:
        """Return the fields of limits that name no window, as they were seen, by the id of the operation."""
        found: dict[str, str] = {}
        for name, shown in self.shown.items():
            for answer in shown.answers:
                for field_name in OLD_FIELDS:
                    value = answer.header(field_name)
                    if value is not None and answer.header("ratelimit-policy") is None:
                        found.setdefault(name, f"{field_name}: {value}")
        return found

    def statuses(self) -> dict[str, list[int]]:
        """Return the statuses that were seen and that the document does not have, by the id of the operation."""
        found = {
            each.id: sorted(
                {answer.status for answer in self.shown[each.id].answers if not each.response_to(answer.status)}
            )
            for each in self.operations
            if each.id in self.shown
        }
        return {name: statuses for name, statuses in found.items() if statuses}

    def seen(self) -> SeenService:
        """Return all that was seen until now."""
        answers = [answer for each in self.shown.values() for answer in each.answers]
        is_secured = bool(self.challenges) or any(each.secured for each in self.operations)
        found = {
            each.id: self._seen_of(each, is_secured=is_secured)
            for each in self.operations
            if each.id in self.shown or each.path in self.slow
        }
        has_problems = any(each.status >= 400 and each.media_type == PROBLEM for each in answers)
        return SeenService(dict(self.challenges), found, has_problems, self.sent)

    # What is sent.

    def _is_refused_for_certain(self, operation: Operation) -> bool:
        """Tell whether a write without content, about nothing, can only be refused."""
        lacks_content = operation.body is not None and operation.body.required
        leads_nowhere = bool(operation.path_parameters) and operation.method in ("PATCH", "DELETE")
        is_write = operation.method not in SAFE_METHODS
        return is_write and (lacks_content or leads_nowhere) and self._may_be_asked(operation)

    def _ask(
        self, operation: Operation, user: User | None = None, headers: dict[str, str] | None = None
    ) -> Exchange | None:
        """Send one request of an operation, about nothing where its path has parameters, and keep the answer."""
        user = user or self.session.users.anonymous
        answer = self._call(operation, user, operation.nowhere, headers or {})
        if answer is not None:
            self._keep(operation, answer, is_bare=not user.has_credentials and not headers)
        return answer

    def _ask_for_an_item(self, operation: Operation, user: User) -> None:
        """Read the first item of a list by its own path, where a read of such an item stands right below the list."""
        readers = [each for each in self.reads if len(each.path_parameters) == 1 and above(each) == operation.path]
        shown = self._of(operation).answers[-1:]
        key = operation.key(first_item(operation, shown[0])) if shown and readers else None
        for reader in readers[:1] if isinstance(key, str | int) else []:
            answer = self._call(reader, user, {reader.path_parameters[0].name: key}, {})
            if answer is not None:
                self._keep(reader, answer, is_bare=not user.has_credentials)

    def _call(
        self, operation: Operation, user: User, arguments: Mapping[str, Any], headers: dict[str, str]
    ) -> Exchange | None:
        """Send a request; None where it may not be sent, or gets no answer."""
        if self._is_over or operation.path in self.slow:
            return None
        self.sent += 1
        started = time.monotonic()
        try:
            credential = user.credential_for(operation)
            return self.session.client.call(
                operation,
                arguments=arguments,
                query=self.session.samples.query(operation),
                headers=headers,
                credential=credential,
                address=user.address,
                wait=False,
            )
        except (NotChecked, Violation):
            return None
        finally:
            self._note_time(operation, time.monotonic() - started)

    @property
    def _budget(self) -> float:
        """How many seconds the whole run may take."""
        budget = self.session.client.admission.connection.time_budget
        return math.inf if budget is None else budget

    @property
    def _is_over(self) -> bool:
        """Whether it has sent all that it may, or has had its share of the time."""
        return self.sent >= MOST_REQUESTS or self.spent > self._budget * SHARE_OF_TIME

    def _note_time(self, operation: Operation, seconds: float) -> None:
        self.spent += seconds
        if seconds >= self._budget * SHARE_OF_AN_ANSWER:
            self.slow.add(operation.path)

    def _send_preflights(self) -> None:
        """Ask on each path for each group of origins of the settings which methods its pages may use."""
        config = self.session.config
        paths: dict[str, list[Operation]] = {}
        for operation in self.operations:
            if not operation.unreadable and operation.id not in self.session.client.left_out:
                paths.setdefault(operation.path, []).append(operation)
        for group, origin in config.origins.items():
            for on_path in paths.values():
                self._send_preflight(on_path, group, origin)

    def _send_preflight(self, on_path: list[Operation], group: str, origin: str) -> None:
        for asked in on_path:
            answer = self._preflight(asked, origin)
            if answer is None:
                return
            if answer.header(ALLOW_ORIGIN) == origin:
                for operation in on_path if speaks_of(answer, on_path) else ():
                    if operation.method in allowed_methods(answer):
                        self._of(operation).let_in.append(group)
                return

    def _preflight(self, operation: Operation, origin: str) -> Exchange | None:
        if self._is_over or operation.path in self.slow:
            return None
        self.sent += 1
        headers = [("Origin", origin), ("Access-Control-Request-Method", operation.method)]
        path = operation.path.format_map(operation.nowhere)
        try:
            return self.session.client.send("OPTIONS", path, headers, operation=operation, wait=False)
        except (NotChecked, Violation):
            return None

    # What is kept.

    def _of(self, operation: Operation) -> Shown:
        return self.shown.setdefault(operation.id, Shown())

    def _keep(self, operation: Operation, answer: Exchange, *, is_bare: bool) -> None:
        shown = self._of(operation)
        shown.answers.append(answer)
        if answer.status == 401 and is_bare and not self.said.security:
            shown.scheme = self._scheme_of(answer)

    def _scheme_of(self, answer: Exchange) -> str:
        """Return the name of the scheme that a 401 asks for; empty where its challenge names none that is known."""
        known = self.session.document.security_schemes.values()
        for name in challenged_by(answer):
            own = next((each.name for each in known if each.scheme == name and each.type == "http"), None)
            if own is not None:
                return own
            if name in CHALLENGED_SCHEMES:
                self.challenges[name] = name
                return name
        return ""

    def _seen_of(self, operation: Operation, *, is_secured: bool) -> Seen:
        shown = self._of(operation)
        successes = [each for each in shown.answers if 200 <= each.status < 300]
        policies = {policy.name: policy for each in shown.answers for policy in policies_of(each)}
        by = "principal" if is_secured and operation.role not in ENTRANCES else "address"
        return Seen(
            statuses=tuple(sorted({each.status for each in shown.answers})),
            scheme=shown.scheme,
            for_admins=shown.for_admins,
            policies=tuple(replace(policy, by=by) for policy in policies.values()),
            groups=tuple(shown.let_in) if shown.let_in else None,
            cache=next(filter(None, map(cache_of, successes)), None) if operation.method == "GET" else None,
            has_tag=any(each.header("etag") is not None for each in successes),
            is_slow=operation.path in self.slow,
        )
