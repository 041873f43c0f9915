"""Shell scripts that show a failure, with the steps that obtain the tokens and ids they use."""

import json
import math
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from urllib.parse import quote, quote_plus

from .connection import SAFE_METHODS
from .exchange import Exchange
from .made import LOCATION, TAG, Made, made_in, uses

LAST_OF_LOCATION = "$(take location | sed 's,[?#].*,,; s,.*/,,')"
TAKE = """take() { printf '%s\\n' "$ANSWER" | python3 -c 'import functools, json, sys
head, _, body = sys.stdin.read().replace("\\r", "").partition("\\n\\n")
headers = dict(line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in head.split("\\n")[1:])
step = lambda value, key: value[int(key)] if isinstance(value, list) else value[key]
want = sys.argv[1]
print(functools.reduce(step, want.split("/")[1:], json.loads(body)) if want[0] == "/" else headers[want])' "$1"; }"""

# `sent` stops where a step that only prepares is answered otherwise than in the run; `shown` prints an answer, and stops
# there too; `brief` prints the first line of one among many that are the same; `raw` prints what no client would read.
STEPS = """status() { printf '%s\\n' "$ANSWER" | sed -n 's/^HTTP[^ ]* \\([2-5][0-9][0-9]\\).*/\\1/p' | head -n 1; }
due() { [ "$(status)" = "$1" ] || { echo "this request was answered $(status) here, and $1 in the run" >&2; exit 1; }; }
sent() { [ "$(status)" = "$1" ] || printf '%s\\n\\n' "$ANSWER" >&2; due "$1"; }
shown() { printf '%s\\n\\n' "$ANSWER"; due "$1"; }
brief() { printf '%s\\n' "$ANSWER" | head -n 1; due "$1"; }
raw() { printf '%s\\n\\n' "$ANSWER"; }"""
# What was sent at once is sent at once: which request gets which answer may differ, and how often each status comes may not.
RACE = """raced() { wait; cat "$RACE"/*; echo
got=$(sed -n 's/^HTTP[^ ]* \\([2-5][0-9][0-9]\\).*/\\1/p' "$RACE"/* | sort | tr '\\n' ' ')
[ "$got" = "$1 " ] || { echo "these requests were answered $got here, and $1 in the run: a race may end otherwise, try again" >&2; exit 1; }; rm -r "$RACE"; }"""
# Requests that are the same are sent in a loop; of more than so many the first line of each answer is printed.
MOST_IN_FULL = 3
MOST_UNTIL_REFUSED = 1000  # requests that spend a limit
REFUSED = 429
LONGEST_WAIT = 600  # seconds that a script waits where the run has moved the clock of the server
NO_CLOCK = "which no script can"
SERVER = "# server: "  # how the line begins that says how a server is started

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
    """
    The variables of a run in the order they came up.

    `start` is the command that starts a server as the run has started it; empty where the run has started none.
    """

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.start = ""
        self.servers: list[str] = []  # the names of the variables that have the addresses of the service
        self.moves: list[tuple[float, float]] = []  # of the server's clock: when it was moved, and by how many seconds

    def define(self, name: str, value: str, definition: str, *, is_secret: bool = False) -> None:
        if not any((each.name, each.value, each.definition) == (name, value, definition) for each in self.variables):
            self.variables.append(Variable(name, value, definition, is_secret=is_secret))

    def forget(self) -> None:
        """Forget what was taken from answers, with the exchanges that it keeps; for who plays many runs in one process."""
        self.variables = [variable for variable in self.variables if not variable.steps]
        self.moves.clear()

    def define_server(self, origin: str, again: str) -> None:
        """Note an address of the service, and where it is for somebody who runs a script: BASE, then BASE_2 and so on."""
        name = f"BASE_{len(self.servers) + 1}" if self.servers else "BASE"
        self.servers.append(name)
        self.define(name, origin, f"${{{name}:-{again}}}")

    @property
    def names_of_servers(self) -> dict[str, str]:
        """What stands for the address of each server, where there are several: then a report has to tell them apart."""
        if len(self.servers) < 2:
            return {}
        return {each.value: f"${{{each.name}}}" for each in self.variables if each.name in self.servers}

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

    def derive(self, value: str, of: str, shell: str) -> None:
        """Note that a text was made of a known one, as this filter of the shell makes it; nothing where that is not known."""
        known = next((each for each in reversed(self.variables) if each.value == of), None)
        if known is not None and value not in {each.value for each in self.variables}:
            definition = f'$(printf %s "${{{known.name}}}" | {shell})'
            name = f"CHANGED_{len(self.variables)}"
            self.variables.append(Variable(name, value, definition, known.steps, is_secret=known.is_secret))

    def note_move(self, seconds: float) -> None:
        """Note that the clock of the server was moved now."""
        self.moves.append((time.time(), seconds))

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
        self._take_made(exchanges)
        return self._with_names_apart()._shown(exchanges)

    def _shown(self, exchanges: Sequence[Exchange]) -> str:
        needed = self._needed(exchanges)
        steps = sorted({*exchanges, *(step for variable in needed for step in variable.steps)}, key=NUMBER)
        for race in at_once(exchanges):
            # Whoever won hands out what comes next: sent one after the other, the winner goes first.
            if any(needs(variable, race) for variable in needed):
                slots = sorted(steps.index(exchange) for exchange in race)
                for slot, exchange in zip(slots, sorted(race, key=lambda each: each.status >= 400), strict=True):
                    steps[slot] = exchange
        limited = any(exchange.status == REFUSED for exchange in exchanges)
        commands = [self._command(step, step in exchanges, needed, limited=limited) for step in steps]
        if exchanges[0].status == REFUSED:
            # What has spent the limit is not among them.
            place = steps.index(exchanges[0])
            commands[place] = repeated_until_refused(commands[place])
        races = [race for race in at_once(exchanges) if not any(needs(variable, race) for variable in needed)]
        for race in races:
            first, *others = [steps.index(exchange) for exchange in race]
            commands[first] = self._race(race, limited=limited)
            for place in others:
                commands[place] = ""
        commands = [*self._with_waits(steps, commands)]
        given = [f"{variable.name}={variable.definition}" for variable in needed if not variable.steps]
        functions = [STEPS, *([TAKE] if len(given) < len(needed) else []), *([RACE] if races else [])]
        reached = [self._reached(variable.name) for variable in needed if variable.name in self.servers]
        rounds = [*looped(commands, len(self.servers))]
        return "\n".join(["(", *self._server(), "set -eu", *given, *reached, *functions, *rounds, ")"])

    def _with_names_apart(self) -> "Script":
        """Return it with a name of its own for each value that an older one has been given up for, such as a second token."""
        newest = {variable.name: variable for variable in self.variables}
        apart = Script()
        apart.start, apart.moves, apart.servers = self.start, self.moves, self.servers
        for number, variable in enumerate(self.variables):
            is_old = newest[variable.name] is not variable and newest[variable.name].value != variable.value
            is_taken = bool(variable.steps)
            apart.variables.append(
                replace(variable, name=f"{variable.name}_{number}") if is_old and is_taken else variable
            )
        return apart

    def _with_waits(self, steps: Sequence[Exchange], commands: Sequence[str]) -> Iterator[str]:
        """Yield the commands, with a wait where the clock of the server was moved between two of them."""
        before: Exchange | None = None
        for step, command in zip(steps, commands, strict=True):
            if before is not None:
                moved = sum(seconds for when, seconds in self.moves if before.ended <= when <= step.ended)
                if moved:
                    yield waited(moved)
            before = step
            if command:
                yield command

    def _race(self, race: Sequence[Exchange], *, limited: bool) -> str:
        """Return what sends exchanges at once, as the run has sent them."""
        lines = ["RACE=$(mktemp -d)  # what was sent at once is sent at once"]
        for number, exchange in enumerate(race):
            place = f" --interface {exchange.address}" if limited and exchange.address else ""
            lines.append(
                f'{{ {self._curl(exchange, f"-sSi{place}")} > "$RACE/{number:03}"; echo >> "$RACE/{number:03}"; }} &'
            )
        return "\n".join(
            [*lines, f'raced "{" ".join(str(status) for status in sorted(each.status for each in race))}"']
        )

    def _server(self) -> list[str]:
        """Return the line that says how the server is started, where that is known."""
        return [f"{SERVER}{self.start}"] if self.start else []

    def around(self, command: str) -> str:
        """Return a script of one command line that others have written, such as a library; the server is that of the run."""
        known = [each for each in self.variables if each.name in self.servers and each.value in command]
        base = max(known, key=lambda each: len(each.value), default=None)
        if base is None:
            return command
        name = f'"${base.name}"'
        line = command.replace(f"'{base.value}", f"{name}'").replace(base.value, name)
        return "\n".join(
            ["(", *self._server(), "set -eu", f"{base.name}={base.definition}", self._reached(base.name), line, ")"]
        )

    def _reached(self, name: str) -> str:
        """Return the command that ends a script where no server is at the address of a variable."""
        remedy = f"start it with  {self.start}" if self.start else f"start it, or set {name} to where it is"
        told = f"printf 'no server at %s: %s\\n' \"${name}\" {shlex.quote(remedy)} >&2"
        return f'curl -sk -o /dev/null --max-time 10 "${name}/" || {{ {told}; exit 1; }}'

    def _take_made(self, exchanges: Sequence[Exchange]) -> None:
        """Note what one exchange has made and a later one sends, such as an id or an entity tag."""
        known = {variable.value for variable in self.variables}
        answers = {*exchanges, *(step for variable in self.variables for step in variable.steps)}
        for answer in sorted(answers, key=NUMBER):
            later = [each for each in exchanges if each.number > answer.number]
            for made in made_in(answer) if later else ():
                if made.text not in known and is_sent(made, answer, later):
                    definition = LAST_OF_LOCATION if made.place == LOCATION else f"$(take {shlex.quote(made.place)})"
                    name = f"{'TAG' if made.place == TAG else 'MADE'}_{len(self.variables)}"
                    self.variables.append(Variable(name, made.text, definition, (answer,)))
                    known.add(made.text)

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

    def _curl(self, exchange: Exchange, options: str = "-sSi") -> str:
        return exchange.curl(self.names(exchange.number), options, self.secrets)

    def _command(self, exchange: Exchange, shown: bool, needed: list[Variable], *, limited: bool) -> str:
        """Return what sends an exchange and takes from its answer; who sends it counts where limits do."""
        place = f" --interface {exchange.address}" if limited and exchange.address else ""
        line = self._curl(exchange, f"-sSi{place}")
        taken = [f"{each.name}={each.definition}" for each in needed if each.steps[-1:] == (exchange,)]
        if exchange.is_raw:
            # curl ends such a connection by its limit of time, or cannot read what comes.
            line = line.replace("curl -s -m 2", f"curl -s -m 2{place}")
            return "\n".join([f"ANSWER=$({line} || true)", "raw", *taken])
        judged = f"{'shown' if shown else 'sent'} {exchange.status}"
        # Content that ends too early is an error for curl.
        tolerated = " || true" if exchange.flaw or not exchange.status else ""
        return "\n".join([f"ANSWER=$({line}{tolerated})", *([judged] if exchange.status else []), *taken])


