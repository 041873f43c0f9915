"""The terminal: progress while the run goes on, then a table and what went wrong."""

import itertools
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from ..laws.verdict import ALSO
from .comparison import comparison_lines
from .exchange_text import answer_lines, at_servers, request_lines, target_of
from .next_step import next_step
from .scripts import steps
from .tree import cells

COUNTED = {"error": "error", "failed": "failure", "warned": "warning"}
NO_LAW = {"law": "", "source": "", "file": ""}
LETTERS = {"passed": "ok", "warned": "warn", "not checked": "n.c.", "failed": "FAIL", "error": "ERR"}
RED, YELLOW, GREEN, CYAN = 31, 33, 32, 36
PLACE = re.compile(r"\[\d+/\d+\] ")
LONGEST_PROGRESS = 110  # characters
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
MOST_BEFORE = 5  # requests before the one that shows a failure
FIRST_SERVER_ERROR = 500
LONGEST_TARGET = 100  # characters of a path with its query, in a sentence
LABEL = 9  # characters of the longest label of an entry
NARROWEST = 60  # characters of a line of the list of causes
WIDEST = 160
SHORTEST_WAIT = 1.0  # that is shown: seconds
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
        self.place = ""  # how far the run is, such as `[231/953] `; what has no place of its own is done in that time

    def progress(self, what: str, cases: int) -> None:
        """Show what is being done, and how many cases were generated so far."""
        placed = PLACE.match(what)
        self.place = placed[0] if placed else self.place
        what = what.removeprefix(self.place)
        self.doing = what.partition(":")[0]
        if self.quiet:
            return
        now = time.monotonic()
        counted = f", {cases:,} cases" if cases else ""
        text = printable(f"{now - self.started:6.1f} s  {self.place}{what}{counted}")
        if self.live:
            shown = text[:LONGEST_PROGRESS]
            if self.colour and self.place:
                shown = shown.replace(self.place, f"\x1b[{CYAN}m{self.place}\x1b[0m", 1)
            self.stream.write(f"\r\x1b[2K{shown}")
            self.stream.flush()
        elif self.last_line_at is None or now - self.last_line_at >= EVERY:
            self.last_line_at = now
            self.write(text)

    def wait(self, seconds: float, what: str) -> None:
        """Show that what is being done waits, for what and how long."""
        if seconds >= SHORTEST_WAIT:
            self.last_line_at = None
            self.progress(f"{self.doing}: waiting {seconds:.0f} s: {what}", 0)

    def show(self, results: Mapping[str, Any], output: Path) -> None:
        """
        Show the results; `output` is the folder where all of them are written.

        What is wrong comes first, in detail. The end is a list of causes, as pytest ends with a summary, and where the page
        is that has all of it.
        """
        if self.live:
            self.stream.write("\r\x1b[2K")
        others = [] if self.quiet else [*table(results), "", *in_part(results), *unchecked(results)]
        lines = [*entries(results, output, worst_only=self.quiet), *others, *stale(results), *comparison_lines(results)]
        lines += [*causes(results, worst_only=self.quiet, width=self.width), summary(results)]
        lines += [*(f"missing: {text}" for text in results["missing"]), f"next: {next_step(results)}"]
        for line in [*lines, f"report: {output / 'report.html'}"]:
            self.write(self.painted(printable(line)))

    @property
    def width(self) -> int:
        """How many characters a line of the list of causes has; where nobody looks, no line is cut to a window."""
        return max(min(shutil.get_terminal_size().columns, WIDEST), NARROWEST) if self.live else WIDEST

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


def entries(results: Mapping[str, Any], output: Path, *, worst_only: bool = False) -> list[str]:
    """Return one entry for each cause, the most important first; those of failures and errors alone if asked."""
    lines = []
    for cause in chosen(results, worst_only=worst_only):
        lines += [*entry(cause, results, output), ""]
    return lines


def chosen(results: Mapping[str, Any], *, worst_only: bool) -> list[Mapping[str, Any]]:
    """Return the causes, the most important first; those of failures and errors alone if asked."""
    return [cause for cause in results["causes"] if not worst_only or cause["verdict"] in ("failed", "error")]


def causes(results: Mapping[str, Any], *, worst_only: bool = False, width: int = WIDEST) -> list[str]:
    """Return a line for each cause, the worst first, below one that says how many there are and how grave they are."""
    lines = by_severity(results) if results["summary"]["failed"] else []
    for cause in chosen(results, worst_only=worst_only):
        finding = results["findings"][cause["findings"][0]]
        severity = "" if cause["verdict"] == "error" else f"{cause['severity']}  "
        more = len(cause["operations"]) - 1
        where = f"{finding['operation'] or WHOLE}{f' and {more} more' if more > 0 else ''}"
        line = f"{cause['verdict'].upper()}  {severity}{finding['rule']}  {where}  {sentence(finding)}"
        lines.append(line if len(line) <= width else f"{line[: width - 4]} ...")
    return [*lines, ""] if lines else []


