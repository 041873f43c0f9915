"""One law after the other on one service: what each says of the operations that it applies to."""

import inspect
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bookplate.contract import Operation
from bookplate.contract.document import Document
from bookplate.fixtures import Session
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Law
from bookplate.laws.notes import Notes, noted
from bookplate.laws.observer import Observer
from bookplate.target.config import Config
from bookplate.target.instance import Instance
from bookplate.wire.outcomes import NotChecked, Violation
from tests.fakes.serving import Service, opened

CATALOGUE = Catalogue.shipped()


@dataclass
class Trial:
    """A session on a service, and what was noted of each law and operation."""

    session: Session
    notes: dict[tuple[str, str], Notes] = field(default_factory=dict)

    def __call__(self, law_id: str) -> dict[str, str]:
        """Return what a law says of each operation: passed, warned or what was observed, or why it was not checked."""
        law = CATALOGUE[law_id]
        suited = [each for each in self.session.document.operations if law.applies(each)]
        return {operation.id: self._outcome(law, operation) for operation in suited}

    def _outcome(self, law: Law, operation: Operation) -> str:
        asked = inspect.signature(law.function).parameters
        resources = self.session.resources
        given: dict[str, Any] = {"operation": operation, "resources": resources, "users": self.session.users}
        with noted() as notes:
            self.notes[law.id, operation.id] = notes
            try:
                law.function(**{name: value for name, value in given.items() if name in asked})
            except Violation as problem:
                return f"{'guess: ' if notes.guesses else ''}{problem.observed}"
            except NotChecked as problem:
                return f"not checked: {problem}"
        return "passed" if notes.judged else "nothing was judged"


@contextmanager
def trial_of(service: Service, document: Mapping[str, Any], accounts: str, folder: Path) -> Iterator[Trial]:
    """Serve as long as this block lasts, and yield a trial on it."""
    settings = folder / "bookplate.toml"
    settings.write_text(accounts, encoding="utf-8")
    promised = Document("document.json", json.loads(json.dumps(document)), {})
    with opened(service) as url:
        session = Session(Instance(url), promised, Config.read(settings), Observer(promised, []), patience=1)
        try:
            yield Trial(session)
        finally:
            session.client.close()
