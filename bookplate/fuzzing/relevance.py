"""Which checks an exchange really put to the test: a check that had nothing to look at succeeds too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schemathesis.engine.recorder import CaseNode
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import CoverageScenario, coverage_scenario

from ..contract.operation import Operation
from ..wire.exchange import Exchange


@dataclass(frozen=True)
class Seen:
    """An exchange with what is known of how it came about."""

    exchange: Exchange
    operation: Operation
    node: CaseNode
    scenario: Mapping[str, Exchange]  # all exchanges of the scenario, by the id of their case

    @property
    def accepted(self) -> bool:
        return 200 <= self.exchange.status < 300

    @property
    def positive(self) -> bool | None:
        """Whether the data was meant to be valid; None for what was not generated."""
        meta = self.node.value.meta
        return None if meta is None else meta.generation.mode is GenerationMode.POSITIVE

    def before(self) -> list[Exchange]:
        """The exchanges of the scenario that were sent before this one."""
        known = list(self.scenario.values())
        return known[: known.index(self.exchange)]


def puts_to_the_test(check: str, seen: Seen) -> bool:
    """Tell whether the exchange gave a check something to judge."""
    relevant = RELEVANT.get(check)
    return relevant is None or relevant(seen)


def follows_creation(seen: Seen) -> bool:
    parent = seen.scenario.get(seen.node.parent_id or "")
    return parent is not None and parent.status == 201


def follows_deletion(seen: Seen) -> bool:
    return any(e.method == "DELETE" and 200 <= e.status < 300 and e.path == seen.exchange.path for e in seen.before())


def lacks_a_header(seen: Seen) -> bool:
    return coverage_scenario(seen.node.value) == CoverageScenario.MISSING_PARAMETER


RELEVANT: dict[str, Callable[[Seen], bool]] = {
    "positive_data_acceptance": lambda seen: seen.positive is True and seen.accepted,
    "negative_data_rejection": lambda seen: seen.positive is False and seen.exchange.status < 500,
    "missing_required_header": lacks_a_header,
    "unsupported_method": lambda seen: seen.exchange.method != seen.operation.method,
    "allow_header_conformance": lambda seen: seen.exchange.method == "OPTIONS",
    "ignored_auth": lambda seen: seen.operation.secured and seen.accepted,
    "object_level_authorization": lambda seen: seen.operation.secured and seen.accepted and reads(seen),
    "use_after_free": follows_deletion,
    "ensure_resource_availability": follows_creation,
}


def reads(seen: Seen) -> bool:
    # In 4.31 it has no public name.
    return seen.exchange.method == "GET" and seen.node.value._auth_identity is not None
