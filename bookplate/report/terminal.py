"""The terminal: progress while the run goes on, then a table and what went wrong."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from .comparison import comparison_lines
from .next_step import next_step
from .tree import cells

COUNTED = {"error": "error", "failed": "failure", "warned": "warning"}
NO_LAW = {"law": "", "source": "", "file": ""}
LETTERS = {"passed": "ok", "warned": "warn", "not checked": "n.c.", "failed": "FAIL", "error": "ERR"}
RED, YELLOW, GREEN = 31, 33, 32
COLOURS = {
    **dict.fromkeys(("FAILED", "ERROR", "STALE", "FAIL", "ERR", "not conformant", "error"), RED),
    **dict.fromkeys(("WARNED", "NOT CHECKED", "PASSED IN PART", "not fully checked", "interrupted"), YELLOW),
    **dict.fromkeys(("conformant", "passed"), GREEN),
}
BEGINNING = re.compile("|".join(sorted(COLOURS, key=len, reverse=True)))
CELL = re.compile(r"(?<= )(?:FAIL|ERR)(?= |$)")
MOST_NAMED = 6  # rules that share a reason
WHOLE = "(the document)"
MOST_ROWS = 60  # more operations than that are not all shown
MOST_OPERATIONS = 12  # that share a cause
SHORTEST_WAIT = 1.0  # that is told: seconds
EVERY = 5.0  # seconds between lines of progress where lines cannot be overwritten
LONGEST = 1000  # characters of a line that people read; report.json has all of them


class Terminal:
    """
    Writes to a stream; only a real terminal gets a line that is overwritten.

    A `quiet` one shows failures and the last line alone.
    """

    def __init__(self, stream: TextIO, *, colour: bool = False, quiet: bool = False) -> None:
        self.stream = stream
        self.colour = colour
        self.quiet = quiet
        self.live = stream.isatty()
        self.started = time.monotonic()
        self.last_line_at: float | None = None
        self.doing = ""

    def progress(self, what: str, cases: int) -> None:
        """Show what is being done, and how many cases were generated so far."""
        self.doing = what.partition(":")[0]
        if self.quiet:
            return
        now = time.monotonic()
        counted = f", {cases:,} cases" if cases else ""
        text = printable(f"{now - self.started:6.1f} s  {what}{counted}")
        if self.live:
            self.stream.write(f"\r\x1b[2K{text[:110]}")
            self.stream.flush()
        elif self.last_line_at is None or now - self.last_line_at >= EVERY:
            self.last_line_at = now
            self.write(text)

    def wait(self, seconds: float) -> None:
        """Show that what is being done waits for a limit of the service, and how long."""
        if seconds >= SHORTEST_WAIT:
            self.last_line_at = None
            self.progress(f"{self.doing}: waits {seconds:.0f} s for a limit of the service", 0)

    def show(self, results: Mapping[str, Any], path: Path) -> None:
        """Show the results; `path` is where all of them are written."""
        if self.live:
            self.stream.write("\r\x1b[2K")
        others = [] if self.quiet else [*table(results), "", *in_part(results), *unchecked(results)]
        told = [*entries(results, worst_only=self.quiet), *others, *stale(results), *comparison_lines(results)]
        told.append(summary(results, path))
        told += [*(f"missing: {text}" for text in results["missing"]), f"next: {next_step(results)}"]
        for line in told:
            self.write(self.painted(printable(line)))

    def notify(self, lines: Iterable[str]) -> None:
        """Show what the user should know before the run."""
        for line in () if self.quiet else lines:
            self.write(printable(line))

    def painted(self, line: str) -> str:
        """Return a line with the word that it begins with in colour, and the cells of the table that went wrong."""
        if not self.colour:
            return line
        found = BEGINNING.match(line)
        if found:
            return f"\x1b[{COLOURS[found[0]]}m{found[0]}\x1b[0m{line[found.end() :]}"
        return CELL.sub(lambda cell: f"\x1b[{COLOURS[cell[0]]}m{cell[0]}\x1b[0m", line)

    def write(self, line: str) -> None:
        self.stream.write(
            line.encode(self.stream.encoding or "utf-8", "replace").decode(self.stream.encoding or "utf-8")
        )
        self.stream.write("\n")
        self.stream.flush()


def table(results: Mapping[str, Any]) -> list[str]:
    """Return the verdicts of operations by groups of rules, as lines."""
    verdicts = {
        (operation or WHOLE, group): results["findings"][worst[0]]["verdict"]
        for (operation, group), worst in cells(results).items()
    }
    groups = sorted({group for _, group in verdicts})
    counted = {entry["operation"]: entry for entry in results["coverage"]}
    rows = [name for name in [*counted, WHOLE] if any(key[0] == name for key in verdicts)]
    odd = {name for (name, _), verdict in verdicts.items() if verdict in ("failed", "error", "warned")}
    kept = [name for name in rows if len(rows) <= MOST_ROWS or name in odd or name == WHOLE]
    left_out, rows = len(rows) - len(kept), kept
    width = max((len(name) for name in rows), default=10)
    lines = [f"{'':{width}}  {'cases':>6} {'2xx':>5}  " + " ".join(f"{group:>6}" for group in groups)]
    for name in rows:
        entry = counted.get(name, {"cases": "", "generated_2xx": ""})
        shown = " ".join(f"{LETTERS.get(verdicts.get((name, group), ''), ''):>6}" for group in groups)
        lines.append(f"{name:{width}}  {entry['cases']:>6} {entry['generated_2xx']:>5}  {shown}".rstrip())
    if left_out:
        lines.append(f"{left_out} more operations, where nothing failed or warned: the report has them all")
    return lines


def entries(results: Mapping[str, Any], *, worst_only: bool = False) -> list[str]:
    """Return one entry for each cause, the most important first; those of failures and errors alone if asked."""
    shown = [cause for cause in results["causes"] if not worst_only or cause["verdict"] in ("failed", "error")]
    lines = [*by_severity(results), ""] if results["summary"]["failed"] else []
    for cause in shown:
        lines += [*entry(cause, results), ""]
    return lines


def by_severity(results: Mapping[str, Any]) -> list[str]:
    """Return how many failures there are, of how many causes, and how grave those are."""
    graveness = Counter(cause["severity"] for cause in results["causes"] if cause["verdict"] == "failed")
    return [f"{of_causes(results, 'failed')}: {', '.join(f'{n} {word}' for word, n in graveness.items())}"]


def entry(cause: Mapping[str, Any], results: Mapping[str, Any]) -> list[str]:
    """Return what is to be said of a cause: what is wrong, the finding that shows it best, and where else it shows."""
    finding = results["findings"][cause["findings"][0]]
    law = next((rule for rule in results["rules"] if rule["id"] == finding["rule"]), NO_LAW)
    # What goes wrong in the suite costs nobody anything but this run.
    severity = "" if cause["verdict"] == "error" else f"{cause['severity']}  "
    lines = [f"{cause['verdict'].upper()}  {severity}{cause['headline']}".rstrip()]
    lines.append(f"  {finding['rule']}  {finding['level']}  {where(finding['operation'], results)}".rstrip())
    return lines + detail(finding, law, also(cause, finding))


def where(operation: str | None, results: Mapping[str, Any]) -> str:
    """Return an operation with its method and path."""
    found = next((each for each in results["coverage"] if each["operation"] == operation), None)
    return f"{operation}  {found['method']} {found['path']}" if found else operation or ""


def also(cause: Mapping[str, Any], finding: Mapping[str, Any]) -> str:
    """Return the other operations that a cause shows at, and the other rules that saw it."""
    others = [name for name in cause["operations"] if name != finding["operation"]]
    rules = [rule for rule in cause["rules"] if rule != finding["rule"]]
    seen_by = f"by {enumerated(rules)}" if rules else ""
    return "  ".join(text for text in (enumerated(others), seen_by) if text)


def detail(finding: Mapping[str, Any], law: Mapping[str, str], others: str) -> list[str]:
    """Return what is to be said of a finding; `others` is what shows the same."""
    if finding["verdict"] == "warned":
        said = finding["reason"] or finding["observed"]
        guesses = [f"  rests on a guess: {text}" for text in finding["guesses"]]
        return [f"  {law['law']}", f"  {said}", *guesses, *([f"  also {others}"] if others else [])]
    shown = (
        ("", law["law"]),
        ("", finding["reason"]),
        ("observed", finding["observed"]),
        ("expected", finding["expected"]),
        ("see", "  ".join(text for text in (finding["line"], law["source"]) if text)),
        ("law", law["file"]),
        ("also", others),
        ("again", finding["again"]),
    )
    lines = [f"  {label + ' ' if label else ''}{line}" for label, text in shown if text for line in indented(text)]
    lines += [f"  {line}" for line in finding["curl"].splitlines()]
    return [shortened(line) for text in lines for line in text.split("\n")]


def shortened(line: str) -> str:
    """Return a line that is not too long to be read: the beginning of a longer one, and where the rest stands."""
    if len(line) <= LONGEST:
        return line
    return f"{line[: LONGEST // 2]} ... ({len(line):,} characters: report.json has them all)"


def in_part(results: Mapping[str, Any]) -> list[str]:
    """Return what passed in part: for each rule the parts that were tested, and those that were not."""
    lines = []
    for entry in results["parts"]:
        where = enumerated([operation or "the document" for operation in entry["operations"]])
        lines.append(f"PASSED IN PART  {entry['rule']}  {where}")
        lines += [f"  tested      {part}" for part in entry["tested"]]
        lines += [f"  not tested  {part}" for part in entry["not_tested"]]
    return [*lines, ""] if lines else []


def unchecked(results: Mapping[str, Any]) -> list[str]:
    """Return what was not checked: a line for each reason, with how often it was the reason and for which rules."""
    lines = [
        f"NOT CHECKED  {group['count']:>5,}  {' '.join(group['reason'].split())} ({enumerated(group['rules'], MOST_NAMED)})"
        for group in results["unchecked"]
    ]
    return [*lines, ""] if lines else []


def enumerated(names: list[str], most: int = MOST_OPERATIONS) -> str:
    """Return the first names of a list, and how many there are beside them."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def stale(results: Mapping[str, Any]) -> list[str]:
    return [f"STALE  {text}" for text in results["stale"]]


