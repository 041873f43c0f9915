"""Rules: what a law consists of, and the registry that knows them all."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .document import Document
from .exchange import Exchange
from .fault import in_steps
from .operation import Operation, Predicate, every_operation
from .verdict import MUST, SHOULD

__all__ = ["MUST", "SHOULD", "NotChecked", "Rule", "Violation"]

Law = Callable[..., Any]
Fault = Callable[..., Any]


class Violation(Exception):
    """The target broke a law; `exchanges` show it, in the order they were sent."""

    def __init__(self, observed: str, *, expected: str = "", exchanges: Sequence[Exchange] = ()) -> None:
        super().__init__(observed)
        self.observed = observed
        self.expected = expected
        self.exchanges = tuple(exchanges)


class NotChecked(Exception):
    """A law could not be put to the test; the message is the reason."""


@dataclass(eq=False)
class Rule:
    """
    One law, with the operations it applies to and the faults it must catch.

    `kind` is one of: invariant (looks at each exchange), experiment (plants, acts, asserts),
    document (reads the document alone), coverage (reads what the campaign observed), delegated
    (one or more checks of schemathesis, named by `checks`).
    """

    id: str
    kind: str
    law: str
    source: str
    level: str = MUST
    applies: Predicate = every_operation
    when: Callable[[Exchange], bool] = lambda exchange: True
    function: Law | None = None
    checks: tuple[str, ...] = ()
    limits: bool = False
    faults: list[Fault] = field(default_factory=list)

    @property
    def group(self) -> str:
        return self.id.partition("-")[0]

    def broken_by(self, fault: Fault) -> Fault:
        """Register a fault that this rule must catch: a change of the document, or what `in_steps` takes."""
        self.faults.append(fault if self.kind == "document" else in_steps(fault))
        return self.faults[-1]

    def broken_at(self, *statuses: int) -> Callable[[Fault], Fault]:
        """Register a fault that bends the answers with these statuses."""
        return lambda fault: self.broken_by(in_steps(fault, statuses))

    def judge(self, exchange: Exchange, operation: Operation | None, document: Document) -> bool:
        """Apply an invariant; return whether it had anything to say, raise Violation where it is broken."""
        if self.function is None or not self.when(exchange):
            return False
        self.function(exchange, operation, document)
        return True


REGISTRY: dict[str, Rule] = {}


def register(rule: Rule) -> Rule:
    if rule.id in REGISTRY:
        raise ValueError(f"rule {rule.id} is declared twice")
    REGISTRY[rule.id] = rule
    return rule


def declared(
    kind: str,
    rule_id: str,
    *,
    source: str,
    level: str = MUST,
    applies: Predicate = every_operation,
    when: Callable[[Exchange], bool] = lambda exchange: True,
    limits: bool = False,
    checks: tuple[str, ...] = (),
) -> Callable[[Law], Rule]:
    """
    Declare a law; the first line of its docstring is what it says.

    `when` says which exchanges put an invariant to the test: without one of those it was not
    checked. An experiment with `limits` runs on the instance that has the limits as documented;
    what the `checks` of schemathesis find is reported under the same id.
    """

    def declare(function: Law) -> Rule:
        law = (inspect.getdoc(function) or "").partition("\n")[0].strip()
        return register(Rule(rule_id, kind, law, source, level, applies, when, function, checks, limits))

    return declare


# law(exchange, operation, document); the operation is None where the request matched none.
invariant = partial(declared, "invariant")
# Its arguments are filled by name from the scene; it may return what it left unchecked.
experiment = partial(declared, "experiment")
# law(document)
document_law = partial(declared, "document")
# law(operation, campaign, fewest, unobserved), as run.py gives them
coverage_law = partial(declared, "coverage")


def delegated(
    rule_id: str,
    law: str,
    *,
    check: str | tuple[str, ...],
    source: str,
    applies: Predicate = every_operation,
) -> Rule:
    """Declare a law that schemathesis already checks, under an id of ours."""
    checks = (check,) if isinstance(check, str) else check
    return register(Rule(rule_id, "delegated", law, source, MUST, applies, checks=checks))


def rules_of(*kinds: str) -> list[Rule]:
    """Return the registered rules of these kinds, or all of them, in the order of their ids."""
    return [rule for _, rule in sorted(REGISTRY.items()) if not kinds or rule.kind in kinds]


def rule_for_check(check: str) -> Rule | None:
    """Return the rule that a check of schemathesis reports under."""
    return next((rule for rule in rules_of() if check in rule.checks), None)
