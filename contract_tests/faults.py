"""The command that proves the suite: every rule has to catch every fault beside it."""

import argparse
import copy
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
import yaml

from .config import Config, SetUpError
from .document import Document, DocumentError
from .fault import Faulty
from .instance import Instance, filled, free_port
from .rule import Rule, Violation
from .run import FROM_CAMPAIGN, Options, Run
from .serve import load
from .target import Target, find_config
from .verdict import SET_UP_ERROR, Finding, Verdict


class InProcess(Target):
    """The target twice in this process, relaxed and as documented, each with room for a fault."""

    def __init__(self, name: str, config: Config, document: Document, work: Path) -> None:
        super().__init__(name, config, document)
        self.work = work
        self.faulty: list[Faulty] = []
        self.servers: list[tuple[uvicorn.Server, threading.Thread]] = []
        relaxed = yaml.safe_dump(document.relaxed(), sort_keys=False, allow_unicode=True)
        self.launched["experiments"] = self.launched["campaign"] = self.serve("relaxed", relaxed)
        self.launched["documented"] = self.serve("documented", document.path.read_text(encoding="utf-8"))

    def serve(self, name: str, text: str) -> Instance:
        work = self.work / name
        work.mkdir()
        (work / "openapi.yaml").write_text(text, encoding="utf-8")
        port = free_port()
        places = {"work": str(work), "document": str(work / "openapi.yaml"), "port": str(port)}
        os.environ |= {key: filled(value, places) for key, value in self.config.environment.items()}
        try:
            self.faulty.append(Faulty(load(self.name)))
        except (ImportError, AttributeError) as problem:
            raise SetUpError(f"{self.name} cannot be loaded: {problem}") from problem
        settings = uvicorn.Config(self.faulty[-1], port=port, http="h11", proxy_headers=False, log_level="critical")
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        self.servers.append((server, thread))
        while not server.started:
            if not thread.is_alive():
                raise SetUpError(f"{self.name} does not start: run it by itself to see why")
            time.sleep(0.02)
        instance = Instance(f"http://127.0.0.1:{port}{self.document.base_path}", work)
        instance.environment, instance.document = dict(os.environ), work / "openapi.yaml"
        return instance

    def put_in(self, fault: Any) -> None:
        for faulty in self.faulty:
            faulty.put_in(fault)

    @property
    def changed(self) -> int:
        return sum(faulty.changed for faulty in self.faulty)

    def stop(self) -> None:
        for server, thread in self.servers:
            server.should_exit = True
            thread.join(5)


def prove(rule: Rule, honest: Run, target: InProcess) -> Iterator[tuple[str, str]]:
    """Yield each fault of a rule with what became of it: `caught`, or why not."""
    found = verdicts(rule, honest)
    worst = max(found, key=lambda finding: finding.verdict, default=None)
    if worst is None:
        return
    if worst.verdict >= Verdict.FAILED:
        yield "honest", f"the honest target fails {worst.operation_id}: {worst.observed or worst.reason}"
        return
    for fault in rule.faults:
        bent = copy.copy(honest)  # on the same stages, with the same accounts
        forget(bent, fresh_accounts=rule.kind == "experiment")
        target.put_in(fault)
        try:
            failed = any(f.verdict in (Verdict.FAILED, Verdict.WARNED) for f in verdicts(rule, bent))
            changed = target.changed
        except SetUpError as problem:
            yield fault.__name__, f"not caught: it broke the set-up: {problem}"
            continue
        finally:
            target.put_in(None)
            forget(bent)
        yield fault.__name__, "caught" if failed and changed else "not caught" if changed else "changed no answer"


def forget(run: Run, *, fresh_accounts: bool = False) -> None:
    """Make a run forget what it saw; its accounts too where a fault has to see them sign in."""
    vars(run).pop("campaign", None)
    for stage in run.stages:
        stage.ledger.forget()
        for name in ("a", "b") if fresh_accounts else ():
            vars(stage.accounts).pop(name, None)


def verdicts(rule: Rule, run: Run) -> list[Finding]:
    """Check a rule, and stop at the first operation that fails it."""
    found: list[Finding] = []
    for operation in run.operations(rule):
        found += run.check(rule, operation)
        if found and found[-1].verdict >= Verdict.FAILED:
            break
    return found


def prove_document(rule: Rule, document: Document, work: Path) -> Iterator[tuple[str, str]]:
    """Yield each mutation of the document with what became of it."""
    keys = document.path.with_name("x-keys.schema.json")
    if keys.is_file():
        shutil.copy(keys, work)
    for fault in rule.faults:
        raw = copy.deepcopy(document.raw)
        fault(raw)
        (work / "openapi.yaml").write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
        try:
            assert rule.function is not None
            rule.function(Document.load(work / "openapi.yaml"))
            yield fault.__name__, "not caught"
        except (Violation, DocumentError):
            yield fault.__name__, "caught"


def neighbours(document: Document) -> tuple[str, ...]:
    """Return the operations that make, read and delete the first thing that can be made: enough for most faults."""
    maker = next((o for o in document.operations if "201" in o.responses and o.secured), None)
    if maker is None:
        return ()
    items = [o for o in document.operations if o.path.startswith(f"{maker.path}/") and o.method in ("GET", "DELETE")]
    return (maker.id, *(operation.id for operation in items))


def main(arguments: list[str] | None = None) -> int:
    """Run the command: 0 where every fault was caught, 1 where one was not, 2 for a set-up error."""
    parser = argparse.ArgumentParser(prog="contract_tests.faults", description=__doc__)
    parser.add_argument("--target", default="impl:create_app", help="import string (default impl:create_app)")
    parser.add_argument("--config", metavar="FILE", help="the target's contract.toml")
    parser.add_argument(
        "--rule", action="append", default=[], metavar="ID", help="only this rule's faults (repeatable)"
    )
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as work:
        try:
            results = list(results_of(given, Path(work)))
        except (SetUpError, DocumentError) as problem:
            print(f"contract_tests.faults: {problem}", file=sys.stderr)
            return SET_UP_ERROR
    caught = sum(result == "caught" for result in results)
    print(f"{caught} of {len(results)} caught")
    return int(caught != len(results) or not results)


def results_of(given: argparse.Namespace, work: Path) -> Iterator[str]:
    from . import rules  # noqa: F401  (importing the package registers the rules)

    config = find_config(given.target, given.config)
    document = Document.load(config.document)
    target = InProcess(given.target, config, document, work)
    few = Options(given.target, operations=neighbours(document), fast=True)
    everywhere = Run(Options(given.target), document, config, target)
    nearby = Run(few, document, config, target)
    try:
        for rule in Run(Options(given.target, rules=tuple(given.rule)), document, config, target).rules():
            run = nearby if rule.kind in FROM_CAMPAIGN else everywhere
            results = prove_document(rule, document, work) if rule.kind == "document" else prove(rule, run, target)
            started = time.monotonic()
            for name, result in results:
                print(f"{rule.id:<10} {name:<48} {result}  {time.monotonic() - started:.1f} s", flush=True)
                started = time.monotonic()
                yield result
    finally:
        everywhere.stop()
        nearby.stop()


if __name__ == "__main__":
    sys.exit(main())
