"""The catalogue: every law that was found in folders of laws."""

import importlib.machinery
import importlib.util
import re
import sys
import traceback
import types
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from .law import FIRST, Invariant, Law, law_of
from .verdict import MUST, SHOULD

# The version of the catalogue that this release of the engine ships. A release that brings laws raises it.
VERSION = "1.0"
# PAGE-01 stands in page_01_every_item_exactly_once.py.
FILES = "*_[0-9][0-9]_*.py"
NAMES = "a file of laws is named as page_01_every_item_exactly_once.py"
PACKAGE = "bookplate_laws"
PACKAGE_FOLDER = Path(__file__).parents[1]
LAWS = "contract_tests"


class CatalogueError(Exception):
    """Laws cannot be loaded; the message is one line that names the file and the remedy."""


class Catalogue:
    """
    Laws in the order of their ids; `folders` are where they were found.

    `pinned` is the version that the settings ask for, None where they name none. Where it `is_strict`, what rests on
    a guess fails as what is declared does.
    """

    is_strict = False

    def __init__(self, laws: Iterable[Law], folders: Iterable[Path] = (), pinned: str | None = None) -> None:
        self.folders = tuple(folders)
        self.pinned = pinned
        self._laws: dict[str, Law] = {}
        for law in laws:
            if known := self._laws.get(law.id):
                raise CatalogueError(f"{law.path}: {law.id} is declared in {known.path} too: give it another id")
            self._laws[law.id] = law
        self._laws = dict(sorted(self._laws.items()))

    def __iter__(self) -> Iterator[Law]:
        return iter(self._laws.values())

    def __len__(self) -> int:
        return len(self._laws)

    def __contains__(self, law_id: object) -> bool:
        return law_id in self._laws

    def __getitem__(self, law_id: str) -> Law:
        return self._laws[law_id]

    def for_check(self, check: str) -> Law | None:
        """Return the law that a check of schemathesis reports under."""
        return next((law for law in self if check in law.checks), None)

    def until(self, version: str) -> "Catalogue":
        """Return the laws that this version of the catalogue had; raises CatalogueError where it is no version."""
        if re.fullmatch(r"\d+\.\d+", version) is None:
            raise CatalogueError(f"'{version}' is no version of the catalogue: write two numbers, such as 1.0")
        known = (law for law in self if numbers(law.since) <= numbers(version))
        return Catalogue(known, self.folders, pinned=version)

    def level(self, law: Law, guesses: Sequence[str] = ()) -> str:
        """
        Return MUST where a violation fails the run, SHOULD where it warns: by its own level, or as the law is new.

        What rests on `guesses`, which nobody has declared, warns too, unless they are taken strictly.
        """
        is_guess = bool(guesses) and not self.is_strict
        return SHOULD if is_guess or self.is_on_trial(law) else law.level

    def is_on_trial(self, law: Law) -> bool:
        """
        Tell whether a MUST only warns, as the current version of the catalogue brought it.

        It fails from the next version on, and where the settings pin the catalogue: a pin asks for these very laws. The
        laws of the first version are new to nobody.
        """
        is_new = numbers(law.since) == numbers(VERSION) and law.since != FIRST
        return is_new and law.level == MUST and self.pinned is None

    def noted(self, law: Law, observed: str) -> str:
        """Return what was observed of a violation; where the law is new, with the version from which it fails."""
        if not self.is_on_trial(law):
            return observed
        major, minor = numbers(law.since)
        following = f"{major}.{minor + 1}"
        return f'{observed} (new in catalogue {law.since}: fails from {following} on, or with laws = "{law.since}")'

    @classmethod
    def load(cls, *folders: Path) -> "Catalogue":
        """
        Return the laws in the files of these folders.

        Raises CatalogueError for a folder without laws, a file that cannot be imported, a name that does not say
        which law stands there, and an id that stands twice.
        """
        return cls((law for folder in folders for law in laws_in(folder)), folders)

    @classmethod
    def shipped(cls) -> "Catalogue":
        """Return the laws that come with the engine."""
        return cls.with_own()

    @classmethod
    def with_own(cls, folders: Iterable[Path] = ()) -> "Catalogue":
        """Return the laws that come with the engine, and those of a team's own folders; raises as `load` does."""
        return cls.load(shipped_folder(), *folders)


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def shipped_folder() -> Path:
    """Return the folder of the laws: inside the installed package, or beside it in a clone."""
    return PACKAGE_FOLDER.with_name(LAWS) if is_clone() else PACKAGE_FOLDER / LAWS


def is_clone() -> bool:
    """Whether the engine runs from a clone of its repository, which has laws and reference beside it."""
    return not (PACKAGE_FOLDER / LAWS).is_dir()


def laws_in(folder: Path) -> list[Law]:
    """Return the laws of a folder; CatalogueError where it has none, or something in it would not be tried."""
    files = sorted(folder.rglob(FILES))
    for other in sorted({path for place in {folder, *(file.parent for file in files)} for path in place.glob("*.py")}):
        if other not in files and other.name != "conftest.py" and not other.name.startswith("_"):
            raise CatalogueError(f"{other}: {NAMES}; what laws share stands in _shared.py")
    laws = [law for file in files for law in laws_of_file(file)]
    if not laws:
        raise CatalogueError(f"{folder} holds no laws: {NAMES}")
    for law in laws:
        refuse_wrong_names(law)
    return laws


def refuse_wrong_names(law: Law) -> None:
    """Raise CatalogueError where a law's file is not named after it, or its function is not named after its file."""
    start = f"{law.id.lower().replace('-', '_')}_"
    if not law.path.name.startswith(start):
        raise CatalogueError(f"{law.path}: {law.id} stands in it: name it {start}<what_the_law_says>.py")
    name, slug = law.function.__name__, law.path.stem.removeprefix(start)
    # pytest collects what is called `test_`; an invariant is called by the plugin alone.
    expected = slug if isinstance(law, Invariant) else f"test_{slug}"
    if name != expected:
        raise CatalogueError(f"{law.path}: {law.id} is the function {name}: name it {expected}, after its file")


def laws_of_file(path: Path) -> list[Law]:
    """Return the laws that a file declares; CatalogueError where it cannot be imported."""
    try:
        module = module_of(path.resolve())
    except Exception as problem:
        place = f"{path}{line_in(path.resolve(), problem)}"
        raise CatalogueError(f"{place}: cannot be imported: {type(problem).__name__}: {problem}") from problem
    return [
        law for value in vars(module).values() if (law := law_of(value)) and law.function.__module__ == module.__name__
    ]


def line_in(path: Path, problem: Exception) -> str:
    """Return `:line` of the last line in a file that led to a problem; nothing where none did."""
    if isinstance(problem, SyntaxError) and problem.filename == str(path):
        return f":{problem.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(path)]
    return f":{lines[-1]}" if lines else ""


@cache
def module_of(path: Path) -> types.ModuleType:
    """Import a file of laws, once; its folder is a package of its own, so that `from ._shared import ...` works."""
    package = package_of(path.parent)
    name = f"{package}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with no_bytecode():
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def no_bytecode() -> Iterator[None]:
    """Let Python keep nothing of what is imported: a folder of laws may be somebody's own, and read by several users."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@cache
def package_of(folder: Path) -> str:
    """Return the name of the package that stands for a folder, made where it is new."""
    number = package_of.cache_info().currsize
    name = f"{PACKAGE}_{number}_{folder.name}"
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    package.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
    sys.modules[name] = package
    return name
