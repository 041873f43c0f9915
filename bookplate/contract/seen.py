"""What answers of a running service have shown, and its document does not say."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .extensions import CacheTerms, Policy


@dataclass(frozen=True)
class Seen:
    """
    What answers of one operation have shown.

    `statuses` are those of its answers. `scheme` names the security scheme that it asks for, empty where it was not seen
    to ask for any; `for_admins` says that it refused an ordinary user. `policies` are the limits that its answers
    announce. `groups` are the groups of origins that it lets in; None where no origin was tried. `cache` is how long its
    answers are kept. `has_tag` says that a success had an ETag, `is_slow` that an answer took too much of the run's time.
    """

    statuses: tuple[int, ...] = ()
    scheme: str = ""
    for_admins: bool = False
    policies: tuple[Policy, ...] = ()
    groups: tuple[str, ...] | None = None
    cache: CacheTerms | None = None
    has_tag: bool = False
    is_slow: bool = False


@dataclass(frozen=True)
class SeenService:
    """
    What answers of one service have shown.

    `challenges` has the scheme of HTTP, in lower case, for each security scheme that a 401 names and the document does
    not. `operations` has what each operation has shown, by id. `has_problems` says that an error had the form of
    RFC 9457, and `requests` is how many requests were sent.
    """

    challenges: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, Seen] = field(default_factory=dict)
    has_problems: bool = False
    requests: int = 0

    def of(self, operation_id: str) -> Seen:
        """Return what one operation has shown."""
        return self.operations.get(operation_id, NOTHING)

    @property
    def slow(self) -> frozenset[str]:
        """The ids of the operations whose answers took too much of the run's time."""
        return frozenset(name for name, seen in self.operations.items() if seen.is_slow)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, for another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "SeenService":
        """Return what another process has told by `as_json`."""
        operations = {name: seen_from_json(each) for name, each in told["operations"].items()}
        return cls(told["challenges"], operations, told["has_problems"], told["requests"])


def seen_from_json(told: Mapping[str, Any]) -> Seen:
    groups, cache = told["groups"], told["cache"]
    return Seen(
        statuses=tuple(told["statuses"]),
        scheme=told["scheme"],
        for_admins=told["for_admins"],
        policies=tuple(Policy(**each) for each in told["policies"]),
        groups=None if groups is None else tuple(groups),
        cache=None if cache is None else CacheTerms(**cache),
        has_tag=told["has_tag"],
        is_slow=told["is_slow"],
    )


NOTHING = Seen()
