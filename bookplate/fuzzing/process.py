"""The generator in a process of its own: it is half of a run, and may use an instance that nothing else does."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..contract.seen import SeenService
from ..laws.generated import FuzzingResult
from ..laws.verdict import Finding, Verdict
from ..options import Options
from ..target.config import SetUpError
from ..target.instance import Instance

Progress = Callable[[str, int], None]
COMMAND = (sys.executable, "-m", "bookplate.fuzzing")


class GeneratorProcess:
    """
    `python -m bookplate.fuzzing`, at work until its result is asked for.

    It reads its order from standard input as JSON, and writes a line of JSON for each word of progress and for the result.
    What it says beside that is in fuzzing.log in its work directory. `left_out` are operations that it never calls; None
    means that it has to find out by itself which GETs are not safe. `seen` is what answers have shown of the operations.
    """

    def __init__(
        self,
        options: Options,
        instance: Instance,
        work: Path,
        command: Sequence[str] = COMMAND,
        left_out: Mapping[str, str] | None = None,
        seen: SeenService | None = None,
    ) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.log = work / "fuzzing.log"
        # What is generated must not depend on the order of a set.
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        environment |= {"NO_PROXY": "*", "no_proxy": "*"}  # no request of a run asks a proxy
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, text=True
            )
        assert self.process.stdin is not None
        order = {"options": asdict(options), "instance": as_order(instance), "files": str(work), "given": time.time()}
        order["left_out"], order["seen"] = left_out, (seen or SeenService()).as_json()
        json.dump(order, self.process.stdin)
        self.process.stdin.close()

    def result(self, progress: Progress) -> FuzzingResult:
        """
        Wait for the result; raise SetUpError where the user has to mend something first.

        A process that ends before its work is an error of the suite: the result says so, and has nothing else.
        """
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            if "result" in said:
                return FuzzingResult.from_json(said["result"])
            if "problem" in said:
                raise SetUpError(said["problem"])
            progress(*said["progress"])
        reason = f"the generator ended before its work: {self.last_words()}"
        return FuzzingResult(findings=[Finding("CAMPAIGN", None, Verdict.ERROR, reason=reason)], unfinished=reason)

    def last_words(self) -> str:
        lines = [line.strip() for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()]
        return " | ".join(list(filter(None, lines))[-3:]) or "it said nothing"

    def interrupt(self, seconds: float) -> None:
        """Ask the work to end, as on Ctrl-C, and give it some time to delete what it has made."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)

    def stop(self) -> None:
        """End the work at once; it has started nothing that would outlive it."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def as_order(instance: Instance) -> dict[str, Any]:
    """Return what another process needs to know of an instance."""
    return {
        "url": instance.url,
        "work": str(instance.work),
        "is_ours": instance.is_ours,
        "document": str(instance.document),
        "environment": instance.environment,
        "log": str(instance.log),
        "replicas": [as_order(replica) for replica in instance.replicas],
    }


def from_order(order: dict[str, Any]) -> Instance:
    """Return the instance that an order speaks of."""
    instance = Instance(
        order["url"],
        Path(order["work"]),
        is_ours=order["is_ours"],
        document=Path(order["document"]),
        environment=order["environment"],
        log=Path(order["log"]),
    )
    instance.replicas = tuple(map(from_order, order["replicas"]))
    return instance
