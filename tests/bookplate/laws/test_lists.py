"""Laws on lists that are narrowed, ordered and cut: each defect is found, and no habit of a conformant service is one."""

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookplate.contract.document import Document
from bookplate.fixtures import Collection, Session
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Law
from bookplate.laws.notes import noted
from bookplate.laws.observer import Observer
from bookplate.target.config import Config
from bookplate.target.instance import Instance
from bookplate.wire.outcomes import NotChecked, Violation
from tests.fakes import FOLDER
from tests.fakes.letters import Letters
from tests.fakes.serving import opened

CATALOGUE = Catalogue.shipped()
OF_LISTS = [law for law in CATALOGUE if law.id.startswith("PAGE")] + [CATALOGUE["CACHE-03"]]
LIST = "list_letters"


@contextmanager
def session_of(
    bent: str, folder: Path, *, is_told: bool, document: Path = FOLDER / "letters.yaml"
) -> Iterator[Session]:
    """Serve letters with a defect or a habit, checked with their overlay or by their document alone."""
    promised = Document.load(document, FOLDER / "letters_told.yaml" if is_told else None)
    settings = folder / "bookplate.toml"
    settings.write_text("", encoding="utf-8")
    with opened(Letters(bent)) as url:
        session = Session(Instance(url), promised, Config.read(settings), Observer(promised, []), patience=1)
        yield session
        session.client.close()


def said_by(law: Law, session: Session) -> tuple[str, bool]:
    """Return what a law says of the list, and whether it rests on a guess."""
    operation = session.document.operation(LIST)
    given: dict[str, Any] = {"operation": operation, "resources": session.resources, "users": session.users}
    asked = inspect.signature(law.function).parameters
    with noted() as notes:
        try:
            if "collection" in asked:
                given["collection"] = Collection(operation, session.resources)
            law.function(**{name: value for name, value in given.items() if name in asked})
        except Violation as problem:
            return problem.observed, bool(notes.guesses)
        except NotChecked as problem:
            return f"not checked: {problem}", bool(notes.guesses)
    return "passed" if notes.judged else "nothing was judged", bool(notes.guesses)


