"""A failure's script shows it again: pasted into a shell, on a server that has seen nothing of the run."""

import argparse
import contextlib
import os
import queue
import random
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import pytest

from bookplate.faults.player import Player
from bookplate.faults.proof import Proof
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Fault, Law
from bookplate.laws.verdict import Finding
from bookplate.run import needs_documented_limits
from bookplate.wire.outcomes import NotChecked
from bookplate.wire.script import NO_CLOCK

pytestmark = pytest.mark.long

Result = TypeVar("Result")
SAMPLED = int(os.environ.get("SCRIPTS_SAMPLED", "3"))
# These faults let a request win that comes a moment too late: whether it does so here is a matter of milliseconds.
MAY_END_OTHERWISE, TRIES = ("CONC-01", "CONC-03"), 6
# The fault of AUTHZ-05 has to see an admin at work before.
NEEDS_MORE = ("AUTHZ-05",)
MOVE_THE_CLOCK_FAR = ("AUTH-18", "STATE-12")
FAULTS = [
    (r, f)
    for r in (law for law in Catalogue.shipped() if law.kind == "experiment")
    for f in r.faults
    if not r.id.startswith(NEEDS_MORE)
]


class Proving:
    """A proof whose laws are played in a session of pytest of its own, in a thread, for the test that asks."""

    def __init__(self) -> None:
        self.asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        player = Player(self.serve)
        self.proof = Proof(argparse.Namespace(target="impl:create_app", config=None, laws=[]), player)
        self.thread = threading.Thread(target=player.run, args=(self.proof.run,))
        self.thread.start()
        self.do(self.proof.set_up)

    def serve(self) -> None:
        for work in iter(self.asked.get, None):
            work()

    def do(self, work: Callable[[], Result]) -> Result:
        """Have something done inside the session, and return what comes of it."""
        done = Future[Result]()

        def fulfil() -> None:
            try:
                done.set_result(work())
            except BaseException as problem:
                done.set_exception(problem)

        self.asked.put(fulfil)
        return done.result(timeout=120)

    def stop(self) -> None:
        self.asked.put(None)
        self.thread.join()


@pytest.fixture(name="proving", scope="module")
def _proving() -> Iterator[Proving]:
    proving = Proving()
    yield proving
    proving.stop()


@pytest.fixture(name="fresh", scope="module")
def _fresh() -> Iterator[Proof]:
    """A proof of which no law is played: its servers have seen nothing."""
    fresh = Proof(argparse.Namespace(target="impl:create_app", config=None, laws=[]), Player(lambda: None))
    fresh.set_up()
    yield fresh
    fresh.run.stop()


def sample() -> list[tuple[Law, Fault]]:
    return random.Random(int(os.environ.get("SCRIPTS_SEED", "1"))).sample(FAULTS, min(SAMPLED, len(FAULTS)))


@pytest.mark.parametrize(("rule", "fault"), sample(), ids=lambda each: getattr(each, "id", None) or each.name)
def test_a_script_reproduces_its_failure(
    rule: Law, fault: Fault, proving: Proving, fresh: Proof, tmp_path: Path
) -> None:
    finding = proving.do(lambda: failure(proving.proof, rule, fault))
    if NO_CLOCK in finding.curl:
        # A refresh token lives for days, and counts may be late by an hour: the script says so where it ends.
        assert rule.id in MOVE_THE_CLOCK_FAR
        return
    session = fresh.run.documented if needs_documented_limits(rule) else fresh.run.experiments
    origin = session.instance.url.removesuffix(fresh.document.base_path)
    session.users.forget()
    admin = session.users.with_role("admin")
    fresh.target.put_in(fault)
    try:
        # Some faults have to see the admin log in; others let nobody in.
        session.users.forget()
        with contextlib.suppress(NotChecked):
            admin = session.users.with_role("admin")
        given = {"BASE": origin, "ADMIN": admin.identifier, "PASSWORD_ADMIN": admin.secret}
        path = tmp_path / "script.sh"
        path.write_text(finding.curl, encoding="utf-8", errors="surrogateescape")
        shell = ["sh", str(path)]
        for _ in range(TRIES if rule.id in MAY_END_OTHERWISE else 1):
            done = subprocess.run(
                shell, env={**os.environ, **given}, capture_output=True, text=True, timeout=240, check=False
            )
            if done.returncode == 0:
                break
            time.sleep(1)  # names have the second in them
    finally:
        fresh.target.put_in(None)
        session.users.forget()

    # A script stops with an error where an answer has another status than in the run.
    told = " ".join(re.findall(r"HTTP/1\.[01] (\d+)", done.stdout))
    assert done.returncode == 0, f"{finding.curl}\n{done.stdout[-2000:]}\n{done.stderr}"
    assert re.fullmatch(" ?".join(expected(finding.curl)), told), (
        f"{finding.curl}\n{done.stdout[-2000:]}\n{done.stderr}"
    )


def expected(script: str) -> Iterator[str]:
    """
    Yield patterns of the statuses that the commands of a script were answered when it was written, of those it prints.

    What came of raw bytes may be any number of answers, or none. The script itself judges what was sent at once.
    """
    times = 1
    for line in script.splitlines():
        if found := re.fullmatch(r"for _ in \$\(seq (\d+)\); do", line):
            times = int(found[1])
        elif found := re.fullmatch(r"(?:shown|brief) (\d+)", line):
            yield from [found[1]] * times
        elif found := re.fullmatch(r'raced "([0-9 ]+)"', line):
            yield " ".join([r"\d+"] * len(found[1].split()))
        elif line == "raw":
            yield r"(?:\d+ ?)*"
        elif line.startswith("done"):
            times = 1


def failure(proof: Proof, rule: Law, fault: Fault) -> Finding:
    """Return what is found of a fault."""
    proof.forget(fresh=True)
    proof.target.put_in(fault)
    try:
        return next(finding for play in proof.plays(rule) if (finding := play()) is not None)
    finally:
        proof.target.put_in(None)
