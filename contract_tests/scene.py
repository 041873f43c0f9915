"""The scene of an experiment: an instance with its people, and what a law may ask for by name."""

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from .accounts import Accounts
from .client import Client
from .collection import Collection
from .config import Config, SetUpError
from .document import Document
from .instance import Instance
from .ledger import Ledger
from .limits import Limits
from .operation import Operation, is_creator
from .rule import NotChecked, Rule, Violation
from .samples import Samples
from .script import Script
from .shelf import Shelf


class Stage:
    """One instance with its client, accounts and items."""

    def __init__(
        self, instance: Instance, document: Document, config: Config, ledger: Ledger, *, patience: float
    ) -> None:
        # An instance of ours is always the same; a server that outlives the run needs fresh values.
        run = "1357924680" if instance.process else f"{time.time_ns() // 1000000}"
        self.instance = instance
        self.ledger = ledger
        self.document = document
        self.script = Script()
        self.script.define("RUN", run, "$(date +%s)")
        origin = instance.url.removesuffix(document.base_path)
        self.script.define("BASE", origin, f"${{BASE:-{origin.replace('127.0.0.1', 'localhost')}}}")
        self.samples = Samples(document, run)
        self.client = Client(instance.url, ledger, patience)
        self.accounts = Accounts(document, self.client, self.samples, self.script, config, instance)
        self.shelf = Shelf(document, self.client, self.accounts, self.samples, self.script)

    def preflight(self) -> None:
        """
        Make two users and let the first create something, if the document has something to create.

        Raises SetUpError, whose one line says what to mend, where that does not work.
        """
        try:
            a, b = self.accounts.a, self.accounts.b
            if a.token == b.token and self.accounts.are_needed:
                raise SetUpError("two users got one token: identities cannot be told apart, mend the log-in")
            for creator in list(filter(is_creator, self.document.operations))[:1]:
                self.shelf.plant(creator, a)
        except (NotChecked, Violation) as problem:
            raise SetUpError(f"the target is not ready to be checked: {problem}") from problem


@dataclass(eq=False)
class Scene:
    """What laws can ask for by argument name, beside what the stage has, for one operation."""

    operation: Operation
    stage: Stage
    documented: Callable[[], Stage]

    @cached_property
    def collection(self) -> Collection:
        return Collection(self.operation, self.stage.shelf)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.operation, self.stage.shelf)

    @property
    def has_clock(self) -> bool:
        """Whether time can be moved."""
        return self.documented().instance.clock is not None

    @cached_property
    def clock(self) -> Stage:
        """The stage whose time can be moved."""
        stage = self.documented()
        if stage.instance.clock is None:
            raise NotChecked("no clock")
        return stage

    def play(self, rule: Rule) -> str:
        """Run an experiment; return what it says was left unchecked."""
        assert rule.function is not None
        names = inspect.signature(rule.function).parameters
        there = {**vars(self.stage), "scene": self}
        said: str | None = rule.function(**{name: there.get(name) or getattr(self, name) for name in names})
        return said or ""