def is_sent(made: Made, answer: Exchange, later: Sequence[Exchange]) -> bool:
    """Tell whether a later request sends what an answer has made: any tag, or what a write has given a name to."""
    if made.place == TAG:
        return any(made.text in value for each in later for _, value in each.request_headers)
    is_write = answer.method not in SAFE_METHODS
    return is_write and made.is_telling and any(uses(each, made.text, answer) for each in later)


def at_once(exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """Return the groups of requests that were on their way at the same time; none that was sent by itself."""
    groups: list[list[Exchange]] = []
    end = -math.inf
    for exchange in sorted(exchanges, key=lambda each: each.ended - each.seconds):
        if exchange.ended - exchange.seconds < end and not exchange.is_raw:
            groups[-1].append(exchange)
        else:
            groups.append([exchange])
        end = max(end, exchange.ended)
    return [sorted(group, key=NUMBER) for group in groups if len(group) > 1]


def needs(variable: Variable, race: Sequence[Exchange]) -> bool:
    """Tell whether a value is taken from an answer of a race."""
    return any(step in race for step in variable.steps)


def waited(seconds: float) -> str:
    """Return what stands for a move of the server's clock."""
    if seconds > LONGEST_WAIT:
        told = f"the run has moved the clock of the server by {seconds:.0f} s here, {NO_CLOCK}"
        return f"echo {shlex.quote(told)} >&2; exit 1"
    told = f"waiting {seconds:.0f} s: the run has moved the clock of the server"
    return f"echo {shlex.quote(told)} >&2; sleep {math.ceil(seconds)}"


def repeated_until_refused(command: str) -> str:
    """Return what sends a request until it is refused for a limit, which it spends by that."""
    line = command.partition("\nshown ")[0]
    again = f"for _ in $(seq {MOST_UNTIL_REFUSED}); do\n{line}\n"
    return f'{again}[ "$(status)" != {REFUSED} ] || break\ndone  # spends the limit\n{command[len(line) + 1 :]}'


def looped(commands: Sequence[str], servers: int = 1) -> Iterator[str]:
    """Yield the commands, one for many that are the same; where they go to several servers in turn, a round for many."""
    place = 0
    while place < len(commands):
        size, times = longest_row(commands, place, servers)
        block = commands[place : place + size]
        place += size * times
        if times > MOST_IN_FULL:
            block = [command.replace("\nshown ", "\nbrief ") for command in block]
        text = "\n".join(block)
        yield f"for _ in $(seq {times}); do\n{text}\ndone" if times > 1 else text


def longest_row(commands: Sequence[str], place: int, servers: int) -> tuple[int, int]:
    """Return how many commands from a place on are repeated, one or a round of all servers, and how often."""
    sizes = [1] if servers < 2 else [1, servers]
    rows = [(size, times_in_a_row(commands, place, size)) for size in sizes]
    repeated = [row for row in rows if row[1] > 1]
    return max(repeated, key=lambda row: row[0] * row[1], default=(1, 1))


def times_in_a_row(commands: Sequence[str], place: int, size: int) -> int:
    """Return how often so many commands stand one after the other, from a place on."""
    block = commands[place : place + size]
    times = 1
    while commands[place + times * size : place + (times + 1) * size] == block:
        times += 1
    return times
