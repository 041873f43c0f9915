"""Laws on services of many styles: what makes and lists things there is found, put to the test, and its defects too."""

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Operation
from bookplate.contract.document import Document
from bookplate.fixtures import Collection, Session
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Law
from bookplate.laws.notes import noted
from bookplate.laws.observer import Observer
from bookplate.target.config import Config
from bookplate.target.instance import Instance
from bookplate.wire.outcomes import NotChecked, Violation
from tests.fakes.lamps import Lamps, Paging, Style, lamps
from tests.fakes.lamps_document import document

CATALOGUE = Catalogue.shipped()
ACCOUNTS = '[accounts]\na = "token-of-ann"\nb = "token-of-bob"\n'

MAKING = {
    "200, wrapped": Style(status=200, wrapper="lamp", located=False),
    "200, in data": Style(status=200, wrapper="data"),
    "201": Style(),
    "202, a job, then the lamp": Style(status=202, later=True, shows=False),
    "204, a Location alone": Style(status=204, shows=False, key=""),
    "PUT on a name": Style(by_put=True, key="/slug", parameter="slug", located=False),
    "PUT on a name, 204": Style(by_put=True, status=204, shows=False, key="/slug", parameter="slug", located=False),
    "below a chain of parents": Style(parents=("halls", "rooms")),
    "PUT below a parent": Style(by_put=True, parents=("halls",), key="/name", parameter="lampName", located=False),
    "named by the end of the parameter": Style(status=200, key="/slug", parameter="lampSlug", located=False),
    "named one level down": Style(status=200, key="/meta/lampId", located=False),
    "a label that nobody has": Style(unique=("/label",)),
    "members at any depth that nobody has, 400": Style(unique=("/label", "/maker/email"), refuses_taken=400),
}
LAWS_OF_MAKING = (
    "STATE-01",
    "STATE-02",
    "STATE-03",
    "STATE-06",
    "STATE-07",
    "COND-02",
    "COND-03",
    "AUTHZ-01",
    "AUTHZ-02",
)

PAGES = Paging("page", "page", "per_page", first=1, next_in="header:Link", leads="url")
TOKENS = Paging("cursor", "page_token", "page_size", next_in="/next_page_token")
ITEMS = Paging("cursor", "starting_after", next_in="item:/id", more_in="/has_more")
LISTING = {
    "pages, a bare array, Link and X-Total-Count": Style(total_in="header:X-Total-Count", pagings=(PAGES,)),
    "pages from 0, HAL": Style(
        items="/_embedded/lamps",
        total_in="/page/totalElements",
        pagings=(Paging("page", "page", "size", next_in="/_links/next/href", leads="url"),),
    ),
    "pages, the next number in a field": Style(
        items="/results", total_in="/count", pagings=(replace(PAGES, next_in="header:X-Next-Page", leads="value"),)
    ),
    "offsets, a bare array, Content-Range": Style(
        total_in="header:Content-Range", pagings=(Paging("offset", "skip", "take"),)
    ),
    "offsets from 1, a URL in links": Style(
        items="/data",
        total_in="/meta/total",
        pagings=(Paging("offset", "startIndex", "count", first=1, next_in="/links/next", leads="url"),),
    ),
    "tokens, the resource's own name": Style(items="/lamps", pagings=(TOKENS,)),
    "cursors in a URL": Style(
        items="/items", pagings=(Paging("cursor", "after", next_in="/next", leads="url", more_in="/has_more"),)
    ),
    "cursors in Link": Style(pagings=(Paging("cursor", "since", next_in="header:Link", leads="url"),)),
    "the last item": Style(items="/data", pagings=(ITEMS,)),
    "the last item, named by a slug": Style(
        key="/slug", parameter="slug", pagings=(Paging("cursor", "after", next_in="item:/slug"),)
    ),
    "two ways": Style(
        items="/data",
        total_in="/total",
        pagings=(Paging("offset", "offset"), Paging("cursor", "cursor", next_in="/next_cursor")),
    ),
}
OF_LISTS = ("PAGE", "CURSOR")
# No parameter asks for the size of a page.
FIXED = {
    "numbers alone": Style(total_in="header:X-Total-Count", pagings=(Paging("page", "page", "", first=1, usual=2),)),
    "offsets alone": Style(items="/lamps", pagings=(Paging("offset", "from", "", usual=2),)),
    "a cursor alone": Style(items="/data", pagings=(Paging("cursor", "after", "", next_in="/next", usual=2),)),
}


