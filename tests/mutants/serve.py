"""
Serve the reference with one mutated module, or tell which operation runs which of its lines.

`python -m tests.mutants.serve --port N --mutant FILE` or `--lines FOLDER`. No file of the reference is changed: the text
of the mutated module takes the place of its file when it is imported.
"""

import argparse
import asyncio
import ctypes
import json
import os
import re
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from bookplate.contract.document import Document
from bookplate.target.serve import load, run

REFERENCE = "impl:create_app"
ROOT = Path(__file__).parent.parent.parent
# An endless loop burns time of the processor, and a list that grows for ever takes memory: both have an end.
SECONDS_OF_PROCESSOR = 300
BYTES_OF_MEMORY = 4 << 30
PR_SET_PDEATHSIG = 1
NO_OPERATION = "no operation"
SECONDS_TO_WRITE = 30.0
SECONDS_ALONE = 2.0  # that a request waits for the one before it


class Mutated(SourceFileLoader):
    """Loads a module from a text that differs from its file."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType | None:
        code: CodeType = compile(self.text, self.path, "exec", dont_inherit=True)
        return code


class OneModule(MetaPathFinder):
    """Finds one module, and leaves all others to those who find modules otherwise."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = Mutated(fullname, spec.origin, self.text)
        return spec


class Counting:
    """
    An application around another: lets one request in at a time, and says whose lines are counted meanwhile.

    What was counted is written from time to time: a server that takes long to end is killed.
    """

    def __init__(self, app: Any, counted: Any, document: Document, write: Callable[[], None]) -> None:
        self.app = app
        self.write = write
        self.written = time.monotonic()
        self.counted = counted
        self.turn = asyncio.Lock()
        self.operations = [
            (each.method, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", document.base_path + each.path)), each.id)
            for each in document.operations
        ]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        is_alone = scope["type"] == "http" and await self.gets_turn()
        if not is_alone:
            await self.app(scope, receive, send)
            return
        self.counted.switch_context(self.operation_of(scope))
        try:
            await self.app(scope, receive, send)
        finally:
            self.counted.switch_context("")
            if time.monotonic() - self.written > SECONDS_TO_WRITE:
                self.write()
                self.written = time.monotonic()
            self.turn.release()

    async def gets_turn(self) -> bool:
        """Wait for the request before this one, but not for ever: what is slow on purpose may come last."""
        with suppress(TimeoutError):
            return await asyncio.wait_for(self.turn.acquire(), SECONDS_ALONE)
        return False

    def operation_of(self, scope: dict[str, Any]) -> str:
        asked = next((v for n, v in scope["headers"] if n.lower() == b"access-control-request-method"), b"GET")
        method = {"HEAD": "GET", "OPTIONS": asked.decode("latin-1")}.get(scope["method"], scope["method"])
        for known, path, name in self.operations:
            if known == method and path.fullmatch(scope["path"]):
                return name
        return NO_OPERATION


def end_with_parent() -> None:
    """Let this process end in any case with the one that started it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_in_any_case() -> None:
    """Let this process end with the one that started it, and after a time of the processor."""
    end_with_parent()
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_OF_PROCESSOR, SECONDS_OF_PROCESSOR))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_OF_MEMORY, BYTES_OF_MEMORY))


def serve_mutant(file: Path, port: int) -> None:
    """Serve the reference with the module that a file names and has the text of."""
    end_in_any_case()
    mutant = json.loads(file.read_text(encoding="utf-8"))
    sys.meta_path.insert(0, OneModule(mutant["module"], mutant["text"]))
    run(load(REFERENCE), port)


def serve_counting(folder: Path, port: int) -> None:
    """Serve the reference, and write which operation has run which line when the process ends."""
    from coverage import Coverage

    counted = Coverage(data_file=None, source=[str(ROOT / "impl")], config_file=False)
    counted.start()
    document = Document.load(os.environ["OPENAPI_DOCUMENT"])
    app = load(REFERENCE)
    folder.mkdir(parents=True, exist_ok=True)

    def write() -> None:
        new = folder / f"{os.getpid()}.new"
        new.write_text(json.dumps(lines_of(counted.get_data())), encoding="utf-8")
        new.replace(new.with_suffix(".json"))

    # The server is told to end by a signal, which would end this process before it has written anything.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    try:
        run(Counting(app, counted, document, write), port)
    finally:
        write()


def lines_of(data: Any) -> dict[str, dict[int, list[str]]]:
    """Return for each file and line the operations whose requests have run it."""
    found: dict[str, dict[int, list[str]]] = defaultdict(dict)
    for file in sorted(data.measured_files()):
        for line, contexts in sorted(data.contexts_by_lineno(file).items()):
            operations = sorted(set(contexts) - {""})
            if operations:
                found[str(Path(file).relative_to(ROOT))][line] = operations
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--mutant", type=Path, metavar="FILE", help="JSON with the name of a module and its text")
    what.add_argument("--lines", type=Path, metavar="FOLDER", help="where to write which operation ran which line")
    given = parser.parse_args()
    if given.mutant:
        serve_mutant(given.mutant, given.port)
    else:
        serve_counting(given.lines, given.port)


if __name__ == "__main__":
    main()
