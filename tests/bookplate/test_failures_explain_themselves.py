"""Five defects of the reference, one at a time: the text of the terminal says what is wrong, and the script shows it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bookplate.cli import main
from bookplate.laws.words import written_by_python

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PORT = 29000 + os.getpid() % 900
# For each defect: the law that finds it, at which operation, and what somebody reads who knows nothing of it.
DEFECTS = {
    "without_owner_check": (
        "AUTHZ-02",
        "replace_book",
        [
            r"FAILED  security  User B does not own book (\d+), but PUT /api/books/\1 as B was answered 200",
            r"  expected  403, as B may not send it",
            r"  request   PUT /api/books/\d+",
            r"            Authorization: Bearer \$\{TOKEN_B\}",
            r"  answer    200 OK",
        ],
    ),
    "with_a_repeated_item": (
        "PAGE-01",
        "list_books",
        [
            r"FAILED  data  GET /api/books was answered 200: in pages of \d+, item \d+ is on pages 1 and 2, item \d+ is on none",
            r"  observed  .*; also: item \d+ is on pages 1 and 2, which show the same",
            r"  before    12 times POST /api/books was answered 201",
        ],
    ),
    "with_one_request_too_many": (
        "RATE-01",
        "list_books",
        [
            r"FAILED  contract  .*: the limit lists admits 20 requests in 60 s, and the first that was refused is request 22",
            r"  expected  request 21 is the first that is refused",
            r"  before    21 times GET /api/books was answered 200",
        ],
    ),
    "without_retry_after": (
        "RATE-02",
        "list_books",
        [
            r"FAILED  contract  GET /api/books was answered 429: the 429 has no Retry-After",
            r"  answer    429 Too Many Requests",
        ],
    ),
    "with_a_filter_that_crashes": (
        "PAGE-08",
        "list_books",
        [
            r"FAILED  crash  GET /api/books\?author=\S+ answered 500 .*: ZeroDivisionError: division by zero",
            r"            .*return len\(value\.key\) / 0",
            r"            ZeroDivisionError: division by zero",
            r"            \(the whole log: .*/servers/experiments\.log\)",
        ],
    ),
}


# It takes a quarter of a minute, as an invariant needs an experiment that brings refusals about.
AT_NIGHT = ["without_retry_after"]
AT_EVERY_CHANGE = [each for each in DEFECTS if each not in AT_NIGHT]
# Its script needs the most: an account of its own, and a limit that is spent.
LIMITED = "with_one_request_too_many"


@pytest.fixture(name="shown")
def _shown(defect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the terminal shows of a defect, without progress."""
    monkeypatch.chdir(ROOT)
    rule, operation, _ = DEFECTS[defect]
    # An invariant sees the refusals that an experiment of its group brings about.
    more = ["--rule", "RATE-01"] if rule == "RATE-02" else []
    target = [f"tests.fakes.planted:{defect}", "--config", "impl/bookplate.toml", "--output", str(tmp_path / "out")]
    code = main([*target, "--rule", rule, *more, "--operation", operation, "--max-examples", "1"])
    assert code == 1
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "defect", [*AT_EVERY_CHANGE, *(pytest.param(each, marks=pytest.mark.nightly) for each in AT_NIGHT)]
)
def test_a_defect_is_understood_from_the_terminal(defect: str, shown: str, tmp_path: Path) -> None:
    rule, operation, told = DEFECTS[defect]
    lines = shown.splitlines()
    failed = [line for line in lines if line.startswith("FAILED  ")]

    for pattern in told:
        assert any(re.fullmatch(pattern, line) for line in lines), f"{pattern}\n{shown}"
    entry, summed_up = failed
    verdict, severity, sentence = entry.split("  ", 2)
    whole = f"{verdict}  {severity}  {rule}  {operation}  {sentence}"
    assert whole == summed_up or whole.startswith(summed_up.removesuffix(" ..."))
    assert not written_by_python("\n".join([*failed, *(line for line in lines if line.startswith("  expected"))]))
    assert lines[-1] == f"report: {tmp_path / 'out' / 'report.html'}"


@pytest.mark.parametrize(
    "defect", [LIMITED, *(pytest.param(each, marks=pytest.mark.nightly) for each in DEFECTS if each != LIMITED)]
)
def test_its_script_shows_it_in_an_empty_folder(defect: str, shown: str, tmp_path: Path) -> None:
    rule, operation, _ = DEFECTS[defect]
    lines = shown.splitlines()
    script = tmp_path / "out" / "scripts" / f"{rule}-{operation}.sh"
    steps = re.findall(
        r"^            \d\. (?:in the folder of this run|beside it):  (.*?)(?:   \(.*)?$", shown, re.MULTILINE
    )
    assert steps[1] == f"sh {script}"
    with served(steps[0]) as base:
        (tmp_path / "empty").mkdir()
        done = subprocess.run(
            ["sh", str(script)],
            cwd=tmp_path / "empty",
            env={**os.environ, "BASE": base},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{script.read_text()}"
    statuses = re.findall(r"^HTTP/1\.1 (\d+)", done.stdout, re.MULTILINE)
    answer = next(line for line in lines if line.startswith("  answer"))
    assert statuses[-1] == answer.split()[1]


@contextmanager
def served(command: str) -> Iterator[str]:
    """Start a server by the command that the terminal has shown, at a port of its own, and yield where it is."""
    program, _, rest = command.partition("-m bookplate ")
    assert program == "python "
    words = [sys.executable, "-m", "bookplate", *rest.split(), "--port", str(PORT)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert server.stdout is not None
    try:
        first = server.stdout.readline()
        assert f" serves at http://127.0.0.1:{PORT}" in first, first + server.stdout.read()
        yield f"http://127.0.0.1:{PORT}"
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)


def test_a_way_around_the_cache_is_not_tried_without_anybody_who_may_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sent without a token, it is as nothing, and a hit would be no failure."""
    monkeypatch.chdir(ROOT)
    target = ["tests.fakes.planted:without_sign_up", "--config", "impl/bookplate.toml", "--output", str(tmp_path)]

    assert main([*target, "--rule", "CACHE-12", "--operation", "list_books"]) == 3

    shown = capsys.readouterr().out
    assert "no user can be made" in shown
    assert "FAILED" not in shown
