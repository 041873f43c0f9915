"""Generated requests: who is ended by one of them is signed in anew, and what has ended somebody gets another user."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bookplate.contract.document import Document
from bookplate.fixtures import Session
from bookplate.fuzzing.generator import Scope, run_fuzzing
from bookplate.fuzzing.guard import Guard
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.generated import FuzzingResult
from bookplate.laws.law import Invariant
from bookplate.laws.observer import Observer
from bookplate.target.config import Config
from bookplate.target.instance import Instance
from tests.fakes.fragile import Fragile, served

NO_INVARIANTS = Catalogue(law for law in Catalogue.shipped() if not isinstance(law, Invariant))

COLOUR = "set_colour"


@contextmanager
def session_with(service: Fragile, folder: Path, left_out: dict[str, str] | None = None) -> Iterator[Session]:
    """Serve a service and yield what laws work with on it."""
    path = folder / "things.json"
    path.write_text(json.dumps(service.document), encoding="utf-8")
    document = Document.load(path)
    with served(service):
        session = Session(
            Instance(service.url), document, Config(), Observer(document, []), patience=1, left_out=left_out
        )
        yield session
        session.client.close()


def generate(session: Session, folder: Path, operations: tuple[str, ...], said: list[str]) -> FuzzingResult:
    """Generate a few requests for operations, as a run does; lines about users are added to `said`."""

    def look_after_users() -> bool:
        lines = session.look_after_users()
        said.extend(lines)
        return bool(lines)

    guard = Guard(session.client.left_out, session.resources.ends_caller, session.watch.look, look_after_users)
    scope = Scope(1, 6, operations, brief=True, guard=guard)
    return run_fuzzing(session.document, session.instance.url, session.users, NO_INVARIANTS, folder / "work", scope)


def test_who_was_ended_is_signed_in_anew_and_others_are_used_up_from_then_on(tmp_path: Path) -> None:
    service, said = Fragile(traps=("/preferences",)), list[str]()
    with session_with(service, tmp_path) as session:
        result = generate(session, tmp_path, (COLOUR, "create_thing"), said)

        assert set(said) == {"PUT /preferences ended the session of A, who was signed in anew"}
        assert COLOUR in session.watch.ending
        assert session.users.owner.token in service.tokens
    assert result.unfinished == ""
    assert result.observed[COLOUR, 200, "application/json"] > 1
    assert result.observed["create_thing", 201, "application/json"] > 0


def test_what_is_left_out_is_never_called(tmp_path: Path) -> None:
    service = Fragile()
    with session_with(service, tmp_path, {"delete_thing": "it is left alone"}) as session:
        result = generate(session, tmp_path, ("delete_thing", "get_thing"), [])

    assert result.problems["delete_thing"] == "it is left alone"
    assert not [path for method, path in service.sent if method == "DELETE" and path.startswith("/things/")]


def test_an_operation_that_needs_a_user_to_use_up_is_left_where_there_is_none(tmp_path: Path) -> None:
    service = Fragile(traps=("/preferences",), known={"ada": "token-of-ada"}, signs_up=False)
    with session_with(service, tmp_path) as session:
        session.watch.ending[COLOUR] = "it was seen"
        result = generate(session, tmp_path, (COLOUR,), [])

    assert "no operation has x-auth-role" in result.problems[COLOUR]
