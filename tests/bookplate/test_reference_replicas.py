"""The reference as two servers on one PostgreSQL and one Redis: no verdict differs from those on one server."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.services.private import MissingProgram, private_postgresql, private_redis

from . import command

SETTINGS = Path(__file__).parents[1] / "services" / "bookplate.toml"
SERVER = f"{sys.executable} -m tests.bookplate.reference_replica --port {{port}} --document {{document}}"
# Laws of what servers have to share; those of limits wait, and generated requests take as long as all of these.
GROUPS = ("cache", "cond", "conc", "cursor", "state")
# What a store of its own makes wrong in each server.
WITHOUT_REDIS = ("RATE-01", "CACHE-01")

pytestmark = pytest.mark.nightly  # each run starts up to six servers; the harbour shows the main facts at every change


@pytest.fixture(name="stores")
def _stores() -> Iterator[dict[str, str]]:
    """What a server has to know of a PostgreSQL and a Redis that are private to this test."""
    with ExitStack() as stack:
        # PostgreSQL runs as somebody who may not enter the folders of pytest.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bookplate-replicas-")))
        try:
            postgresql = stack.enter_context(private_postgresql(folder))
            redis = stack.enter_context(private_redis(folder))
        except MissingProgram as missing:
            pytest.skip(f"NOT INSTALLED: {missing}; the reference was not checked at two addresses")
        yield {
            "SERVICES_POSTGRESQL": postgresql,
            "SERVICES_REDIS": redis,
            "SERVICES_ADMIN_SECRET": "made up for the tests of replicas",
        }


def verdicts(stores: dict[str, str], folder: Path, *arguments: str) -> dict[tuple[str, str | None], str]:
    report = command.report_with(stores, folder, SERVER, *arguments, config=SETTINGS)
    return {(each["rule"], each["operation"]): each["verdict"] for each in report["findings"]}


def test_two_servers_get_the_verdicts_of_one(stores: dict[str, str], tmp_path: Path) -> None:
    asked = [word for group in GROUPS for word in ("--group", group)]

    one = verdicts(stores, tmp_path / "one", "--fast", *asked)
    two = verdicts(stores, tmp_path / "two", "--fast", *asked, "--replicas", "2")

    assert one == two
    assert "failed" not in two.values()
    assert {law.partition("-")[0].lower() for law, _ in two} == {*GROUPS}


def test_servers_that_share_no_redis_are_found(stores: dict[str, str], tmp_path: Path) -> None:
    """The reference says that more than one process needs it."""
    asked = [*command.rules(*WITHOUT_REDIS), "--operation", "create_book"]
    alone = {**stores, "SERVICES_REDIS": ""}

    one = verdicts(alone, tmp_path / "one", *asked)
    two = verdicts(alone, tmp_path / "two", *asked, "--replicas", "2")

    assert {one[law, "create_book"] for law in WITHOUT_REDIS} == {"passed"}
    assert {two[law, "create_book"] for law in WITHOUT_REDIS} == {"failed"}
