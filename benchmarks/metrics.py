"""`python -m benchmarks.metrics` shows what METRICS_PORT costs: two servers side by side, one of them with it."""

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from .account import open_account
from .cases import CASES, Case, Target
from .load import HOST, LoadError
from .rounds import run_round
from .servers import BenchError, derive_document, free_port, seed_books, serve_reference

WORK = ("list-cached", "get", "401")
BOOKS = 1000
SCRAPES = 20


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit status 2 where nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each case and server (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a round (default: %(default)s)")
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES], help="a case; repeatable")
    asked = parser.parse_args(arguments)
    cases = [case for case in CASES if case.name in (asked.only or WORK)]
    metrics_port = free_port()
    try:
        with TemporaryDirectory(prefix="bench-") as folder, _targets(Path(folder), metrics_port) as targets:
            print("| work | without, µs | with, µs | more, µs |\n|---|---:|---:|---:|")
            for case in cases:
                without, with_metrics = _measure(case, targets, asked.rounds, asked.seconds)
                print(
                    f"| {case.title} | {without:.0f} | {with_metrics:.0f} | {with_metrics - without:+.1f} |", flush=True
                )
            size, cost = _scrape(targets[1], metrics_port)
    except (BenchError, LoadError) as error:
        print(f"metrics: {error}", file=sys.stderr)
        return 2
    print(f"\nOne look at /metrics: {size} bytes, {cost:.1f} ms of the server's CPU.")
    return 0


@contextmanager
def _targets(work: Path, metrics_port: int) -> Iterator[list[Target]]:
    first, second = work / "without", work / "with"
    first.mkdir()
    derive_document(first)
    seed_books(first, BOOKS)
    # A database has one server.
    shutil.copytree(first, second)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serve_reference(first)),
            stack.enter_context(serve_reference(second, METRICS_PORT=str(metrics_port))),
        ]
        yield [Target(server, open_account(server), BOOKS, count()) for server in servers]


def _measure(case: Case, targets: list[Target], rounds: int, seconds: float) -> tuple[float, float]:
    """Return the microseconds of CPU for each request, the medians of both."""
    costs: list[list[float]] = [[], []]
    for number in range(rounds):
        pairs = list(zip(targets, costs, strict=True))
        # Who goes first alternates, so that a machine that warms up favours neither.
        for target, found in pairs if number % 2 == 0 else reversed(pairs):
            found.append(run_round(case, target, seconds).cpu)
    return median(costs[0]), median(costs[1])


def _scrape(target: Target, port: int) -> tuple[int, float]:
    """Return how large the answer to Prometheus is, and the milliseconds of CPU that it takes."""
    with target.server.awake():
        _look(port)  # the first one costs more
        before = target.server.cpu_seconds()
        sizes = [_look(port) for _ in range(SCRAPES)]
        return sizes[-1], (target.server.cpu_seconds() - before) / SCRAPES * 1e3


def _look(port: int) -> int:
    """Ask for the metrics once, and return how many bytes they are."""
    with urlopen(f"http://{HOST}:{port}/metrics", timeout=10) as answer:
        return len(answer.read())


if __name__ == "__main__":
    sys.exit(main())
