"""Which checks an exchange really put to the test: a check that had nothing to look at succeeds too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schemathesis.engine.recorder import CaseNode
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import CoverageScenario, coverage_scenario

from ..contract.media_range import is_json
from ..contract.operation import Operation
from ..contract.response import Response
from ..contract.schema import Schema
from ..wire.exchange import Exchange
from .tolerance import is_early, leads_elsewhere


@dataclass(frozen=True)
class Seen:
    """An exchange with what is known of how it came about: its scenario has cases and exchanges by the id of the case."""

    exchange: Exchange
    operation: Operation
    case_id: str
    cases: Mapping[str, CaseNode]
    scenario: Mapping[str, Exchange]

    @property
    def node(self) -> CaseNode:
        return self.cases[self.case_id]

    @property
    def accepted(self) -> bool:
        return 200 <= self.exchange.status < 300

    @property
    def was_looked_at(self) -> bool:
        """Whether the answer says something of the request: no limit, redirect or gateway has spoken before."""
        return not (is_early(self.exchange.status) or leads_elsewhere(self.exchange.status, self.operation))

    @property
    def was_let_in(self) -> bool:
        """Whether it was looked at, and not refused for who has sent it."""
        return self.was_looked_at and self.exchange.status not in (401, 403, 407)

    @property
    def response(self) -> Response | None:
        """What the operation documents for the status of the answer; None where that is not its answer at all."""
        is_its_own = self.operation.serves(self.exchange.method) and self.exchange.method != "HEAD"
        return self.operation.response_to(self.exchange.status) if is_its_own else None

    @property
    def schema(self) -> Schema | None:
        """What the content of the answer has to be; None where it has none, or the document does not say."""
        media = self.response.media_for(self.exchange.header("content-type")) if self.response else None
        return media.schema if media is not None and self.exchange.body else None

    @property
    def positive(self) -> bool | None:
        """Whether the data was meant to be valid; None for what was not generated."""
        meta = self.node.value.meta
        return None if meta is None else meta.generation.mode is GenerationMode.POSITIVE

    def before(self) -> list[Exchange]:
        """The exchanges of the scenario that were sent before this one."""
        known = list(self.scenario.values())
        return known[: known.index(self.exchange)]

    def probes(self) -> list[Exchange]:
        """The exchanges that a check has made of this one."""
        made = [name for name, node in self.cases.items() if node.parent_id == self.case_id and node.transition is None]
        return [self.scenario[name] for name in made if name in self.scenario]


AUTHORIZATION = "object_level_authorization"


def puts_to_the_test(check: str, seen: Seen) -> bool:
    """Tell whether the exchange gave a check something to judge."""
    relevant = RELEVANT.get(check)
    return relevant is None or relevant(seen)


def is_promised(check: str, operation: Operation) -> bool:
    """
    Tell whether an operation promises what a check demands of it.

    That other users may not read what one has made is promised where something says who may: many things are shared.
    """
    return check != AUTHORIZATION or operation.access is not None


def follows_creation(seen: Seen) -> bool:
    parent = seen.scenario.get(seen.node.parent_id or "")
    return parent is not None and parent.status == 201


def follows_deletion(seen: Seen) -> bool:
    return any(e.method == "DELETE" and 200 <= e.status < 300 and e.path == seen.exchange.path for e in seen.before())


def lacks_a_header(seen: Seen) -> bool:
    return coverage_scenario(seen.node.value) == CoverageScenario.MISSING_PARAMETER


def has_another_method(seen: Seen) -> bool:
    return seen.exchange.method != seen.operation.method


def shows_credentials(seen: Seen) -> bool:
    """Tell whether a success was asked for with credentials, and what was asked for without them was looked at."""
    return seen.operation.secured and seen.accepted and not any(is_early(each.status) for each in seen.probes())


def reads(seen: Seen) -> bool:
    # In 4.31 it has no public name.
    return seen.exchange.method == "GET" and seen.node.value._auth_identity is not None


RELEVANT: dict[str, Callable[[Seen], bool]] = {
    "not_a_server_error": lambda seen: seen.was_looked_at,
    "content_type_conformance": lambda seen: seen.response is not None and bool(seen.response.content),
    "response_schema_conformance": lambda seen: seen.schema is not None,
    "response_headers_conformance": lambda seen: seen.response is not None and bool(seen.response.headers),
    "content_is_unambiguous": lambda seen: is_json(seen.exchange.media_type) and bool(seen.exchange.body),
    "positive_data_acceptance": lambda seen: seen.positive is True and seen.accepted,
    "negative_data_rejection": lambda seen: seen.positive is False and seen.was_let_in and seen.exchange.status < 500,
    "missing_required_header": lambda seen: lacks_a_header(seen) and seen.was_let_in,
    "unsupported_method": lambda seen: has_another_method(seen) and seen.was_let_in,
    "allow_header_conformance": lambda seen: seen.exchange.method == "OPTIONS" and bool(seen.exchange.header("allow")),
    "ignored_auth": shows_credentials,
    AUTHORIZATION: lambda seen: seen.operation.secured and seen.accepted and reads(seen),
    "use_after_free": lambda seen: follows_deletion(seen) and seen.was_let_in,
    "ensure_resource_availability": lambda seen: follows_creation(seen) and seen.was_let_in,
}
