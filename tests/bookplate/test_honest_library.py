"""A service that was written from the contract alone, in sixteen variants: no law fails it."""

import itertools
from pathlib import Path

import pytest

from bookplate.laws.catalogue import Catalogue
from tests.fakes.honest import variants

from . import command

SETTINGS = Path("tests/fakes/honest/bookplate.toml")
EXPERIMENTS = [law.id for law in Catalogue.shipped() if law.kind in ("document", "experiment") and not law.is_probe]
SEEDS = range(1, 6)


def failures(variant: str, output: Path, *arguments: str) -> list[tuple[str, str, str]]:
    """Check a variant, and return what failed: law, operation and what was observed."""
    served = f"{{python}} -m tests.fakes.honest --port {{port}} --document {{document}} --variant {variant}"
    command.check(output, served, *arguments, config=SETTINGS)
    findings = command.read_report(output)["findings"]
    failed = [each for each in findings if each["verdict"] in ("failed", "error")]
    return [(each["rule"], each["operation"], each["observed"]) for each in failed]


def test_pages_of_back_offices_and_tokens_of_other_schemes_are_judged_as_the_document_has_it(tmp_path: Path) -> None:
    """A 405 belongs to no operation, and so to the origins of the document; a public read needs no token of any scheme."""
    only = ["--operation", "list_users", "--operation", "list_books"]

    assert failures("plain", tmp_path, *command.rules("AUTH-03", "CORS-03"), *only) == []


@pytest.mark.nightly
@pytest.mark.parametrize("variant", variants.VARIANTS)
def test_no_experiment_fails_a_variant(variant: str, tmp_path: Path) -> None:
    assert failures(variant, tmp_path, *command.rules(*EXPERIMENTS)) == []


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("variant", "seed"), [*zip(itertools.cycle(["plain", "high-ids", "strict-emails"]), SEEDS, strict=False)]
)
def test_no_generated_request_fails_it(variant: str, seed: int, tmp_path: Path) -> None:
    generated = [law.id for law in Catalogue.shipped() if law.id not in EXPERIMENTS]

    assert failures(variant, tmp_path, *command.rules(*generated), "--seed", str(seed), "--max-examples", "25") == []
