"""A failure's script shows it again: pasted into a shell, on a server that has seen nothing of the run."""

import argparse
import os
import random
import re
import subprocess
from collections.abc import Iterator

import pytest

from bookplate.faults.proof import Proof
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Fault, Law
from bookplate.laws.verdict import Finding
from bookplate.run import needs_documented_limits

SAMPLED = 10
# A script cannot move a clock, nor send at once; and the fault of AUTHZ-05 has to see an admin at work before.
NEEDS_MORE = ("RATE-03", "CONC", "AUTHZ-05")
FAULTS = [
    (r, f)
    for r in (law for law in Catalogue.shipped() if law.kind == "experiment")
    for f in r.faults
    if not r.id.startswith(NEEDS_MORE)
]


@pytest.fixture(name="proof", scope="module")
def _proof() -> Iterator[Proof]:
    proof = Proof(argparse.Namespace(target="impl:create_app", config=None))
    yield proof
    proof.run.stop()


@pytest.fixture(name="fresh", scope="module")
def _fresh() -> Iterator[Proof]:
    fresh = Proof(argparse.Namespace(target="impl:create_app", config=None))
    fresh.run  # noqa: B018  (its stages are set up on first use)
    yield fresh
    fresh.run.stop()


def sample() -> list[tuple[Law, Fault]]:
    return random.Random(int(os.environ.get("SCRIPTS_SEED", "1"))).sample(FAULTS, SAMPLED)


@pytest.mark.parametrize(("rule", "fault"), sample(), ids=lambda each: getattr(each, "id", None) or each.name)
def test_a_script_reproduces_its_failure(rule: Law, fault: Fault, proof: Proof, fresh: Proof) -> None:
    finding = failure(proof, rule, fault)
    session = fresh.run.documented if needs_documented_limits(rule) else fresh.run.experiments
    origin = session.instance.url.removesuffix(proof.document.base_path)
    assert session.users.admin is not None
    fresh.target.put_in(fault)
    # Some faults have to see the admin log in.
    del session.users.admin
    given = {"BASE": origin, "ADMIN": session.users.admin.identifier, "PASSWORD_ADMIN": session.users.admin.secret}

    shell = ["bash", "-c", finding.curl]
    done = subprocess.run(shell, env={**os.environ, **given}, capture_output=True, text=True, timeout=60, check=False)

    told = [int(status) for status in re.findall(r"HTTP/1\.1 (\d+)", done.stdout)]
    assert told == list(expected(finding.curl)), f"{finding.curl}\n{done.stdout[-2000:]}\n{done.stderr}"


def expected(script: str) -> Iterator[int]:
    """Yield the statuses that the commands of a script were answered when it was written."""
    for line in script.splitlines():
        if found := re.fullmatch(r"for _ in \$\(seq (\d+)\); do .*; done  # (\d+)", line):
            yield from [int(found[2])] * int(found[1])
        elif found := re.search(r"  # answered (\d+)$", line):
            yield int(found[1])


def failure(proof: Proof, rule: Law, fault: Fault) -> Finding:
    """Return what is found of a fault."""
    proof.run  # noqa: B018  (the stages stand before the fault is put in)
    proof.forget(fresh=True)
    proof.target.put_in(fault)
    try:
        return next(finding for play in proof.plays(rule) if (finding := play()) is not None)
    finally:
        proof.target.put_in(None)