@dataclass
class Trial:
    """A service in a style, and what the laws say of it."""

    session: Session
    service: Lamps

    def __call__(self, law: Law) -> dict[str, str]:
        """Return what a law says of each operation that it applies to: passed, not checked or what was observed."""
        suited = (
            next(filter(law.applies, operation.in_each_style()), None) for operation in self.session.document.operations
        )
        return {operation.id: self.outcome(law, operation) for operation in suited if operation is not None}

    def outcome(self, law: Law, operation: Operation) -> str:
        resources = self.session.resources
        asked = inspect.signature(law.function).parameters
        given: dict[str, Any] = {"operation": operation, "resources": resources, "users": self.session.users}
        given["config"] = self.session.config
        with noted() as notes:
            try:
                if "collection" in asked:
                    given["collection"] = Collection(operation, resources)
                law.function(**{name: value for name, value in given.items() if name in asked})
            except Violation as problem:
                return problem.observed
            except NotChecked as problem:
                return f"not checked: {problem}"
        return "passed" if notes.judged else "nothing was judged"


@contextmanager
def trial_of(style: Style, folder: Path) -> Iterator[Trial]:
    settings = folder / "bookplate.toml"
    settings.write_text(ACCOUNTS, encoding="utf-8")
    promised = Document("lamps.json", json.loads(json.dumps(document(style))), {})
    with lamps(style) as (url, service):
        observer = Observer(promised, [])
        session = Session(Instance(url), promised, Config.read(settings), observer, patience=1)
        yield Trial(session, service)
        session.client.close()


@pytest.mark.parametrize("name", MAKING)
def test_what_makes_things_is_put_to_the_test(name: str, tmp_path: Path) -> None:
    with trial_of(MAKING[name], tmp_path) as trial:
        # A name that a client has chosen may come again.
        laws = [law for law in LAWS_OF_MAKING if not (MAKING[name].by_put and law == "STATE-07")]
        said = {(law, operation): text for law in laws for operation, text in trial(CATALOGUE[law]).items()}

    assert {text for text in said.values() if text != "passed"} == set(), said
    maker = "change_lamp" if MAKING[name].by_put else "make_lamp"
    assert {
        ("STATE-01", maker),
        ("STATE-02", "change_lamp"),
        ("COND-02", "get_lamp"),
        ("AUTHZ-01", "get_lamp"),
    } <= said.keys()


@pytest.mark.parametrize("name", LISTING)
def test_what_lists_things_is_put_to_the_test(name: str, tmp_path: Path) -> None:
    laws = [law for law in CATALOGUE if law.id.startswith(OF_LISTS)]
    with trial_of(LISTING[name], tmp_path) as trial:
        said = {law.id: text for law in laws for text in trial(law).values()}

    assert {text for text in said.values() if text != "passed"} == set(), said
    styles = {paging.style for paging in LISTING[name].pagings}
    expected = {"PAGE-02", "PAGE-03", "PAGE-05"}
    expected |= {"PAGE-01"} if styles & {"page", "offset"} else set()
    expected |= {"PAGE-04"} if LISTING[name].total_in else set()
    expected |= {f"CURSOR-0{number}" for number in range(1, 7)} if "cursor" in styles else set()
    assert expected <= said.keys()


@pytest.mark.parametrize("name", FIXED)
def test_pages_with_a_size_of_their_own_are_walked(name: str, tmp_path: Path) -> None:
    laws = [law for law in CATALOGUE if law.id.startswith(OF_LISTS)]
    with trial_of(FIXED[name], tmp_path) as trial:
        said = {law.id: text for law in laws for text in trial(law).values()}
    with trial_of(replace(FIXED[name], defect="the last of a page is lost"), tmp_path) as trial:
        broken = {law.id: text for law in laws for text in trial(law).values()}

    walks = {"CURSOR-01", "CURSOR-02", "CURSOR-03"} if name == "a cursor alone" else {"PAGE-01", "PAGE-05"}
    assert {text for text in said.values() if text != "passed" and not text.startswith("not checked: ")} == set(), said
    assert {law for law, text in said.items() if text == "passed"} >= walks
    assert "have a size of their own" in said["PAGE-02"]
    # By offsets that follow what is shown, shorter pages are pages of another size.
    is_seen = any("is on no" in text or " times" in text for text in broken.values())
    assert is_seen == (name != "offsets alone"), broken


