"""Shell scripts that show a failure, with the steps that obtain the tokens and ids they use."""

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from urllib.parse import quote, quote_plus

from .exchange import Exchange

TAKE = """take() { printf '%s\\n' "$ANSWER" | python3 -c 'import functools, json, sys
head, _, body = sys.stdin.read().replace("\\r", "").partition("\\n\\n")
headers = dict(line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in head.split("\\n")[1:])
step = lambda value, key: value[int(key)] if isinstance(value, list) else value[key]
want = sys.argv[1]
print(functools.reduce(step, want.split("/")[1:], json.loads(body)) if want[0] == "/" else headers[want])' "$1"; }"""

NUMBER = attrgetter("number")
# A value that is no secret may stand in a text by chance, and so may a secret of very few letters.
SHORTEST_VALUE = 16
SHORTEST_SECRET = 4


@dataclass(frozen=True, eq=False)
class Variable:
    """
    A value that differs from run to run, or one that no report may show (`is_secret`).

    `definition` is shell; where it takes from an answer, that is the answer of the last of `steps`.
    """

    name: str
    value: str
    definition: str
    steps: tuple[Exchange, ...] = ()
    is_secret: bool = False

    @property
    def number(self) -> float:
        """That of the exchange it is taken from; what is taken from none is there from the start."""
        return self.steps[-1].number if self.steps else -1


class Script:
    """The variables of a run in the order they came up."""

    def __init__(self) -> None:
        self.variables: list[Variable] = []

    def define(self, name: str, value: str, definition: str, *, is_secret: bool = False) -> None:
        self.variables.append(Variable(name, value, definition, is_secret=is_secret))

    def define_secret(self, name: str, value: str, whose: str) -> None:
        """Note a secret that the user gave, in each form that a request shows; a script asks for it."""
        spellings = {quote(value, ""): "_QUOTED", quote_plus(value): "_IN_URL", json.dumps(value)[1:-1]: "_IN_JSON"}
        for text, ending in {**spellings, value: ""}.items():
            self.define(f"{name}{ending}", text, f"${{{name}{ending}:?set it to {whose}}}", is_secret=True)

    def take_cookies(self, name: str, cookies: Mapping[str, str], *steps: Exchange) -> None:
        """Note the cookies that were set by the answer of the last of these steps; a script can take one of them."""
        for number, (cookie, value) in enumerate(cookies.items()):
            variable = f"{name}_{number}" if number else name
            definition = "$(take set-cookie | cut -d= -f2- | cut -d';' -f1)"
            if len(cookies) > 1:
                definition = f"${{{variable}:?set it to the value of the cookie {cookie}}}"
            taken_from = steps if len(cookies) == 1 else ()
            self.variables.append(Variable(variable, value, definition, taken_from, is_secret=True))

    @property
    def secrets(self) -> frozenset[str]:
        """The values that no report may show, however short they are."""
        return frozenset(variable.value for variable in self.variables if variable.is_secret)

    def take(self, name: str, value: str, pointer_or_header: str, *steps: Exchange) -> None:
        """Note that a value was read, by JSON pointer or header name, from the answer of the last of these steps."""
        self.variables.append(Variable(name, value, f"$(take {pointer_or_header})", steps))

    def count_on(self, value: int, step: Exchange) -> None:
        """Note that the number after one that was read from an answer stands for what comes next."""
        definition = f"$(({self.names()[str(value)]} + 1))"
        self.variables.append(Variable(f"NEXT_{len(self.variables)}", str(value + 1), definition, (step,)))

    def names(self, before: float = math.inf) -> dict[str, str]:
        """Return the map by which curl lines are redacted, of what came up before an exchange's number; the newest counts."""
        return {variable.value: f"${{{variable.name}}}" for variable in self.variables if variable.number < before}

    def redacted(self, text: str) -> str:
        """Return a text in which every long value, and every secret, has given way to its name."""
        for variable in sorted(self.variables, key=lambda variable: -len(variable.value)):
            if len(variable.value) >= (SHORTEST_SECRET if variable.is_secret else SHORTEST_VALUE):
                text = text.replace(variable.value, f"${{{variable.name}}}")
        return text

    def show(self, exchanges: Sequence[Exchange]) -> str:
        """Return a script that sends these exchanges, and in their places the ones whose answers they depend on."""
        if not exchanges:
            return ""
        self._take_tags(exchanges)
        needed = self._needed(exchanges)
        steps = sorted({*exchanges, *(step for variable in needed for step in variable.steps)}, key=NUMBER)
        limited = any(exchange.status == 429 for exchange in exchanges)
        commands = [self._command(step, step in exchanges, needed, limited=limited) for step in steps]
        given = [f"{variable.name}={variable.definition}" for variable in needed if not variable.steps]
        return "\n".join([*([TAKE] if len(given) < len(needed) else []), *given, *looped(commands)])

    def _take_tags(self, exchanges: Sequence[Exchange]) -> None:
        """Note the entity tags that come with one exchange and are sent in a later one."""
        known = {variable.value for variable in self.variables}
        answers = {*exchanges, *(step for variable in self.variables for step in variable.steps)}
        for answer in sorted(answers, key=NUMBER):
            later = (each for each in exchanges if each.number > answer.number)
            tag, sent = answer.header("etag"), [value for each in later for _, value in each.request_headers]
            if tag and tag not in known and any(tag in value for value in sent):
                self.take(f"TAG_{len(self.variables)}", tag, "etag", answer)
                known.add(tag)

    def _needed(self, exchanges: Sequence[Exchange]) -> list[Variable]:
        """Return the variables that these exchanges use, and those that the steps to them use."""
        needed, pending = set[Variable](), [(self._curl(each), each.number) for each in exchanges]
        while pending:
            text, number = pending.pop()
            newest = {each.name: each for each in self.variables if each.number < number}
            used = {each for name, each in newest.items() if f"${{{name}}}" in text} - needed
            needed |= used
            pending += [(self._curl(step), step.number) for each in used for step in each.steps]
            pending += [(variable.definition, int(variable.number) + 1) for variable in used]
        return [variable for variable in self.variables if variable in needed]

    def _curl(self, exchange: Exchange, options: str = "-si") -> str:
        return exchange.curl(self.names(exchange.number), options, self.secrets)

    def _command(self, exchange: Exchange, shown: bool, needed: list[Variable], *, limited: bool) -> str:
        """Return what sends an exchange and takes from its answer; who sends it counts where limits do."""
        place = f" --interface {exchange.address}" if limited and exchange.address else ""
        line = self._curl(exchange, f"-si{place}")
        taken = [f"{each.name}={each.definition}" for each in needed if each.steps[-1:] == (exchange,)]
        if shown and not taken:
            return f"{line}  # answered {exchange.status}"
        shown_answer = [f"printf '%s\\n' \"$ANSWER\"  # answered {exchange.status}"] * shown
        return "\n".join([f"ANSWER=$({line})", *shown_answer, *taken])


def looped(commands: list[str]) -> Iterator[str]:
    """Yield the commands, one for many that are the same."""
    for command, same in itertools.groupby(commands):
        line, _, status = command.partition("  # answered ")
        times = len(list(same))
        yield f"for _ in $(seq {times}); do {line}; done  # {status}" if times > 1 else command
