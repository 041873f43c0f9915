"""Fuzzing against a server that keeps its promises, and against some that do not."""

from pathlib import Path

import pytest

from bookplate.contract.document import Document
from bookplate.fixtures import User
from bookplate.fuzzing.journeys import journeys
from tests.fakes.shelf import DOCUMENT

from .conftest import Play, Played

pytestmark = pytest.mark.long
# At every change requests are generated for the reference, which passes, and for servers with defects.
ON_THE_REFERENCE = pytest.mark.nightly


@ON_THE_REFERENCE
def test_honest_server_passes(honest: Played) -> None:
    assert honest.result.findings == []


@ON_THE_REFERENCE
def test_every_operation_succeeds_on_generated_input(honest: Played) -> None:
    names = {operation.id for operation in Document.load(DOCUMENT).operations}

    assert set(+honest.result.generated_2xx) == names
    assert min(honest.result.cases[name] for name in names) >= 16


@ON_THE_REFERENCE
def test_links_carry_etags(honest: Played) -> None:
    assert honest.result.observed["replace_shelf", 200, "application/json"] > 0
    assert honest.result.observed["replace_shelf", 412, "application/problem+json"] > 0


@pytest.mark.nightly  # it generates all requests twice
def test_same_seed_on_a_fresh_server_sees_the_same(honest: Played, play: Play) -> None:
    again = play()

    assert honest.result.observed == again.result.observed
    assert honest.result.cases == again.result.cases


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.nightly) for seed in (2, 3)])
def test_other_seeds_give_no_other_verdict(play: Play, seed: int) -> None:
    result = play(seed=seed).result

    assert result.findings == []
    assert result.generated_2xx["replace_shelf"]


@ON_THE_REFERENCE
def test_account_of_the_suite_is_never_used_up(honest: Played) -> None:
    closed_by = {token for name, token in honest.shelf.used if name == "close_account"}

    assert {honest.people.owner.token, honest.people.stranger.token}.isdisjoint(closed_by)
    assert {honest.people.owner.token, honest.people.stranger.token} <= set(honest.shelf.people)


@ON_THE_REFERENCE
def test_used_up_account_is_replaced(honest: Played) -> None:
    assert 1 < honest.result.generated_2xx["close_account"] < honest.people.made


def test_one_cause_is_one_finding_with_a_curl_line_and_no_token(play: Play) -> None:
    played = play("some labels crash")

    crashes = [finding for finding in played.result.findings if finding.rule_id == "ROBUST-01"]
    assert [finding.operation_id for finding in crashes] == ["create_shelf"]
    assert "curl " in crashes[0].curl
    assert "${TOKEN_A}" in crashes[0].curl
    assert not any(token in finding.curl for finding in played.result.findings for token in played.shelf.people)


def test_an_operation_says_so_where_its_last_requests_were_not_sent(play: Play) -> None:
    whole = play(operations=("create_shelf",)).result
    few = sum(whole.observed.values()) - 3

    cut = play(operations=("create_shelf",), most_requests=few).result

    assert (whole.unfinished, whole.problems) == ("", {})
    assert cut.unfinished == "requests: --max-requests were used up"
    assert cut.problems.get("create_shelf") == cut.unfinished


def test_missing_authentication_is_found(play: Play) -> None:
    found = {(finding.rule_id, finding.operation_id) for finding in play("anybody may").result.findings}

    assert ("AUTH-01", "create_shelf") in found


@pytest.fixture(name="empty", scope="module")
def _empty(play: Play) -> Played:
    """What is found of a server that has nothing."""
    return play("nothing is there")


def test_server_that_has_nothing_is_not_green(empty: Played) -> None:
    assert not +empty.result.generated_2xx
    assert {finding.rule_id for finding in empty.result.findings} >= {"SCHEMA-01"}


@ON_THE_REFERENCE
def test_what_had_nothing_to_look_at_was_not_judged(honest: Played, empty: Played) -> None:
    judged, of_nothing = +honest.result.judged, +empty.result.judged

    assert {operation for rule, operation in judged if rule == "AUTH-01"} == {
        "close_account",
        "create_shelf",
        "replace_shelf",
    }
    assert ("ROBUST-02", "get_health") in judged
    assert "AUTH-01" not in {rule for rule, _ in of_nothing}


def test_server_that_is_gone_ends_the_pass_with_the_reason(tmp_path: Path) -> None:
    from bookplate.fuzzing.generator import Scope, run_fuzzing

    from .conftest import OF_GENERATED, person

    class Nobody:
        owner, stranger = person("token of A"), person("token of B")

        def find(self, role: str) -> None:
            return None

        def disposable(self) -> User:
            return person("another token")

    result = run_fuzzing(
        Document.load(DOCUMENT),
        "http://127.0.0.1:9",
        Nobody(),
        OF_GENERATED,
        tmp_path,
        Scope(seed=1, examples=2, operations=["get_health"]),
    )

    assert result.findings == []
    assert result.unfinished.startswith("the target no longer answers, since GET ")


def test_only_the_operations_asked_for_are_called(play: Play) -> None:
    played = play(operations=("get_health",))

    assert set(played.result.cases) == {"get_health"}
    assert {name for name, _ in played.shelf.used} == {"sign_up", "get_health"}


def test_nothing_is_left_in_the_working_directory(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    play(operations=("get_health", "create_shelf"))

    assert list(tmp_path.iterdir()) == []


def test_journeys_are_what_links_connect() -> None:
    document = Document.load(DOCUMENT)
    names = {operation.id for operation in document.operations}

    assert journeys(document, names) == [frozenset({"create_shelf", "replace_shelf"})]
    assert journeys(document, names - {"replace_shelf"}) == []


def test_what_is_too_slow_for_the_time_of_the_run_comes_last(play: Play) -> None:
    """One operation that takes seconds to answer would leave no time for all that comes behind it."""
    played = play(operations=("create_shelf", "get_shelf"), slow=("create_shelf",))

    called = [name for name, _ in played.shelf.used]
    first = called.index("create_shelf")
    assert called[:first].count("get_shelf") >= played.result.cases["get_shelf"]
    assert played.result.cases["create_shelf"] > 0
