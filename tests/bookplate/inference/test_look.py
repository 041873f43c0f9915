"""A look at a service before its laws: what it sends, and what the document then knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bookplate.cli import main, parser
from bookplate.contract import Document, Operation, Origin
from bookplate.inference.look import MOST_REQUESTS
from bookplate.laws.catalogue import Catalogue
from bookplate.looking import look_at_service
from bookplate.options import Options
from bookplate.planning import plan
from tests.bookplate import command
from tests.fakes.greenhouse import DOCUMENT, ORIGIN, TOKEN, Greenhouse
from tests.fakes.serving import opened


@contextmanager
def looked(greenhouse: Greenhouse, folder: Path, *options: str, **root: object) -> Iterator[Document]:
    """Let a run look at a greenhouse, and yield the document as it is known after that."""
    document, settings = greenhouse.write(folder, **root), folder / "bookplate.toml"
    settings.write_text(f'[origins]\npages = "{ORIGIN}"\n', encoding="utf-8")
    with opened(greenhouse) as url:
        words = [url, "--document", str(document), "--config", str(settings), *options]
        given = parser().parse_args(words)
        run = plan(Options.of(given))
        try:
            look_at_service(run)
            yield run.document
        finally:
            run.stop()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def known(document: Document, name: str) -> list[str]:
    """Return the operations of which a fact is known."""
    return [each.id for each in document.operations if getattr(each.facts, name) is not None]


def test_what_answers_show_is_known_after_it(folder: Path) -> None:
    with looked(Greenhouse(), folder, "--bearer", TOKEN) as document:
        secured = [each.id for each in document.operations if each.secured]
        pots, pot, ledger = map(document.operation, ("list_pots", "replace_pot", "show_ledger"))

    assert secured == ["add_pot", "replace_pot", "remove_pot", "show_shed", "show_ledger", "audit"]
    assert document.security_schemes["bearer"].is_bearer
    assert [(policy.name, policy.quota, policy.window) for policy in pots.policies] == [("visits", 1000, 60)]
    assert known(document, "versions") == ["list_pots", "add_pot", "get_pot", "replace_pot", "remove_pot"]
    assert pot.takes_condition
    assert not document.operation("add_pot").takes_condition
    assert known(document, "cache") == ["list_pots"]
    assert known(document, "health") == ["is_well"]
    assert pots.origins == ("pages",)
    assert pots.answers_with(401)
    assert not pots.documents(401)
    assert ledger.allow == {"admin"}
    assert len(known(document, "problems")) == len(document.operations)


def test_each_fact_has_its_origin_and_its_evidence(folder: Path) -> None:
    with looked(Greenhouse(), folder) as document:
        seen, guessed = document.operation("add_pot").facts.security, document.operation("audit").facts.security

    assert seen is not None
    assert (seen.origin, seen.evidence) == (Origin.CONFIRMED, "add_pot answers 401 without credentials")
    assert guessed is not None
    assert guessed.origin is Origin.GUESSED


def test_a_preflight_that_lists_the_same_for_all_paths_says_nothing_of_one(folder: Path) -> None:
    with looked(Greenhouse(methods="GET, POST, PUT, PATCH, DELETE"), folder) as document:
        assert known(document, "origins") == []


def test_a_service_that_shows_nothing_teaches_nothing(folder: Path) -> None:
    with looked(Greenhouse(is_open=True, is_plain=True), folder) as document:
        learnt = {name for each in document.operations for name in each.facts.inferred}

    assert learnt <= {"auth_role", "health", "statuses"}  # it has a 404, and the others are names
    assert document.security_schemes == {}


def test_a_fact_of_which_the_document_speaks_is_not_learnt(folder: Path) -> None:
    """It has credentials, limits and origins somewhere, so that it means something where it has none."""
    root = {
        "security": [],
        "components": {"securitySchemes": {"pass": {"type": "http", "scheme": "bearer"}}},
        "x-rate-limit": {},
        "x-cors": {"origins": []},
    }
    with looked(Greenhouse(), folder, **root) as document:
        assert known(document, "policies") == []
        assert known(document, "origins") == []
        assert known(document, "versions") != []


def test_it_sends_a_bounded_number_of_requests_that_change_nothing(folder: Path) -> None:
    greenhouse = Greenhouse()
    with looked(greenhouse, folder, "--bearer", TOKEN) as document:
        writes = {each for each in greenhouse.asked if not each.startswith(("GET", "OPTIONS"))}

    assert 0 < document.seen.requests <= MOST_REQUESTS
    assert "POST /admin/audit" not in greenhouse.asked  # nothing says that it would be refused
    assert writes == {"POST /login", "POST /pots", "PUT /pots/987654321", "DELETE /pots/987654321"}
    assert len(greenhouse.pots) == 1


def test_a_run_that_only_reads_looks_by_reads_alone(folder: Path) -> None:
    greenhouse = Greenhouse()
    with looked(greenhouse, folder, "--read-only") as document:
        secured = [each.id for each in document.operations if each.secured]

    assert {each.partition(" ")[0] for each in greenhouse.asked} <= {"GET", "OPTIONS"}
    assert "GET /clear" not in greenhouse.asked  # it is called as if it did something
    assert secured == ["show_shed", "show_ledger", "audit"]


def test_it_leaves_alone_what_the_settings_leave_alone(folder: Path) -> None:
    greenhouse, settings = Greenhouse(), folder / "leave.toml"
    settings.write_text('[leave-alone]\noperations = ["show_ledger"]\n', encoding="utf-8")
    with looked(greenhouse, folder, "--config", str(settings)):
        assert "GET /ledger" not in greenhouse.asked


@pytest.mark.parametrize("options", [("--max-requests", "50"), ("--rule", "SPEC-01")])
def test_it_is_left_out_where_no_law_needs_it_or_requests_are_few(folder: Path, options: tuple[str, ...]) -> None:
    greenhouse = Greenhouse()
    with looked(greenhouse, folder, *options) as document:
        assert document.seen.operations == {}
    if "--max-requests" in options:
        assert greenhouse.asked == []


def test_a_law_that_applies_by_what_was_seen_rests_on_it(folder: Path) -> None:
    with looked(Greenhouse(), folder, "--bearer", TOKEN) as document:
        evidence = {law: rests(law, document.operation(name)) for law, name in RESTING.items()}

    assert all(evidence.values()), evidence
    assert "GET /pots/{pot_id} answers with an ETag" in evidence["COND-03"]
    assert any("by whom requests are counted is a guess" in each for each in evidence["RATE-01"])


RESTING = {
    "AUTH-02": "add_pot",
    "AUTH-03": "add_pot",
    "CACHE-05": "list_pots",
    "COND-02": "get_pot",
    "COND-03": "replace_pot",
    "CORS-05": "list_pots",
    "ERR-02": "list_pots",
    "HEALTH-01": "is_well",
    "RATE-01": "list_pots",
}


def rests(law_id: str, operation: Operation) -> list[str]:
    law = Catalogue.shipped()[law_id]
    assert law.applies(operation), law_id
    return [fact.evidence for fact in law.guesses_at(operation)]


def test_what_breaks_a_law_that_rests_on_what_was_seen_warns(folder: Path) -> None:
    """The greenhouse takes every If-None-Match for news."""
    document, output = Greenhouse().write(folder), folder / "out"
    with opened(Greenhouse()) as url:
        code = main([url, "--document", str(document), "--output", str(output), "--rule", "COND-02"])
    findings = command.read_report(output)["findings"]
    broken = [each for each in findings if each["verdict"] in ("failed", "warned")]

    assert code != 1
    assert broken != []
    assert {each["verdict"] for each in broken} == {"warned"}
    assert all("answers with an ETag" in " ".join(each["guesses"]) for each in broken)


def test_a_list_whose_answer_nobody_describes_has_the_pages_that_it_shows(folder: Path) -> None:
    place = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}}
    size = {"name": "per_page", "in": "query", "schema": {"type": "integer", "maximum": 50}}
    undescribed = {
        "operationId": "list_pots",
        "parameters": [place, size],
        "responses": {"200": {"description": "Pots."}},
    }
    paths = {**DOCUMENT["paths"], "/pots": {**DOCUMENT["paths"]["/pots"], "get": undescribed}}
    with looked(Greenhouse(), folder, paths=paths) as document:
        fact = document.operation("list_pots").facts.pagination

    assert fact is not None
    assert fact.origin is Origin.GUESSED
    assert (fact.value.style, fact.value.items, fact.value.key) == ("page", "", "/id")


@pytest.mark.parametrize(("options", "is_told"), [((), True), (("--rule", "SPEC-01"), False)])
def test_a_dry_run_tells_of_the_look(
    folder: Path, options: tuple[str, ...], is_told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    greenhouse = Greenhouse()
    with opened(greenhouse) as url:
        main([url, "--document", str(greenhouse.write(folder)), "--dry-run", *options])

    assert ("at first a look of at most 200 requests" in capsys.readouterr().out) is is_told
    assert greenhouse.asked == []


@pytest.mark.parametrize(
    ("is_careless", "verdict"),
    [pytest.param(False, "passed", marks=pytest.mark.nightly), (True, "not checked")],
)
def test_if_match_is_tried_where_an_etag_of_nothing_is_refused(
    folder: Path, is_careless: bool, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    greenhouse, output = Greenhouse(is_careless=is_careless), folder / "out"
    words = ["--rule", "COND-03", "--operation", "replace_pot", "--bearer", TOKEN]
    with opened(greenhouse) as url:
        main([url, "--document", str(greenhouse.write(folder)), "--output", str(output), *words])
    (finding,) = command.read_report(output)["findings"]

    assert (finding["verdict"], "an If-Match of nothing" in finding["reason"]) == (verdict, is_careless), finding[
        "reason"
    ]


def test_where_a_run_has_an_end_a_slow_answer_is_waited_for_once_and_not_for_long(folder: Path) -> None:
    """It would take from the laws the time in which they find something."""
    greenhouse = Greenhouse(delays={"/ledger": 0.5})

    with looked(greenhouse, folder, "--bearer", TOKEN, "--time-budget", "20") as document:
        assert "show_ledger" in document.seen.slow
    # Whether it is safe is tried before the laws, too.
    assert greenhouse.asked.count("GET /ledger") <= 2


def test_a_run_without_an_end_waits_for_every_answer(folder: Path) -> None:
    with looked(Greenhouse(delays={"/ledger": 0.5}), folder, "--bearer", TOKEN) as document:
        assert document.seen.slow == frozenset()
        assert document.operation("show_ledger").secured
