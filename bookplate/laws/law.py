"""Laws: what one consists of, with a class for each kind, and the decorators that declare them."""

import inspect
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, TypedDict, TypeVar, Unpack

from ..contract.document import Document
from ..contract.facts import Fact
from ..contract.operation import Operation
from ..contract.predicates import Predicate, every_operation
from ..wire.exchange import Exchange
from ..wire.outcomes import Unreadable, Violation
from .notes import noted, rests_on
from .owasp import require_known
from .severity import Severity, usual_severity
from .verdict import MUST, NotExercised

Function = TypeVar("Function", bound=Callable[..., Any])

# The version of the catalogue that the first laws came with.
FIRST = "1.0"
WHY = "Why it matters:"
MEND = "To mend it:"
# The group of laws that nobody has promised to keep.
PROBES = "PROBE"

ALL_STATUSES: Container[int] = range(600)


class Needs(Enum):
    """What a law asks of the instance that it is tried on, or of who runs it."""

    DOCUMENTED_LIMITS = "the rate limits as the document states them"
    TIMING = "to be asked for by --timing, or by its name, as it compares times"


@dataclass(frozen=True, eq=False)
class Fault:
    """
    A defect that a law must find.

    `function` bends a request, or a request and its answer; that of a document law bends the parsed document. It sees
    answers with these `statuses` only.
    """

    law: "Law" = field(repr=False)
    function: Callable[..., Any]
    statuses: Container[int] = ALL_STATUSES

    @property
    def address(self) -> str:
        """Where it is found: the file of its law and its name, as `path::name`."""
        return f"{self.law.path}::{self.name}"

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def description(self) -> str:
        return inspect.getdoc(self.function) or ""


@dataclass(eq=False)
class Law:
    """
    One law: the operations it applies to, the function that tries it, and the faults it must find.

    `since` is the version of the catalogue, such as 1.0, that brought it. A service is called conformant only where each
    law that is `core` passed at an operation. `stated_severity` is None where its group and its level say it. `owasp` are
    the numbers of the OWASP API Security Top 10 that it tests for, such as API1:2023. `explained_by` are the laws that it
    takes for kept: where one of them fails, a failure of this one at the same operation is reported with that.
    """

    kind: ClassVar[str]
    id: str
    function: Callable[..., Any]
    source: str
    level: str = MUST
    applies: Predicate = every_operation
    checks: tuple[str, ...] = ()
    since: str = FIRST
    faults: list[Fault] = field(default_factory=list)
    core: bool = False
    stated_severity: Severity | None = None
    owasp: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    _guesses: dict[Operation, tuple[Fact[Any], ...]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        require_known(self.id, self.owasp)

    def guesses_at(self, operation: Operation | None) -> tuple[Fact[Any], ...]:
        """Return the facts that nobody has declared and without which it would not apply to an operation."""
        if operation is None:
            return ()
        if operation not in self._guesses:
            self._guesses[operation] = self._needed_guesses(operation)
        return self._guesses[operation]

    def guesses_anywhere(self, document: Document) -> tuple[Fact[Any], ...]:
        """Return what a request that matches no operation is judged by, where it applies nowhere but by guesses."""
        guesses: dict[str, Fact[Any]] = {}
        for operation in filter(self.applies, document.operations):
            here = self.guesses_at(operation)
            if not here:
                return ()
            guesses |= {fact.evidence: fact for fact in here}
        return tuple(guesses.values())[:1]

    def forget_guesses(self) -> None:
        """Forget what it rests on: more is known of the operations now."""
        self._guesses.clear()

    def _needed_guesses(self, operation: Operation) -> tuple[Fact[Any], ...]:
        inferred = operation.facts.inferred
        if not inferred:
            return ()
        needed = [fact for name, fact in inferred.items() if not self.applies(operation.without([name]))]
        # Each of several facts may be enough by itself: then it rests on them all.
        if not needed and not self.applies(operation.without(inferred)):
            needed = [*inferred.values()]
        return tuple(needed)

    @property
    def severity(self) -> Severity:
        """What it costs somebody where the law is broken."""
        return self.stated_severity if self.stated_severity is not None else usual_severity(self.group, self.level)

    @property
    def text(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0].strip()

    @property
    def details(self) -> str:
        """The paragraphs below the first line of the docstring, without reason and remedy; each is one line."""
        return "\n\n".join(each for each in self._paragraphs() if not each.startswith((WHY, MEND)))

    @property
    def why(self) -> str:
        """What goes wrong for a user of the API where it is broken: the paragraph that begins with `Why it matters:`."""
        return self._paragraph(WHY)

    @property
    def mending(self) -> str:
        """What somebody does whose service breaks it: the paragraph that begins with `To mend it:`."""
        return self._paragraph(MEND)

    def _paragraph(self, beginning: str) -> str:
        """Return what stands behind the beginning of a paragraph; empty where there is no such one."""
        found = (each.removeprefix(beginning).strip() for each in self._paragraphs() if each.startswith(beginning))
        return next(found, "")

    def _paragraphs(self) -> list[str]:
        _, *paragraphs = (inspect.getdoc(self.function) or "").split("\n\n")
        return [" ".join(each.split()) for each in paragraphs]

    @property
    def group(self) -> str:
        return self.id.partition("-")[0]

    @property
    def is_probe(self) -> bool:
        """Whether it goes beyond what a document or a standard promises: it is tried with --probe, or where it is named."""
        return self.group == PROBES

    @property
    def is_timed(self) -> bool:
        """Whether it compares how long answers take: it is tried with --timing, or where it is named."""
        return isinstance(self, Experiment) and Needs.TIMING in self.needs

    @property
    def path(self) -> Path:
        """The file that it stands in."""
        return Path(self.function.__code__.co_filename)

    @property
    def file(self) -> str:
        """The path of its file as a reader finds it: relative to the current folder where it is below that."""
        here = Path.cwd()
        return str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)

    @property
    def line(self) -> int:
        """The line of its file that it begins at, counted from 1."""
        return self.function.__code__.co_firstlineno


