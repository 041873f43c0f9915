"""Which operations and which laws a run is about, as the user selects them."""

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .contract.destructive import ends_caller, sweeps
from .contract.operation import Operation
from .laws.catalogue import Catalogue
from .nearest import did_you_mean
from .target.config import SetUpError

KEYS = ("id", "method", "path", "tag")


class Term(NamedTuple):
    """One word of an expression: `key:value`, or a value alone, which may be that of any key."""

    key: str
    value: str

    @property
    def keys(self) -> Sequence[str]:
        return (self.key,) if self.key else KEYS

    def matches(self, operation: Operation) -> bool:
        return any(matches(key, self.value, operation) for key in self.keys)


class Expression:
    """
    Words that an operation has to match, all of them: `list_books`, `/books/*`, `books`, `method:GET path:/books/*`.

    A word is `id:`, `method:`, `path:` or `tag:` with a value, or a value alone. `*` stands for any text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            words = shlex.split(text)
        except ValueError as problem:
            raise SetUpError(f"'{text}' cannot be read: {problem}") from problem
        self.terms = [term(word, text) for word in words]

    def select(self, operations: Iterable[Operation]) -> list[Operation]:
        """Return the operations that match; SetUpError where there is none, with the nearest name."""
        found = [operation for operation in operations if all(each.matches(operation) for each in self.terms)]
        if not found or not self.terms:
            raise SetUpError(f"'{self.text}' selects no operation: {self._remedy(operations)}")
        return found

    def _remedy(self, operations: Iterable[Operation]) -> str:
        """Return the nearest name for the first word that matches nothing."""
        for each in self.terms:
            if not any(each.matches(operation) for operation in operations):
                known = {value_of(key, operation) for operation in operations for key in each.keys}
                return did_you_mean(each.value, known, "no id, method, path or tag is near it")
        return "each of its words matches some, but no operation matches all"


def term(word: str, text: str) -> Term:
    """Return a word of an expression as key and value; SetUpError for an unknown key."""
    key, mark, value = word.partition(":")
    if not mark or "/" in key or "{" in key:
        return Term("", word)
    if key not in KEYS:
        raise SetUpError(f"'{text}': there is no '{key}:', only {', '.join(f'{each}:' for each in KEYS)}")
    return Term(key, value)


def value_of(key: str, operation: Operation) -> str:
    values = {"id": operation.id, "method": operation.method, "path": operation.path, "tag": operation.tag or ""}
    return values[key]


def matches(key: str, pattern: str, operation: Operation) -> bool:
    """Tell whether a value of an operation matches a pattern; methods and tags match in any case."""
    expression = ".*".join(map(re.escape, pattern.split("*")))
    flags = re.DOTALL | (re.IGNORECASE if key in ("method", "tag") else re.NOFLAG)
    return re.fullmatch(expression, value_of(key, operation), flags) is not None


def selected_operations(
    operations: Sequence[Operation], ids: Sequence[str], include: Sequence[str], exclude: Sequence[str]
) -> frozenset[str] | None:
    """
    Return the ids of the operations that are asked for, None where nothing was selected and all are.

    Raises SetUpError for an id that there is none of, for an expression that selects nothing, and where nothing is left.
    """
    known = [operation.id for operation in operations]
    for name in ids:
        if name not in known:
            raise SetUpError(f"there is no operation '{name}': {did_you_mean(name, known, 'the document has others')}")
    if not (ids or include or exclude):
        return None
    chosen = set(ids)
    for text in include:
        chosen.update(operation.id for operation in Expression(text).select(operations))
    chosen = chosen or set(known)
    for text in exclude:
        chosen.difference_update(operation.id for operation in Expression(text).select(operations))
    if not chosen:
        raise SetUpError("no operation is left: --exclude takes away what --include and --operation select")
    return frozenset(chosen)


def left_alone(operations: Sequence[Operation], named: Iterable[str], *, no_destructive: bool) -> dict[str, str]:
    """
    Return the operations that are never called, each with the reason: those that the settings name, and destructive ones.

    Raises SetUpError for an expression that selects nothing.
    """
    found = {
        operation.id: f"[leave-alone] of the settings names it: '{text}'"
        for text in named
        for operation in Expression(text).select(operations)
    }
    for operation in operations if no_destructive else ():
        if why := destructive(operation):
            found.setdefault(operation.id, f"--no-destructive: {why}")
    return found


def destructive(operation: Operation) -> str:
    """Return why an operation counts as destructive; empty where it does not."""
    ends = ends_caller(operation)
    if ends is not None:
        return f"it may end or change who calls it: {ends.evidence}"
    if operation.method == "DELETE":
        return "it deletes"
    return "its path says that it clears what is there" if sweeps(operation) else ""


def selected_rules(catalogue: Catalogue, rules: Iterable[str], groups: Iterable[str]) -> frozenset[str] | None:
    """
    Return the ids of the laws that are asked for, None where nothing was selected and all are.

    Names may be in any case. A law is asked for by its id or by its group. Raises SetUpError for a name that there is
    none of.
    """
    by_name = {law.id.lower(): law.id for law in catalogue}
    of_group: dict[str, list[str]] = {}
    for law in catalogue:
        of_group.setdefault(law.group.lower(), []).append(law.id)
    chosen: set[str] = set()
    for rule in rules:
        if rule.lower() not in by_name:
            raise SetUpError(f"there is no rule {rule}: {did_you_mean(rule, by_name.values(), '--list shows all')}")
        chosen.add(by_name[rule.lower()])
    for group in groups:
        if group.lower() not in of_group:
            names = sorted(name.upper() for name in of_group)
            remedy = did_you_mean(group, names, f"groups are {', '.join(names)}")
            raise SetUpError(f"there is no group {group}: {remedy}")
        chosen.update(of_group[group.lower()])
    return frozenset(chosen) or None