# ── Conformant lists ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "habit",
    [
        "",
        "beyond the end is 404",
        "senders in one Unicode form",
        "nothing below zero, and no time that is past",
    ],
)
def test_an_honest_list_passes_each_law(habit: str, tmp_path: Path) -> None:
    with session_of(habit, tmp_path, is_told=True) as session:
        said = {law.id: said_by(law, session)[0] for law in OF_LISTS if law.applies(session.document.operation(LIST))}

    assert {name: text for name, text in said.items() if text != "passed"} == {}
    assert said.keys() >= {f"PAGE-{number:02}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 10, 13)}


@pytest.mark.parametrize(
    "habit",
    ["", "beyond the end is 404", "senders in any case", "accents count for nothing", "searches look for words"],
)
def test_an_honest_list_is_no_alarm_where_all_is_guessed(habit: str, tmp_path: Path) -> None:
    with session_of(habit, tmp_path, is_told=False) as session:
        said = {law.id: said_by(law, session)[0] for law in OF_LISTS if law.applies(session.document.operation(LIST))}

    assert {name: text for name, text in said.items() if text != "passed"} == {}
    assert said.keys() >= {f"PAGE-{number:02}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 10, 13)}


def test_a_list_that_shows_the_last_change_first_is_no_alarm_where_no_order_is_declared(tmp_path: Path) -> None:
    with session_of("the last change first", tmp_path, is_told=False) as session:
        said, _ = said_by(CATALOGUE["PAGE-10"], session)

    assert said == "not checked: the order may rest on 'changed', which a change moves: write `order` in x-pagination"


# ── Defects ───────────────────────────────────────────────────────────────────────────────────────────────────────────
DEFECTS = [
    ("numbers are sorted as texts", "PAGE-05", "in the order that is asked for with sort=pages"),
    ("numbers are sorted without their sign", "PAGE-05", "in the order that is asked for with sort=pages"),
    ("times are texts", "PAGE-05", "in the order that is asked for with sort=read_at"),
    ("times are texts", "PAGE-08", "a search for read_at_min=20"),
    ("a sort forgets filters", "PAGE-08", "& sort=pages finds the items"),
    ("of two filters one counts", "PAGE-08", "label=Tie a & min_pages="),
    ("filters come after paging", "PAGE-08", "a search for label=Tie b finds the items: none"),
    ("bounds are left out", "PAGE-08", "a search for min_pages="),
    ("one of several states counts", "PAGE-08", "a search for state=draft,sent"),
    ("unknown senders find all", "PAGE-08", "a search for sender=Nobody"),
    ("totals are those of the page", "PAGE-08", "totals on the pages of a search for "),
    ("totals are those of the page", "PAGE-04", "totals on pages of"),
    ("totals forget filters", "PAGE-04", "totals"),
    ("a label within a label", "PAGE-09", "finds what does not match"),
    ("searches are patterns", "PAGE-09", ""),
    ("the last page is empty", "PAGE-06", "the link last in Link of page"),
    ("a full page leads on", "PAGE-01", "pages of"),
    ("beyond the end is the last page", "PAGE-03", "a page behind all items, page="),
    ("beyond the end is the last page", "PAGE-06", "a page beyond the last one shows the items"),
    ("any size with a sort", "PAGE-03", "sort=subject & per_page=31"),
    ("a change moves it to the front", "PAGE-10", "items"),
    ("a change moves it to the end", "PAGE-10", "items of a walk in which"),
    ("filters know letters as they were made", "PAGE-13", "does not find the item after"),
    ("searches find by what was", "PAGE-13", "finds the item after 'subject' was changed by PUT"),
]
TOLD_ALONE = [
    ("senders in any case", "PAGE-09", "finds what does not match"),
    ("accents count for nothing", "PAGE-09", "finds what does not match"),
    ("searches take case into account", "PAGE-09", "does not find"),
]


@pytest.mark.parametrize(("defect", "law", "observed"), [*DEFECTS, *TOLD_ALONE])
def test_a_defect_of_a_list_is_found(defect: str, law: str, observed: str, tmp_path: Path) -> None:
    with session_of(defect, tmp_path, is_told=True) as session:
        said, is_guess = said_by(CATALOGUE[law], session)

    assert observed in said
    assert not said.startswith(("passed", "not checked", "nothing"))
    assert not is_guess


@pytest.mark.parametrize(("defect", "law", "observed"), DEFECTS)
def test_a_defect_of_a_list_warns_where_all_is_guessed(defect: str, law: str, observed: str, tmp_path: Path) -> None:
    with session_of(defect, tmp_path, is_told=False) as session:
        said, is_guess = said_by(CATALOGUE[law], session)

    assert not said.startswith(("passed", "not checked", "nothing"))
    assert is_guess


# ── Content in a wrapper ──────────────────────────────────────────────────────────────────────────────────────────────
def wrapped(folder: Path) -> Path:
    """Write a document of letters that stand in an object of their own, in what is sent and in what is shown."""
    raw = yaml.safe_load((FOLDER / "letters.yaml").read_text(encoding="utf-8"))
    for name in ("NewLetter", "Letter"):
        inner = raw["components"]["schemas"].pop(name)
        raw["components"]["schemas"] |= {
            f"Plain{name}": inner,
            name: {"type": "object", "required": ["letter"], "properties": {"letter": inner}},
        }
    content = raw["paths"]["/letters"]["get"]["responses"]["200"]["content"]
    content["application/json"]["schema"]["items"] = {"$ref": "#/components/schemas/PlainLetter"}
    file = folder / "letters.json"
    file.write_text(json.dumps(raw), encoding="utf-8")
    return file


@pytest.mark.parametrize("is_told", [True, False])
def test_what_a_list_is_narrowed_by_is_sent_in_the_wrapper_of_the_content(is_told: bool, tmp_path: Path) -> None:
    with session_of("wrapped", tmp_path, is_told=is_told, document=wrapped(tmp_path)) as session:
        said = {law.id: said_by(law, session)[0] for law in OF_LISTS if law.applies(session.document.operation(LIST))}

    assert {name: text for name, text in said.items() if text != "passed"} == {}
    assert {"PAGE-01", "PAGE-05", "PAGE-08", "PAGE-09", "PAGE-10", "CACHE-03"} <= said.keys()
