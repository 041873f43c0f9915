"""Shell scripts that show a failure, with the steps that obtain the tokens and ids they use."""

import itertools
from collections.abc import Iterator, Sequence
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
        self._take_tags(exchanges)
        names = self.names()
        needed = self._needed([exchange.curl(names) for exchange in exchanges], names)
        lines: list[str] = [TAKE] if any(variable.steps for variable in needed) else []
        sent: list[Exchange] = []
        for variable in needed:
            for step in variable.steps:
                if step not in sent:
                    sent.append(step)
                    lines.append(f"ANSWER=$({step.curl(names)})")
                    lines += [f"{each.name}={each.definition}" for each in needed if each.steps[-1:] == (step,)]
            if not variable.steps:
                lines.append(f"{variable.name}={variable.definition}")
        return "\n".join([*lines, *commands(exchanges, names)])

    def _take_tags(self, exchanges: Sequence[Exchange]) -> None:
        """Note the entity tags that are shown in one exchange and sent in a later one."""
        known = {variable.value for variable in self.variables}
        for place, exchange in enumerate(exchanges):
            tag = exchange.header("etag") if exchange.method == "GET" else None
            later = [value for each in exchanges[place:] for _, value in each.request_headers]
            if tag and tag not in known and any(tag in value for value in later):
                self.take(f"TAG_{len(self.variables)}", tag, "etag", exchange)

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


def commands(exchanges: Sequence[Exchange], names: dict[str, str]) -> Iterator[str]:
    """Yield the command for each exchange, one for many that are the same; who sends it counts where limits do."""
    limited = any(exchange.status == 429 for exchange in exchanges)

    def command(exchange: Exchange) -> tuple[str, int]:
        place = f" --interface {exchange.address}" if limited and exchange.address else ""
        return exchange.curl(names, f"-si{place}"), exchange.status

    for (line, status), same in itertools.groupby(exchanges, command):
        times = len(list(same))
        yield f"{line}  # answered {status}" if times == 1 else f"for _ in $(seq {times}); do {line}; done  # {status}"
