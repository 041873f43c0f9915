"""
`tox -e services`: the full contract on PostgreSQL and Redis, and no verdict may differ from the embedded default.

`tox -e services -- --replicas` checks two replicas of two workers behind nginx, as deploy/ has them, in the same way.
`tox -e services -- --chaos` plays what can happen to all of it: processes frozen, killed and restarted, answers lost, stores
full, slow and restored from a backup; `--quick` plays what is short of it. Names of modules of tests/services/faults/ may
follow. `--record` keeps what a whole run has seen, from which `tox -e docs` writes docs/reliability.md.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from bookplate.laws.verdict import UNCHECKED

from .faults.play import REPORT, play
from .page import record
from .private import MissingProgram, private_postgresql, private_redis

ONE = f"{sys.executable} -m tests.services.instance --port {{port}} --document {{document}}"
REPLICAS = f"{sys.executable} -m tests.services.replicas --port {{port}} --document {{document}}"
EMBEDDED, SERVICES = Path("build/contract"), Path("build/services")
Key = tuple[str, str | None]
Verdicts = dict[Key, str]


def main(arguments: list[str]) -> int:
    """Run both, compare them, and say what differs; with --chaos or --quick, play what can happen to the services."""
    try:
        if "--record" in arguments:
            record(REPORT)
            return 0
        if asked := {"--chaos", "--quick"} & {*arguments}:
            modules = [each for each in arguments if each not in asked]
            return play(modules, are_quick="--quick" in asked)
        target = REPLICAS if "--replicas" in arguments else ONE
        arguments = [each for each in arguments if each != "--replicas"]
        with tempfile.TemporaryDirectory(prefix="bookplate-services-") as folder:
            status = _check_on_services(Path(folder), target, arguments)
    except MissingProgram as missing:
        print(f"services: {missing}", file=sys.stderr)
        return 2
    services = _verdicts(SERVICES)
    # A report that is there may be one of a few rules only.
    if not (EMBEDDED / "report.json").exists() or services.keys() - _verdicts(EMBEDDED).keys():
        _run_suite(["--output", str(EMBEDDED), *arguments], {})
    unchecked = {key for key, verdict in services.items() if verdict == "not checked"}
    differing = _differences(_verdicts(EMBEDDED), services, unchecked)
    for line in differing:
        print(line)
    names = ", ".join(f"{rule} {operation or ''}".strip() for rule, operation in sorted(unchecked, key=str)) or "none"
    print(f"not checked on services, where Redis keeps a time of its own: {names}")
    print(f"{len(differing)} verdicts differ between the embedded default and PostgreSQL with Redis")
    return 1 if differing or status not in (0, UNCHECKED) else 0


def _check_on_services(folder: Path, target: str, arguments: list[str]) -> int:
    with private_postgresql(folder) as postgresql, private_redis(folder) as redis:
        environment = {
            "SERVICES_POSTGRESQL": postgresql,
            "SERVICES_REDIS": redis,
            "SERVICES_ADMIN_SECRET": "made up for the tests on services",
        }
        options = ["--target", target, "--config", "tests/services/bookplate.toml", "--output", str(SERVICES)]
        return _run_suite([*options, *arguments], environment)


def _run_suite(options: list[str], environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "bookplate", *options]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def _verdicts(folder: Path) -> Verdicts:
    report = json.loads((folder / "report.json").read_text())
    return {(each["rule"], each["operation"]): each["verdict"] for each in report["findings"]}


def _differences(embedded: Verdicts, services: Verdicts, unchecked: Collection[Key]) -> list[str]:
    return [
        f"{rule} {operation or ''}: {embedded.get((rule, operation))} embedded, {services.get((rule, operation))} on services"
        for rule, operation in sorted({*embedded, *services}, key=str)
        if embedded.get((rule, operation)) != services.get((rule, operation)) and (rule, operation) not in unchecked
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
