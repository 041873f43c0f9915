"""What generated requests have shown: findings, and how much of the document was seen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..contract.operation import Operation
from .verdict import Finding, Verdict, report


@dataclass
class FuzzingResult:
    """
    What generated requests found, counted and saw.

    `judged` counts, for each rule and operation, how often the rule had something to say: what is
    not in it has not passed. `observed` counts (operation, status, media type). `secrets` maps
    each token that was seen to the shell variable that stands for it.
    """

    findings: list[Finding] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    observed: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    generated_2xx: Counter[str] = field(default_factory=Counter)
    judged: Counter[tuple[str, str]] = field(default_factory=Counter)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {
            "findings": [asdict(finding) for finding in self.findings],
            "cases": [*self.cases.items()],
            "observed": [*self.observed.items()],
            "generated_2xx": [*self.generated_2xx.items()],
            "judged": [*self.judged.items()],
            "secrets": self.secrets,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FuzzingResult":
        """Return the result that `as_json` wrote."""
        return cls(
            findings=[finding_from(each) for each in data["findings"]],
            cases=Counter(dict(data["cases"])),
            observed=Counter({(name, status, media): n for (name, status, media), n in data["observed"]}),
            generated_2xx=Counter(dict(data["generated_2xx"])),
            judged=Counter({(law_id, name): n for (law_id, name), n in data["judged"]}),
            secrets=dict(data["secrets"]),
        )


def finding_from(data: Mapping[str, Any]) -> Finding:
    """Return the finding that was written as JSON, in which a tuple is a list."""
    lists = {name: tuple(data[name]) for name in ("not_tested", "exchanges")}
    return Finding(**{**data, **lists, "verdict": Verdict(data["verdict"])})


@dataclass(frozen=True)
class Coverage:
    """
    What was seen of one operation: `cases` that were generated, how many were answered 2xx, and every status.

    `fewest` is how many cases there should be. `missing` are the documented answers that were never seen, without those
    that bookplate.toml excuses; None where only a full run could tell.
    """

    operation: Operation
    cases: int
    generated_2xx: int
    statuses: Sequence[int]
    fewest: int
    missing: Sequence[str] | None

    @classmethod
    def of(
        cls, operation: Operation, result: FuzzingResult, fewest: int, unobserved: Mapping[str, Sequence[str]] | None
    ) -> "Coverage":
        """Return what a result shows of an operation; `unobserved` has the missing answers of every operation."""
        statuses = sorted({status for name, status, _ in result.observed if name == operation.id})
        missing = None if unobserved is None else unobserved[operation.id]
        return cls(operation, result.cases[operation.id], result.generated_2xx[operation.id], statuses, fewest, missing)


@dataclass(frozen=True)
class GeneratedRequests:
    """What generated requests, checked by schemathesis, found of a law at an operation."""

    findings: Sequence[Finding]

    def report(self) -> None:
        """End the law with what they found: Reported, or NotExercised where they put it to no test."""
        report(self.findings)
