"""The command that runs just this again is what the user typed, for those too who came through tox."""

from dataclasses import replace

import pytest

from bookplate.laws.catalogue import Catalogue
from bookplate.options import REFERENCE, TYPED, Options

PAGE_01 = Catalogue.shipped()["PAGE-01"]
ROBUST_01 = Catalogue.shipped()["ROBUST-01"]
PLAIN = Options(REFERENCE)


@pytest.fixture(autouse=True)
def _typed_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TYPED, raising=False)


def test_the_default_needs_no_word_but_the_rule() -> None:
    assert PLAIN.again(PAGE_01, None) == "python -m bookplate --rule PAGE-01"


def test_options_that_say_how_a_run_goes_are_kept_and_those_that_choose_are_not() -> None:
    given = Options(
        "./server --port {port}",
        config="my settings.toml",
        laws=("ours",),
        rules=("PAGE-01", "PAGE-02"),
        groups=("rate",),
        include=("tag:x",),
        seed=7,
        fast=True,
        patience=5,
        timeout=3,
        rate=10,
        wait=2,
        keep=True,
        strict_inference=True,
        verify=False,
        read_only=True,
        headers=("X-Key: secret",),
        bearer="secret",
        max_failures=1,
        output="build/other",
    )

    assert given.again(PAGE_01, None) == (
        "python -m bookplate './server --port {port}' --config 'my settings.toml' --laws ours --no-tls-verify --read-only "
        "--keep --strict-inference --fast --wait-for-service 2 --request-timeout 3 --patience 5 --rate-limit 10/s --seed 7 "
        "--output build/other --bearer '$TOKEN' -H 'X-Key: $X_KEY' --rule PAGE-01"
    )


def test_through_tox_it_is_a_command_of_tox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TYPED, "tox -e contract --")

    assert PLAIN.again(PAGE_01, None) == "tox -e contract -- --rule PAGE-01"
    assert PLAIN.to_start(has_limits=False) == "tox -e contract -- serve --limits relaxed"


def test_as_many_requests_are_generated_as_in_the_run() -> None:
    """Naming a rule asks for fewer of them, and the failure might not be met."""
    assert PLAIN.again(ROBUST_01, None, is_generated=True).endswith(" --max-examples 25 --rule ROBUST-01")
    few = replace(PLAIN, rules=("ROBUST-01",))
    assert few.again(ROBUST_01, None, is_generated=True) == "python -m bookplate --rule ROBUST-01"


def test_a_server_is_started_with_its_own_files_and_limits() -> None:
    given = replace(PLAIN, config="a.toml", document="b.yaml", laws=("ours",), seed=3)

    assert given.to_start(has_limits=True) == "python -m bookplate serve --config a.toml --document b.yaml"