class DocumentLaw(Law):
    """Reads the document alone: function(document)."""

    kind = "document"


@dataclass(eq=False)
class Experiment(Law):
    """Plants, acts and asserts: the function's arguments are fixtures. `needs` says which instance it is tried on."""

    kind = "experiment"
    needs: frozenset[Needs] = frozenset()


@dataclass(eq=False)
class Invariant(Law):
    """
    Looks at each exchange: function(exchange, operation, document); the operation is None where a request matched none.

    `when` says which exchanges put it to the test: without one of those it was not checked. The function raises
    NotExercised for an exchange of which it has nothing to say. What `checks` of schemathesis find of generated requests
    is reported with it, unless the law itself has found fault with the same answer.
    """

    kind = "invariant"
    when: Callable[[Exchange], bool] = lambda exchange: True

    def judge(self, exchange: Exchange, operation: Operation | None, document: Document) -> bool:
        """Return whether it had anything to say; raise Violation where the exchange breaks it."""
        if not self.when(exchange):
            return False
        # An experiment may be going on meanwhile: what is said here is said of this law.
        with noted() as notes:
            for fact in self.guesses_at(operation) if operation else self.guesses_anywhere(document):
                rests_on(fact)
            try:
                self.function(exchange, operation, document)
            except (NotExercised, Unreadable):  # SCHEMA-03 says what cannot be read
                return False
            except Violation as violation:
                violation.guesses = tuple(notes.guesses)
                raise
        return True


class DelegatedLaw(Law):
    """A law that schemathesis checks: what its `checks` find is reported under the law's id."""

    kind = "delegated"


class CoverageLaw(Law):
    """Reads what generated requests have shown: its function takes the fixtures `operation` and `coverage`."""

    kind = "coverage"


def law_of(function: object) -> Law | None:
    """Return the law that a function was declared to be, None for anything else."""
    found: Law | None = getattr(function, "__law__", None)
    return found


class About(TypedDict, total=False):
    """What the declaration of a law may say of any kind: see Law."""

    since: str
    severity: Severity | None
    owasp: tuple[str, ...]
    explained_by: tuple[str, ...]


def document_law(
    law_id: str, *, source: str, level: str = MUST, **about: Unpack[About]
) -> Callable[[Function], Function]:
    """Declare a law about the document alone."""
    return lambda function: _declared(DocumentLaw(law_id, function, source, level, **_stated(about)))


def experiment(
    law_id: str,
    *,
    source: str,
    level: str = MUST,
    applies: Predicate = every_operation,
    needs: Iterable[Needs] = (),
    checks: tuple[str, ...] = (),
    **about: Unpack[About],
) -> Callable[[Function], Function]:
    """Declare a law that is tried by an experiment; findings of the `checks` of schemathesis are reported with it."""
    return lambda function: _declared(
        Experiment(law_id, function, source, level, applies, checks, needs=frozenset(needs), **_stated(about))
    )


def invariant(
    law_id: str,
    *,
    source: str,
    level: str = MUST,
    applies: Predicate = every_operation,
    when: Callable[[Exchange], bool] = lambda exchange: True,
    checks: tuple[str, ...] = (),
    core: bool = False,
    **about: Unpack[About],
) -> Callable[[Function], Function]:
    """Declare a law that every exchange has to keep; findings of the `checks` of schemathesis are reported with it."""
    return lambda function: _declared(
        Invariant(law_id, function, source, level, applies, checks, when=when, core=core, **_stated(about))
    )


def delegated(
    law_id: str,
    *,
    checks: tuple[str, ...],
    source: str,
    applies: Predicate = every_operation,
    core: bool = False,
    **about: Unpack[About],
) -> Callable[[Function], Function]:
    """Declare a law that checks of schemathesis try."""
    return lambda function: _declared(
        DelegatedLaw(law_id, function, source, MUST, applies, checks, core=core, **_stated(about))
    )


def coverage_law(law_id: str, *, source: str, **about: Unpack[About]) -> Callable[[Function], Function]:
    """Declare a law about what the generator observed."""
    return lambda function: _declared(CoverageLaw(law_id, function, source, **_stated(about)))


def _stated(about: About) -> dict[str, Any]:
    """Return what a declaration says as the members of a law."""
    return {
        "since": about.get("since", FIRST),
        "stated_severity": about.get("severity"),
        "owasp": about.get("owasp", ()),
        "explained_by": about.get("explained_by", ()),
    }


def _declared(law: Law) -> Any:
    # The function itself stays what pytest collects: anything else would vanish from a collection.
    law.function.__law__ = law  # type: ignore[attr-defined]  # mypy knows no attributes that a function is given
    return law.function


def fault(law: Callable[..., Any], *, statuses: Container[int] = ALL_STATUSES) -> Callable[[Function], Function]:
    """Register a fault that a law, given as its function, must find; it bends only answers with these statuses."""

    def register(function: Function) -> Function:
        broken = law_of(law)
        if broken is None:
            raise TypeError(f"{law.__name__} is no law: declare it with @experiment, @invariant or another decorator")
        broken.faults.append(Fault(broken, function, statuses))
        return function

    return register
