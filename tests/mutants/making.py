"""The mutants that can be made of the reference, at the lines that requests run, and a sample of them."""

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from .record import SEED
from .serve import NO_OPERATION, ROOT

# Which operations run a line, for each line of each file.
Lines = Mapping[str, Mapping[str, Sequence[str]]]
# What is written here goes to the log, which no client reads.
LOGGING = ("impl/logs.py", "impl/edge/access_log.py", "impl/process/log_writing.py")
# The library leaves them alone too: `len(None)` is nothing but an error.
LEFT_ALONE = ("len", "isinstance")


@dataclass(frozen=True)
class Place:
    """A node of a file's code that an operator of the library can change, in one or in several ways."""

    file: str
    line: int
    column: int
    operator: str
    number: int
    node: libcst.CSTNode
    changed: libcst.CSTNode
    operations: tuple[str, ...]
    code: str

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}:{self.column} {self.operator} {self.number}"

    @property
    def rank(self) -> tuple[str, str]:
        """Its place in the draw, which neither other places nor a line that is added above it can change."""
        drawn_by = f"{SEED} {self.file} {self.code} {self.column} {self.operator} {self.number}"
        return hashlib.sha256(drawn_by.encode()).hexdigest(), self.name


class Module:
    """A file of the reference, and what can be changed in it."""

    def __init__(self, file: str, text: str | None = None) -> None:
        self.file = file
        self.text = (ROOT / file).read_text(encoding="utf-8") if text is None else text
        self.wrapper = MetadataWrapper(libcst.parse_module(self.text))
        self.positions = self.wrapper.resolve(PositionProvider)

    @property
    def name(self) -> str:
        """The name by which it is imported."""
        return ".".join(Path(self.file).with_suffix("").parts).removesuffix(".__init__")

    def places(self, lines: Mapping[str, Sequence[str]]) -> Iterator[Place]:
        """Yield what can be changed where requests run the line."""
        counted = Counter[tuple[int, int, str]]()
        codes = self.text.splitlines()
        for node in walk(self.wrapper.module):
            position = self.positions.get(node)
            # An operator such as `and` has no position of its own where it stands in spaces alone.
            if position is None or str(position.start.line) not in lines:
                continue
            line, column = position.start.line, position.start.column
            operations = tuple(name for name in lines[str(line)] if name != NO_OPERATION)
            for kind, operator in mutation_operators:
                for changed in operator(node) if isinstance(node, kind) else ():
                    key = (line, column, operator.__name__.removeprefix("operator_"))
                    counted[key] += 1
                    yield Place(self.file, *key, counted[key], node, changed, operations, codes[line - 1].strip())

    def mutated(self, place: Place) -> str:
        """Return the text of the file with one change."""
        changed = self.wrapper.module.deep_replace(place.node, place.changed)
        assert isinstance(changed, libcst.Module)
        return str(changed.code)


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the lines before and after it, and the operations whose requests run the line."""

    name: str
    module: str
    text: str
    before: str
    after: str
    operations: tuple[str, ...]

    @cached_property
    def file(self) -> str:
        return self.name.partition(":")[0]


def walk(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    """Yield a node and all below it, without what is run when the module is imported or says nothing to a client."""
    if is_left_alone(node):
        return
    yield node
    for child in node.children:
        yield from walk(child)


def is_left_alone(node: libcst.CSTNode) -> bool:
    match node:
        case libcst.Annotation() | libcst.Decorator():
            return True
        case libcst.Call(func=libcst.Name(value=name)):
            return name in LEFT_ALONE
        case libcst.Call(func=libcst.Attribute(value=libcst.Name(value="log" | "logging"))):
            return True
    return False


def sample(lines: Lines, count: int) -> list[Mutant]:
    """Return mutants drawn by a fixed seed; a greater count has those of a smaller one and more."""
    modules = {file: Module(file) for file in sorted(lines) if file not in LOGGING}
    places = [place for file, module in modules.items() for place in module.places(lines[file])]
    places.sort(key=lambda place: place.rank)
    found: dict[tuple[str, str], Mutant] = {}
    for place in places:
        if len(found) == count:
            break
        mutant = mutant_of(modules[place.file], place)
        if mutant is not None:
            found.setdefault((mutant.module, mutant.text), mutant)
    return list(found.values())


def mutant_of(module: Module, place: Place) -> Mutant | None:
    """Return the mutant; None where it changes nothing, or is no Python any more."""
    text = module.mutated(place)
    try:
        compile(text, module.file, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    before, after = changed_lines(module.text, text)
    if not (before or after):
        return None
    return Mutant(place.name, module.name, text, before, after, place.operations)


def changed_lines(before: str, after: str) -> tuple[str, str]:
    """Return the lines that differ, as they were and as they are, each in one line."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[3:]
    old, new = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return " ".join(old), " ".join(new)
