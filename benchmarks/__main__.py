"""`python -m benchmarks` measures the reference beside its peer."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from .account import open_account, session_of
from .cases import CASES, Case, Target
from .load import LoadError
from .peer_fastapi import mint
from .report import Round, Row, frame, page, save
from .rounds import run_round
from .servers import ROOT, BenchError, derive_document, seed_books, serve_peer, serve_reference

PAGE = ROOT / "docs" / "performance.md"
OUTPUT = ROOT / "build" / "bench"


def main(arguments: list[str] | None = None) -> int:
    """Measure and report; a mistake in the set-up is one line and exit status 2."""
    asked = _parser().parse_args(arguments)
    cases = [case for case in CASES if not asked.only or case.name in asked.only]
    # A stopped server would outlive a bench that ends without its last steps.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        before, after = frame(PAGE) if asked.write else ("", "")
        with TemporaryDirectory(prefix="bench-") as folder, _targets(Path(folder), asked.books) as targets:
            _compare(targets)
            rows = [_measure(case, targets, asked.rounds, asked.seconds) for case in cases]
    except (BenchError, LoadError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    text = page(rows, asked.seconds, asked.books)
    print(text)
    save(OUTPUT, rows, text, asked.seconds, asked.books)
    if asked.write:
        PAGE.write_text(before + text + after)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=_above_0(float), default=3, help="length of a round (default: %(default)s)")
    parser.add_argument(
        "--rounds", type=_above_0(int), default=5, help="rounds of each case and server (default: %(default)s)"
    )
    parser.add_argument("--books", type=_above_0(int), default=10_000, help="books on the shelf (default: %(default)s)")
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES], help="a case; repeatable")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def _above_0(kind: Callable[[str], float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        if (value := kind(text)) <= 0:
            raise ValueError
        return value

    return number


@contextmanager
def _targets(work: Path, books: int) -> Iterator[list[Target]]:
    derive_document(work)
    seed_books(work, books)
    with serve_reference(work) as reference:
        token = open_account(reference)
        with serve_peer(work) as peer:
            print(f"reference: process {reference.process.pid}, FastAPI: process {peer.process.pid}", file=sys.stderr)
            yield [
                Target(reference, token, books, count()),
                Target(peer, mint(*session_of(token)), books, count()),
            ]


def _compare(targets: list[Target]) -> None:
    """Refuse to measure servers that do not give the same answers."""
    for path in ("/api/books?page=1&per_page=20", "/api/books?page=2&per_page=20&genre=science", "/api/books/7"):
        answers = [target.server.ask("GET", path, target.computed) for target in targets]
        if any(answer.status != 200 for answer in answers) or len({_canonical(each.content) for each in answers}) > 1:
            raise BenchError(f"the servers differ on {path}")
    for target in targets:
        for headers, status in (({"Authorization": "Bearer no.such.token"}, 401), (target.computed, 200)):
            if (answer := target.server.ask("GET", "/api/books/7", headers)).status != status:
                raise BenchError(f"{target.server.name} answers {answer.status} where {status} is expected")


def _canonical(content: bytes) -> str:
    return json.dumps(json.loads(content), sort_keys=True)


def _measure(case: Case, targets: list[Target], rounds: int, seconds: float) -> Row:
    seen: dict[str, list[Round]] = {target.server.name: [] for target in targets}
    for number in range(rounds):
        # Who goes first alternates, so that a machine that warms up favours neither.
        for target in targets if number % 2 == 0 else reversed(targets):
            done = run_round(case, target, seconds)
            seen[target.server.name].append(done)
            print(
                f"{case.title}, round {number + 1}, {target.server.name}: {done.rate:.0f} requests/s", file=sys.stderr
            )
    return Row(case.name, case.title, *seen.values())


if __name__ == "__main__":
    sys.exit(main())