@pytest.mark.parametrize(
    ("name", "defect", "law", "observed"),
    [
        ("200, wrapped", "lamps are not kept", "STATE-01", "answered 404"),
        ("200, wrapped", "the watts are lost", "STATE-01", "otherwise than the answer to its creation"),
        ("204, a Location alone", "the watts are lost", "STATE-01", "'watts' was sent as"),
        ("202, a job, then the lamp", "the watts are lost", "STATE-01", "'watts' was sent as"),
        ("PUT on a name", "lamps are not kept", "STATE-01", "answered 404"),
        ("PUT on a name, 204", "the watts are lost", "STATE-01", "'watts' was sent as"),
        ("200, in data", "changes are forgotten", "STATE-02", "after PUT"),
        ("below a chain of parents", "changes are forgotten", "STATE-02", "after PUT"),
        ("named one level down", "If-Match is ignored", "COND-03", "answered 200"),
        ("members at any depth that nobody has, 400", "If-None-Match is ignored", "COND-02", "answered 200"),
    ],
)
def test_a_defect_of_what_is_made_is_found(name: str, defect: str, law: str, observed: str, tmp_path: Path) -> None:
    with trial_of(replace(MAKING[name], defect=defect), tmp_path) as trial:
        said = trial(CATALOGUE[law])

    assert any(observed in text for text in said.values()), said


@pytest.mark.parametrize(
    ("name", "defect", "law", "observed"),
    [
        ("pages, a bare array, Link and X-Total-Count", "the total is one less", "PAGE-04", "totals"),
        ("pages, a bare array, Link and X-Total-Count", "links forget the size", "PAGE-06", "next in Link of page 1"),
        ("pages from 0, HAL", "links forget the size", "PAGE-06", "next in content of page 1"),
        ("pages, the next number in a field", "the last of a page is lost", "PAGE-01", "is on none"),
        ("offsets, a bare array, Content-Range", "the total is one less", "PAGE-04", "totals"),
        ("offsets from 1, a URL in links", "the last of a page is lost", "PAGE-02", "have these sizes"),
        ("offsets, a bare array, Content-Range", "offsets are rounded to pages", "PAGE-01", "sizes grow and shrink"),
        ("offsets from 1, a URL in links", "offsets are rounded to pages", "PAGE-01", "sizes grow and shrink"),
        ("tokens, the resource's own name", "any cursor is taken", "CURSOR-04", "the cursor"),
        ("cursors in a URL", "there is always more", "CURSOR-01", "/has_more says whether there are more"),
        ("cursors in Link", "the last of a page is lost", "CURSOR-01", "is on no page"),
        ("the last item", "there is always more", "CURSOR-01", "/has_more says whether there are more"),
        ("the last item, named by a slug", "deleted lamps stay in the list", "STATE-06", "still shows the item"),
        ("two ways", "any cursor is taken", "CURSOR-07", "a cursor that was made for another list"),
        ("two ways", "the last of a page is lost", "PAGE-01", "is on none"),
    ],
)
def test_a_defect_of_a_list_is_found(name: str, defect: str, law: str, observed: str, tmp_path: Path) -> None:
    with trial_of(replace(LISTING[name], defect=defect), tmp_path) as trial:
        said = trial(CATALOGUE[law])

    assert any(observed in text for text in said.values()), said


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["two ways", "the last item", "pages from 0, HAL"])
def test_orders_of_writes_are_played_in_other_styles(name: str, tmp_path: Path) -> None:
    with trial_of(replace(LISTING[name], wrapper="lamp"), tmp_path) as trial:
        said = {law: trial(CATALOGUE[law]) for law in ("STATE-05", "CONC-02", "CACHE-01")}
        refused = trial(CATALOGUE["ERR-04"])

    assert {text for texts in said.values() for text in texts.values()} == {"passed"}, said
    assert (refused["make_lamp"], refused["change_lamp"]) == ("passed", "passed")


def test_a_guess_about_a_creation_lets_a_law_warn_and_a_documented_201_lets_it_fail(tmp_path: Path) -> None:
    with noted() as of_guess, trial_of(MAKING["200, wrapped"], tmp_path) as trial:
        trial.session.resources.plant(trial.session.document.operation("make_lamp"))
    with noted() as declared, trial_of(MAKING["201"], tmp_path) as trial:
        trial.session.resources.plant(trial.session.document.operation("make_lamp"))

    assert len(of_guess.guesses) > 0
    assert declared.guesses == []


def test_a_taken_value_teaches_all_later_content(tmp_path: Path) -> None:
    with trial_of(MAKING["a label that nobody has"], tmp_path) as trial:
        maker = trial.session.document.operation("make_lamp")
        items = [trial.session.resources.plant(maker) for _ in range(4)]

    refused = [sent for sent in trial.service.sent if sent[0] == "POST"]
    assert len({item.value["label"] for item in items}) == 4
    assert len(refused) == 5, "one refusal is enough to learn from"
