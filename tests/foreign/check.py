"""The check of one service, and what its verdicts are held against."""

import shlex
import subprocess
import sys
import time
from dataclasses import dataclass

from .environment import ROOT, Environment, installed
from .judged import Pair, compared, differing, judged, verdicts
from .services import Service, started
from .settings import write_changed, write_init, written_otherwise

# Three services take no more than ten minutes; what there was no time for is not checked, and told.
SECONDS = 150
OPTIONS = ("--max-examples", "5", "--quiet")
NO_REPORT = (2, 130)


@dataclass(frozen=True)
class Run:
    """What one run has found, None where it could not be made, and how many seconds it took."""

    found: dict[Pair, str] | None
    seconds: float


def write(service: Service) -> int:
    """Write the settings of a service anew, as `bookplate init` writes them; return 0."""
    with started(service, installed(service.name)) as url:
        write_init(service, url, service.folder / "init")
    print(f"{service.name}: tests/foreign/{service.name}/init is as `bookplate init` writes it")
    return 0


def check(service: Service, *, times: int = 1, seconds: int = SECONDS) -> int:
    """
    Check one service, several times without a reset between, each time in no more than some seconds.

    Return 1 where `init` writes other settings, where failures differ from what was judged, or where the runs differ from
    each other; 2 where the service could not be checked.
    """
    environment = installed(service.name)
    with started(service, environment) as url:
        otherwise = init_differs(service, environment, url)
        runs = [checked(service, environment, url, seconds=seconds) for _ in range(times)]
    told = [tell(service, run) for run in runs]
    found = [run.found for run in runs if run.found is not None]
    known = judged(service.name)
    changed = sorted(pair for later in found[1:] for pair in differing(found[0], later, known))
    for law, operation in changed:
        print(f"{service.name}: another verdict in the second run: {law} at {operation}")
    return max([*told, int(otherwise or bool(changed))])


def init_differs(service: Service, environment: Environment, url: str) -> bool:
    """Whether `bookplate init` writes other files than those of the service; tells which."""
    folder = environment.folder / "init"
    write_init(service, url, folder)
    names = written_otherwise(service, folder)
    for name in names:
        print(f"{service.name}: init writes another {name}: look at {folder}, and take it over with --init")
    return bool(names)


def checked(service: Service, environment: Environment, url: str, seed: int = 1, seconds: int = SECONDS) -> Run:
    """Check a service that is up, as a stranger would, in no more than some seconds."""
    began = time.monotonic()
    settings = ("--config", str(write_changed(service, environment.settings)), "--output", str(environment.report))
    tags = [f"--include={shlex.quote(f'tag:{tag}')}" for tag in service.tags]
    limits = ("--seed", str(seed), "--time-budget", str(seconds))
    options = (*settings, *OPTIONS, *limits, *service.identity, *tags, *service.options)
    command = [sys.executable, "-m", "bookplate", "check", url, *options]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    took = time.monotonic() - began
    if code in NO_REPORT:
        return Run(None, took)
    return Run(verdicts(environment.report / "report.json"), took)


def tell(service: Service, run: Run) -> int:
    """Say how a run differs from what was judged; return 1 where it does, 2 where there was none."""
    if run.found is None:
        return 2
    difference = compared(run.found, judged(service.name))
    for line in difference.lines():
        print(f"{service.name}: {line}")
    failed = sum(verdict == "failed" for verdict in run.found.values())
    took = f"{run.seconds:.0f} s"
    print(f"{service.name}: {failed} failures, {len(difference.new)} new, {len(difference.gone)} gone, in {took}")
    return 1 if difference.new or difference.gone else 0