def indented(text: str) -> list[str]:
    first, *rest = text.splitlines() or [""]
    return ["\n".join([first, *(f"    {line}" for line in rest if line.strip())])]


def summary(results: Mapping[str, Any], path: Path) -> str:
    counts = counted(results)
    cases = sum(entry["cases"] for entry in results["coverage"])
    return (
        f"{results['verdict']}: {counts or 'nothing was checked'}; {cases:,} generated cases "
        f"in {results['seconds']} s (seed {results['seed']}); {path}"
    )


def counted(results: Mapping[str, Any]) -> str:
    """Return the counts of each verdict, such as `9 failures, 2 causes | 1 warning, 1 cause | 4 passed`; never a sum."""
    summary = results["summary"]
    counts = [of_causes(results, verdict) for verdict in ("error", "failed", "warned") if summary[verdict]]
    if summary["not checked"]:
        counts.append(f"{summary['not checked']:,} not checked")
    if summary["passed"]:
        parts = f", {results['in_part']:,} of them in part" if results["in_part"] else ""
        counts.append(f"{summary['passed']:,} passed{parts}")
    return " | ".join(counts)


def of_causes(results: Mapping[str, Any], verdict: str) -> str:
    """Return how many findings have a verdict, and how many causes they have, such as `202 failures, 52 causes`."""
    count = results["summary"][verdict]
    causes = {
        number
        for number, cause in enumerate(results["causes"])
        if any(results["findings"][index]["verdict"] == verdict for index in cause["findings"])
    }
    return f"{many(count, COUNTED[verdict])}, {many(len(causes), 'cause')}"


def many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """Return the text with its control characters escaped: a server's answer must not steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
