"""
`tox -e foreign`: check services that nobody here wrote, and hold each failed MUST against what a person has judged.

`tox -e foreign -- kinto` checks one of them. docs/foreign-services.md has the judgements, and build/foreign the reports.
"""

import signal
import subprocess
import sys
import time

from .environment import ROOT, installed
from .judged import compared, judged, verdicts
from .services import SERVICES, Service, started

# Three services take no more than ten minutes; what there was no time for is not checked, and told.
OPTIONS = ("--seed", "1", "--max-examples", "5", "--time-budget", "180", "--quiet")
NO_REPORT = (2, 130)


def main(names: list[str]) -> int:
    """Check the services that are named, all where none is; return 1 where something differs from what was judged."""
    unknown = [name for name in names if name not in SERVICES]
    if unknown:
        print(f"foreign: there is no {unknown[0]}: name some of {', '.join(SERVICES)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it ends what it has started
    return max([check(SERVICES[name]) for name in names or SERVICES])


def check(service: Service) -> int:
    """Check one service; return 1 where its failures differ from what was judged, 2 where it could not be checked."""
    began = time.monotonic()
    environment = installed(service.name)
    settings = ("--config", str(service.settings), "--output", str(environment.report))
    with started(service, environment) as url:
        command = [sys.executable, "-m", "bookplate", "check", url, *settings, *OPTIONS, *service.options]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code in NO_REPORT:
        return 2
    found = verdicts(environment.report / "report.json")
    difference = compared(found, judged(service.name))
    for line in difference.lines():
        print(f"{service.name}: {line}")
    failed = sum(verdict == "failed" for verdict in found.values())
    took = f"{time.monotonic() - began:.0f} s"
    print(f"{service.name}: {failed} failures, {len(difference.new)} new, {len(difference.gone)} gone, in {took}")
    return 1 if difference.new or difference.gone else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
