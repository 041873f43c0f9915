"""Who may do what, on cabinets of many rules: declared and broken it fails, guessed it warns, shared it is silent."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.fixtures import Session
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.notes import noted, rests_on
from bookplate.laws.observer import Observer
from bookplate.laws.verdict import NotExercised
from bookplate.target.config import Config
from bookplate.target.instance import Instance
from bookplate.wire.outcomes import NotChecked, Violation
from tests.fakes.cabinet import Cabinet, Rules
from tests.fakes.cabinet_document import document
from tests.fakes.serving import opened

CATALOGUE = Catalogue.shipped()
ACCOUNTS = '[accounts]\na = "token-of-ann"\nb = "token-of-bob"\n'
HOLDERS = 'keeper = "token-of-kim"\nclerk = "token-of-lee"\n'
LAWS = ("AUTHZ-01", "AUTHZ-02", "AUTHZ-03", "AUTHZ-05")


@dataclass(frozen=True)
class Style:
    """A cabinet with these rules, and what its document says of them."""

    rules: Rules
    access: Mapping[str, Any] = field(default_factory=dict)
    statuses: Mapping[str, Sequence[int]] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    accounts: str = ACCOUNTS

    def with_defect(self, defect: str) -> "Style":
        return replace(self, rules=replace(self.rules, defect=defect))


def said(style: Style, folder: Path, laws: Sequence[str] = LAWS) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the verdict of each law at each operation, and what it says."""
    settings = folder / "bookplate.toml"
    settings.write_text(style.accounts, encoding="utf-8")
    promised = Document("cabinet.json", document(style.access, style.statuses, style.scopes), {})
    with opened(Cabinet(style.rules)) as url:
        session = Session(Instance(url), promised, Config.read(settings), Observer(promised, []), patience=1)
        found = {
            (name, operation.id): outcome(session, name, operation)
            for name in laws
            for operation in promised.operations
            if CATALOGUE[name].applies(operation)
        }
        session.client.close()
    return found


def outcome(session: Session, name: str, operation: Any) -> tuple[str, str]:
    law = CATALOGUE[name]
    given = {"operation": operation, "resources": session.resources, "users": session.users}
    asked = inspect.signature(law.function).parameters
    with noted() as notes:
        for fact in law.guesses_at(operation):
            rests_on(fact)
        try:
            law.function(**{each: given[each] for each in asked})
        except Violation as problem:
            return "warned" if notes.guesses else "failed", problem.observed
        except NotChecked as problem:
            return "not checked", str(problem)
        except NotExercised as problem:
            return "not exercised", str(problem)
    return "passed" if notes.judged else "not exercised", ""


def verdicts(style: Style, folder: Path, laws: Sequence[str] = LAWS) -> dict[tuple[str, str], str]:
    return {at: verdict for at, (verdict, _) in said(style, folder, laws).items()}


