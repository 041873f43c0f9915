"""What generated requests have shown: findings, and how much of the document was seen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..contract.operation import Operation
from .verdict import Finding, Verdict, report

Answer = tuple[str, int, str]  # operation, status, media type


@dataclass
class FuzzingResult:
    """
    What generated requests found, counted and saw.

    `unfinished` says why the work ended early, if it did. `judged` counts, for each rule and operation, how often the rule had something to say: what is
    not in it has not passed. `observed` counts (operation, status, media type), and `own` those answers among them that
    were given to the suite's own requests, such as its log-ins. `secrets` maps
    each token that was seen to the shell variable that stands for it. `problems` says, for an
    operation, why no more requests could be generated or sent. `messages` are lines for the user about the work. `unsigned` are
    the operations that ask for credentials of which nobody had any to show. `doubted` says, by rule and operation, which
    requests were left out as they break their schema by our reading, and by that of schemathesis do not.
    """

    findings: list[Finding] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    observed: Counter[Answer] = field(default_factory=Counter)
    own: Counter[Answer] = field(default_factory=Counter)
    generated_2xx: Counter[str] = field(default_factory=Counter)
    judged: Counter[tuple[str, str]] = field(default_factory=Counter)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    unfinished: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)
    doubted: dict[tuple[str, str], str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {
            "findings": [asdict(finding) for finding in self.findings],
            "cases": [*self.cases.items()],
            "observed": [*self.observed.items()],
            "own": [*self.own.items()],
            "generated_2xx": [*self.generated_2xx.items()],
            "judged": [*self.judged.items()],
            "secrets": self.secrets,
            "unfinished": self.unfinished,
            "problems": self.problems,
            "messages": self.messages,
            "unsigned": self.unsigned,
            "doubted": [*self.doubted.items()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FuzzingResult":
        """Return the result that `as_json` wrote."""
        return cls(
            findings=[finding_from(each) for each in data["findings"]],
            cases=Counter(dict(data["cases"])),
            observed=answers_from(data["observed"]),
            own=answers_from(data["own"]),
            generated_2xx=Counter(dict(data["generated_2xx"])),
            judged=Counter({(law_id, name): n for (law_id, name), n in data["judged"]}),
            secrets=dict(data["secrets"]),
            unfinished=data["unfinished"],
            problems=dict(data["problems"]),
            messages=[*data["messages"]],
            unsigned=list(data["unsigned"]),
            doubted={(law_id, name): why for (law_id, name), why in data["doubted"]},
        )


def answers_from(data: Iterable[Any]) -> Counter[Answer]:
    """Return the counts of answers that were written as JSON."""
    return Counter({(name, status, media): n for (name, status, media), n in data})


def finding_from(data: Mapping[str, Any]) -> Finding:
    """Return the finding that was written as JSON, in which a tuple is a list."""
    lists = {name: tuple(data[name]) for name in ("tested", "not_tested", "guesses", "exchanges", "found_with")}
    return Finding(**{**data, **lists, "verdict": Verdict(data["verdict"])})


@dataclass(frozen=True)
class Coverage:
    """
    What was seen of one operation: `cases` that were generated, how many were answered 2xx, and every status.

    `own_2xx` counts successes of requests that the suite did not generate, such as its log-ins. `fewest` is how many cases
    there should be. `missing` are the documented answers that were never seen, without those that bookplate.toml excuses;
    None where only a full run could tell. `is_ours` says whether the suite started the service, with a state that it knows,
    and `was_signed` whether somebody had credentials to show, where the operation asks for some.
    """

    operation: Operation
    cases: int
    generated_2xx: int
    own_2xx: int
    statuses: Sequence[int]
    fewest: int
    missing: Sequence[str] | None
    is_ours: bool = True
    was_signed: bool = True

    @classmethod
    def of(
        cls,
        operation: Operation,
        result: FuzzingResult,
        own: Mapping[Answer, int],
        fewest: int,
        unobserved: Mapping[str, Sequence[str]] | None,
        *,
        is_ours: bool = True,
    ) -> "Coverage":
        """
        Return what a result shows of an operation.

        `own` counts the answers to requests that were not generated, and `unobserved` has the missing answers of every
        operation.
        """
        statuses = {status for name, status, _ in (*result.observed, *own) if name == operation.id}
        own_2xx = sum(n for (name, status, _), n in own.items() if name == operation.id and 200 <= status < 300)
        missing = None if unobserved is None else unobserved[operation.id]
        cases, generated_2xx = result.cases[operation.id], result.generated_2xx[operation.id]
        was_signed = operation.id not in result.unsigned
        return cls(operation, cases, generated_2xx, own_2xx, sorted(statuses), fewest, missing, is_ours, was_signed)


@dataclass(frozen=True)
class GeneratedRequests:
    """What generated requests, checked by schemathesis, found of a law at an operation."""

    findings: Sequence[Finding]

    def report(self) -> None:
        """End the law with what they found: Reported, or NotExercised where they put it to no test."""
        report(self.findings)