def sentence(finding: Mapping[str, Any]) -> str:
    """Return in one line what happened: what was observed, with the request where the words of the law do not name it."""
    text = next(iter((finding["observed"] or finding["reason"]).strip().splitlines()), "").partition(ALSO)[0]
    last = finding["exchanges"][-1] if finding["exchanges"] else None
    if last is None or not finding["observed"]:
        return text
    target = target_of(last)
    path = target.partition("?")[0]
    if last["status"] >= FIRST_SERVER_ERROR and path in text:
        target = target if len(target) <= LONGEST_TARGET else path
        shown = text if target in text else text.replace(path, target, 1)
        reason = next(reversed(finding["logged"].splitlines()), "").strip()
        return f"{shown}: {reason}" if reason else shown
    if path in text or not last["status"]:
        return text
    return f"{last['method']} {path} was answered {last['status']}: {text}"


def by_severity(results: Mapping[str, Any]) -> list[str]:
    """Return how many failures there are, of how many causes, and how grave those are."""
    graveness = Counter(cause["severity"] for cause in results["causes"] if cause["verdict"] == "failed")
    return [f"{of_causes(results, 'failed')}: {', '.join(f'{n} {word}' for word, n in graveness.items())}"]


def entry(cause: Mapping[str, Any], results: Mapping[str, Any], output: Path) -> list[str]:
    """Return what is to be said of a cause: what is wrong, the finding that shows it best, and where else it shows."""
    finding = results["findings"][cause["findings"][0]]
    law = next((rule for rule in results["rules"] if rule["id"] == finding["rule"]), NO_LAW)
    # What goes wrong in the suite costs nobody anything but this run.
    severity = "" if cause["verdict"] == "error" else f"{cause['severity']}  "
    lines = [shortened(f"{cause['verdict'].upper()}  {severity}{sentence(finding)}".rstrip())]
    lines.append(f"  {finding['rule']}  {finding['level']}  {where(finding['operation'], results)}".rstrip())
    return lines + detail(finding, law, cause, output)


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


def detail(finding: Mapping[str, Any], law: Mapping[str, str], cause: Mapping[str, Any], output: Path) -> list[str]:
    """Return what is to be said of a finding: promise, place, exchange, and how it is seen again."""
    parts = [
        *labelled("promise", law["law"]),
        *labelled("reason", finding["reason"]),
        *labelled("observed", finding["observed"] if finding["observed"] != sentence(finding) else ""),
        *labelled("expected", finding["expected"]),
        *(line for text in finding["guesses"] for line in labelled("guess", f"rests on a guess: {text}")),
        *labelled("cause", cause["joined_by"].get("defect", "")),
        *labelled("document", "  ".join(text for text in (finding["line"], law["source"]) if text)),
        *labelled(
            "law", [law["file"], f"{output / law['page']}: usual mistakes, and how to mend it"] if law["file"] else ""
        ),
        *labelled("also", also(cause, finding)),
    ]
    if finding["verdict"] != "warned":
        parts += [*exchange(finding), *how_to_see(finding), *labelled("again", finding["again"])]
    return [shortened(f"  {line}".rstrip()) for line in parts]


def labelled(label: str, text: str | Sequence[str]) -> list[str]:
    """Return lines below a label, which stands before the first of them; none where there is no text."""
    lines = text.splitlines() if isinstance(text, str) else list(text)
    return [f"{label if not number else '':<{LABEL}} {line}" for number, line in enumerate(lines)]


def exchange(finding: Mapping[str, Any]) -> list[str]:
    """Return the request and the answer that show a failure, what went before them, and what the server printed."""
    if not finding["exchanges"]:
        return []
    every = finding["exchanges"]
    *before, last = every
    rows = []
    for line, alike in itertools.groupby(before, in_short):
        same = list(alike)
        rows.append((f"{line}{at_servers(same, every)}", len(same)))
    earlier = [f"... {sum(count for _, count in rows[:-MOST_BEFORE])} more"] if len(rows) > MOST_BEFORE else []
    earlier += [f"{f'{count} times ' if count > 1 else ''}{line}" for line, count in rows[-MOST_BEFORE:]]
    return [
        *labelled("before", earlier),
        *labelled("sent to", at_servers([last], every).removeprefix(" at ")),
        *labelled("request", request_lines(last)),
        *labelled("smallest", finding.get("smallest", "")),
        *labelled("answer", answer_lines(last)),
        *labelled(
            "server", [*finding["logged"].splitlines(), f"(the whole log: {finding['log']})"] if finding["log"] else []
        ),
    ]


def in_short(exchange: Mapping[str, Any]) -> str:
    return f"{exchange['method']} {target_of(exchange)} was answered {exchange['status']}"


def how_to_see(finding: Mapping[str, Any]) -> list[str]:
    """Return how a failure is seen again by hand: the path of its script, and what to do with it."""
    if "script" not in finding:
        return []
    numbered = [f"{number}. {step}" for number, step in enumerate(steps(finding, Path(finding["script"])), 1)]
    return labelled("script", [f"{finding['script']} sends these requests by curl", *numbered])


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


def summary(results: Mapping[str, Any]) -> str:
    counts = counted(results)
    cases = sum(entry["cases"] for entry in results["coverage"])
    return (
        f"{results['verdict']}: {counts or 'nothing was checked'}; {cases:,} generated cases "
        f"in {results['seconds']} s (seed {results['seed']})"
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
