"""Shell scripts that show a failure, with the steps that obtain the tokens and ids they use."""

from collections.abc import Sequence
from dataclasses import dataclass

from .exchange import Exchange

TAKE = """take() { printf '%s\\n' "$ANSWER" | python3 -c 'import functools, json, sys
head, _, body = sys.stdin.read().replace("\\r", "").partition("\\n\\n")
headers = dict(line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in head.split("\\n")[1:])
step = lambda value, key: value[int(key)] if isinstance(value, list) else value[key]
want = sys.argv[1]
print(functools.reduce(step, want.split("/")[1:], json.loads(body)) if want[0] == "/" else headers[want])' "$1"; }"""


@dataclass(frozen=True, eq=False)
class Variable:
    """
    A value that differs from run to run.

    `definition` is shell; where it takes from an answer, that is the answer of the last of `steps`.
    """

    name: str
    value: str
    definition: str
    steps: tuple[Exchange, ...] = ()


class Script:
    """The variables of a run in the order they came up."""

    def __init__(self) -> None:
        self.variables: list[Variable] = []

    def define(self, name: str, value: str, definition: str) -> None:
        self.variables.append(Variable(name, value, definition))

    def take(self, name: str, value: str, pointer_or_header: str, *steps: Exchange) -> None:
        """Note that a value was read, by JSON pointer or header name, from the answer of the last of these steps."""
        self.variables.append(Variable(name, value, f"$(take {pointer_or_header})", steps))

    def names(self) -> dict[str, str]:
        """Return the map by which curl lines are redacted; where values are equal the newest name counts."""
        return {variable.value: f"${{{variable.name}}}" for variable in self.variables}

    def redacted(self, text: str) -> str:
        """Return a text in which every long value has given way to its name."""
        for variable in sorted(self.variables, key=lambda variable: -len(variable.value)):
            if len(variable.value) >= 16:
                text = text.replace(variable.value, f"${{{variable.name}}}")
        return text

    def show(self, exchanges: Sequence[Exchange]) -> str:
        """Return a script that sends these exchanges, after everything they depend on."""
        if not exchanges:
            return ""
        names = self.names()
        needed = self._needed([exchange.curl(names) for exchange in exchanges], names)
        lines: list[str] = [TAKE] if any(variable.steps for variable in needed) else []
        sent: list[Exchange] = []
        for variable in needed:
            for step in variable.steps:
                if step not in sent:
                    sent.append(step)
                    lines.append(f"ANSWER=$({step.curl(names)})")
            lines.append(f"{variable.name}={variable.definition}")
        lines += [f"{exchange.curl(names)}  # answered {exchange.status}" for exchange in exchanges]
        return "\n".join(lines)

    def _needed(self, texts: list[str], names: dict[str, str]) -> list[Variable]:
        needed: set[Variable] = set()
        newest = {variable.name: variable for variable in self.variables}.values()
        while texts:
            text = texts.pop()
            for variable in newest:
                if f"${{{variable.name}}}" in text and variable not in needed:
                    needed.add(variable)
                    texts += [variable.definition, *(step.curl(names) for step in variable.steps)]
        return [variable for variable in self.variables if variable in needed]