def alarms(style: Style, folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    return {at: found for at, found in said(style, folder).items() if found[0] in ("failed", "warned")}


# ── Nothing is declared ───────────────────────────────────────────────────────────────────────────────────────────────
WIKI = Style(Rules(shows=("editor",)))
WIKI_WITH_AUTHORS = Style(Rules(shows=("author", "editor")), statuses={"patch_account": (403,)})
BLOG = Style(
    Rules(writes="own", shows=("author",), refusal=403), statuses={"put_sheet": (403,), "delete_sheet": (403,)}
)
BLOG_IN_SILENCE = replace(BLOG, statuses={})
PRIVATE = Style(Rules(reads="own", writes="own", lists="own"))
PRIVATE_403 = Style(Rules(reads="own", writes="own", lists="own", refusal=403))
SILENT = {
    "wiki": WIKI,
    "wiki that names authors": WIKI_WITH_AUTHORS,
    "wiki that shows nobody": Style(Rules()),
    "blog": BLOG,
    "blog without a 403": BLOG_IN_SILENCE,
    "private": PRIVATE,
    "private, 403": PRIVATE_403,
    "another keeps it": Style(
        Rules(makes="keeper", refusal=403), scopes={"make_sheet": "admin", "delete_sheet": "admin"}
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_an_honest_service_without_a_declaration_is_no_alarm(name: str, tmp_path: Path) -> None:
    assert alarms(SILENT[name], tmp_path) == {}


@pytest.mark.parametrize("style", [PRIVATE, PRIVATE_403], ids=["404", "403"])
def test_private_sheets_are_put_to_the_test(style: Style, tmp_path: Path) -> None:
    found = verdicts(style, tmp_path)

    changed = [("AUTHZ-02", name) for name in ("put_sheet", "delete_sheet", "stamp_sheet")]
    assert {found[at] for at in [("AUTHZ-01", "get_sheet"), *changed]} == {"passed"}


@pytest.mark.parametrize("style", [PRIVATE, PRIVATE_403], ids=["404", "403"])
@pytest.mark.parametrize(
    ("defect", "verdict"), [("put_sheet", "failed"), ("delete_sheet", "failed"), ("stamp_sheet", "warned")]
)
def test_what_may_not_be_read_may_not_be_changed(style: Style, defect: str, verdict: str, tmp_path: Path) -> None:
    """B may not read it and may change it: that is no guess, but for a POST, which may be meant so."""
    assert alarms(style.with_defect(defect), tmp_path).keys() == {("AUTHZ-02", defect)}
    assert verdicts(style.with_defect(defect), tmp_path, ("AUTHZ-02",))["AUTHZ-02", defect] == verdict


def test_a_refusal_that_changes_something_is_found(tmp_path: Path) -> None:
    found = alarms(PRIVATE.with_defect("refused and done"), tmp_path)

    assert found.keys() == {("AUTHZ-02", "put_sheet")}
    assert "answered 404" in found["AUTHZ-02", "put_sheet"][1]


def test_a_write_that_has_no_effect_says_nothing(tmp_path: Path) -> None:
    style = replace(PRIVATE, rules=replace(PRIVATE.rules, writes="all", defect="no effect"))

    assert verdicts(style, tmp_path, ("AUTHZ-02",))["AUTHZ-02", "put_sheet"] == "not checked"


@pytest.mark.parametrize("style", [BLOG, BLOG_IN_SILENCE], ids=["403", "silent"])
@pytest.mark.parametrize("defect", ["put_sheet", "delete_sheet"])
def test_a_member_that_names_the_maker_lets_guess_who_may(style: Style, defect: str, tmp_path: Path) -> None:
    found = said(style.with_defect(defect), tmp_path, ("AUTHZ-02",))

    assert found["AUTHZ-02", defect][0] == "warned"
    assert {verdict for verdict, _ in found.values()} <= {"warned", "passed", "not checked", "not exercised"}


def test_what_a_list_hides_and_an_id_opens_is_a_guess(tmp_path: Path) -> None:
    assert verdicts(PRIVATE.with_defect("get_sheet"), tmp_path, ("AUTHZ-01",))["AUTHZ-01", "get_sheet"] == "warned"


# ── Declared ──────────────────────────────────────────────────────────────────────────────────────────────────────────
MINE = {"allow": ["owner"], "owner": "creator", "refusal": 404}
OF_SHEETS = ("get_sheet", "put_sheet", "delete_sheet", "stamp_sheet")
ANY = {"allow": ["user"]}
DECLARED = Style(PRIVATE.rules, {**dict.fromkeys(OF_SHEETS, MINE), "list_sheets": ANY, "make_sheet": ANY})


@pytest.mark.parametrize("refusal", [401, 403, 404])
def test_an_item_that_names_no_owner_belongs_to_who_made_it(refusal: int, tmp_path: Path) -> None:
    access = {name: {**MINE, "refusal": refusal} for name in OF_SHEETS}
    honest = replace(DECLARED, rules=replace(PRIVATE.rules, refusal=refusal), access={**DECLARED.access, **access})
    other = replace(honest, rules=replace(honest.rules, refusal=403 if refusal == 404 else 404))

    assert alarms(honest, tmp_path) == {}
    assert verdicts(honest, tmp_path)["AUTHZ-02", "put_sheet"] == "passed"
    assert {at for at, verdict in verdicts(other, tmp_path).items() if verdict == "failed"} == {
        ("AUTHZ-01", "get_sheet"),
        *(("AUTHZ-02", name) for name in OF_SHEETS[1:]),
    }


@pytest.mark.parametrize("defect", OF_SHEETS)
def test_a_declared_owner_fails(defect: str, tmp_path: Path) -> None:
    found = said(DECLARED.with_defect(defect), tmp_path)

    failed = {at for at, (verdict, _) in found.items() if verdict == "failed"}
    law = "AUTHZ-01" if defect == "get_sheet" else "AUTHZ-02"
    assert failed - {("AUTHZ-03", "get_sheet")} == {(law, defect)}


def test_any_documented_refusal_is_one_where_none_is_declared(tmp_path: Path) -> None:
    access = {name: {"allow": ["owner"], "owner": "creator"} for name in OF_SHEETS}
    styles = [Style(replace(PRIVATE.rules, refusal=status), access) for status in (401, 403, 404)]
    of_conflict = Style(replace(PRIVATE.rules, refusal=409), access, dict.fromkeys(OF_SHEETS, (409,)))

    assert [alarms(style, tmp_path) for style in (*styles, of_conflict)] == [{}, {}, {}, {}]
    assert alarms(replace(of_conflict, statuses={}), tmp_path) != {}


LINES = {
    "add_line": ANY,
    "get_line": {"allow": ["owner"], "owner": "creator", "via": ["get_line", "get_sheet"], "refusal": 404},
    "delete_line": {"allow": ["owner"], "owner": "creator", "via": ["get_line", "get_sheet"], "refusal": 404},
}


def test_a_child_belongs_to_whom_its_parent_belongs_to(tmp_path: Path) -> None:
    style = replace(DECLARED, access={**DECLARED.access, **LINES})
    broken = verdicts(style.with_defect("lines are their makers'"), tmp_path)

    assert alarms(style, tmp_path) == {}
    assert verdicts(style, tmp_path)["AUTHZ-02", "delete_line"] == "passed"
    assert {at for at, verdict in broken.items() if verdict == "failed"} == {("AUTHZ-02", "delete_line")}


def own(place: str) -> dict[str, Any]:
    return {"allow": ["self"], "self": place, "refusal": 404}


@pytest.mark.parametrize(
    ("operation", "place", "law", "verdict"),
    [
        # By which member the path names an account is a guess.
        ("get_account", "name", "AUTHZ-01", "warned"),
        ("patch_account", "path:name", "AUTHZ-02", "warned"),
        ("list_bills", "query:of", "AUTHZ-01", "failed"),
        ("pay", "body:/from/name", "AUTHZ-02", "failed"),
        ("get_me", "token", "AUTHZ-01", "failed"),
        ("patch_me", "token", "AUTHZ-02", "failed"),
    ],
)
def test_an_account_is_open_to_its_own_user_alone(
    operation: str, place: str, law: str, verdict: str, tmp_path: Path
) -> None:
    style = Style(Rules(), {operation: own(place)})

    assert verdicts(style, tmp_path, (law,))[law, operation] == "passed"
    assert verdicts(style.with_defect(operation), tmp_path, (law,))[law, operation] == verdict


# ── Roles ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
KEPT = {"allow": ["keeper"], "refusal": 403}
ROLES = Style(
    Rules(makes="keeper", refusal=403),
    {"make_sheet": KEPT, "delete_sheet": KEPT, "get_sheet": ANY, "stamp_sheet": {"allow": ["user", "clerk"]}},
    accounts=ACCOUNTS + HOLDERS,
)


def test_what_only_a_role_may_is_made_by_its_holder(tmp_path: Path) -> None:
    found = verdicts(ROLES, tmp_path)

    assert alarms(ROLES, tmp_path) == {}
    assert (found["AUTHZ-05", "make_sheet"], found["AUTHZ-05", "delete_sheet"]) == ("passed", "passed")


def test_a_role_that_is_open_to_others_fails(tmp_path: Path) -> None:
    found = said(ROLES.with_defect("delete_sheet"), tmp_path)

    verdict, observed = found["AUTHZ-05", "delete_sheet"]
    assert verdict == "failed"
    assert all(name in observed for name in ("as A was answered", "as B was answered", "as CLERK was answered"))


def test_a_role_of_which_the_settings_tell_nobody_is_told(tmp_path: Path) -> None:
    verdict, reason = said(replace(ROLES, accounts=ACCOUNTS), tmp_path, ("AUTHZ-05",))["AUTHZ-05", "make_sheet"]

    assert verdict == "not checked"
    assert reason.startswith("only the role keeper may, and bookplate.toml does not say how to get one: write below")
    assert 'keeper = "$TOKEN"' in reason


CLERKS = {**DECLARED.access, "stamp_sheet": {**MINE, "allow": ["owner", "clerk"]}}
WITH_CLERKS = replace(DECLARED, access=CLERKS, accounts=ACCOUNTS + 'clerk = "token-of-lee"\n')


def test_who_has_a_role_is_let_in(tmp_path: Path) -> None:
    asked = ("AUTHZ-02", "AUTHZ-07")
    honest = verdicts(WITH_CLERKS, tmp_path, asked)
    broken = said(WITH_CLERKS.with_defect("no clerks"), tmp_path, asked)

    assert (honest["AUTHZ-02", "stamp_sheet"], honest["AUTHZ-07", "stamp_sheet"]) == ("passed", "passed")
    verdict, observed = broken["AUTHZ-07", "stamp_sheet"]
    assert (verdict, observed.endswith("/stamp answered 403")) == ("failed", True)
    assert broken["AUTHZ-02", "stamp_sheet"][0] == "passed"


def test_a_refusal_of_a_role_that_nothing_shows_is_not_checked(tmp_path: Path) -> None:
    """The account of the settings may be another one."""
    found = said(ROLES.with_defect("no keepers"), tmp_path, ("AUTHZ-07",))

    assert found["AUTHZ-07", "make_sheet"][0] == "not checked"


# ── Privileges ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_privilege_that_nobody_declared_is_found_and_a_store_of_anything_is_let_be(tmp_path: Path) -> None:
    styles = [
        Style(Rules(keeps=names, keeps_all=everything)) for names, everything in ((("admin",), False), ((), True))
    ]
    honest = verdicts(Style(Rules()), tmp_path, ("AUTHZ-08",))
    giving, storing = (said(style, tmp_path, ("AUTHZ-08",)) for style in styles)

    assert (honest["AUTHZ-08", "make_sheet"], honest["AUTHZ-08", "put_sheet"]) == ("passed", "passed")
    for name in ("make_sheet", "put_sheet"):
        verdict, observed = giving["AUTHZ-08", name]
        assert (verdict, "'admin': true in the body" in observed) == ("failed", True)
    assert storing["AUTHZ-08", "put_sheet"][0] == "passed"
