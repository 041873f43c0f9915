"""What the suite said of a service, with a defect and without, and which rules saw the defect."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

MODES = ("settings", "bare")
HONEST = ""
FAILED, WARNED, MISSED, BROKEN = "failed", "warned", "missed", "no verdict"


@dataclass(frozen=True)
class Run:
    """
    One run of the suite: a service, the name of its defect or none, and whether the confirmed settings were given.

    `failed` and `warned` have a text for each rule and operation, such as "PAGE-01 list_todos". `not_checked` counts.
    """

    service: str
    mode: str
    defect: str
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    passed: int
    not_checked: int
    errors: tuple[str, ...]
    seconds: float

    @property
    def key(self) -> tuple[str, str, str]:
        return self.service, self.mode, self.defect

    def __add__(self, other: "Run") -> "Run":
        """Return both parts of one run as one; an invariant that was looked at in both has the worse verdict."""
        failed = {*self.failed, *other.failed}
        return replace(
            self,
            failed=tuple(sorted(failed)),
            warned=tuple(sorted({*self.warned, *other.warned} - failed)),
            passed=self.passed + other.passed,
            not_checked=self.not_checked + other.not_checked,
            errors=tuple(sorted({*self.errors, *other.errors})),
            seconds=round(self.seconds + other.seconds, 1),
        )


@dataclass(frozen=True)
class Try:
    """Runs of all services at one state of the suite: its name, the day, and the last commit that changed the suite."""

    name: str
    day: str
    commit: str
    runs: tuple[Run, ...]

    def honest(self, service: str, mode: str) -> Run:
        return self.run(service, mode, HONEST)

    def run(self, service: str, mode: str, defect: str) -> Run:
        return next(each for each in self.runs if each.key == (service, mode, defect))

    def seen(self, service: str, mode: str, defect: str) -> tuple[str, list[str]]:
        """Say how a defect was seen, and which rules saw it that say nothing, or less, of the honest service."""
        run, honest = self.run(service, mode, defect), self.honest(service, mode)
        if run.errors and not honest.errors:
            return BROKEN, sorted(run.errors)
        if failed := sorted(set(run.failed) - set(honest.failed)):
            return FAILED, failed
        if warned := sorted(set(run.warned) - {*honest.warned, *honest.failed}):
            return WARNED, warned
        return MISSED, []


def written(path: Path, runs: Iterable[Run]) -> None:
    """Write runs into a file, in place of those of the same service, mode and defect that it has."""
    kept = {run.key: run for run in [*read(path), *runs]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(each) for each in kept.values()], indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> list[Run]:
    """Return the runs of a file; none where it is not there."""
    return [run_of(each) for each in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def run_of(value: dict[str, Any]) -> Run:
    members: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in value.items()}
    return Run(**members)
