"""Conformant services of other styles: no law fails them, most laws are put to the test, and their defects are found."""

from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bookplate.cli import main
from bookplate.laws.catalogue import Catalogue
from tests.fakes import FOLDER, depot, garden
from tests.fakes.serving import Service, opened

from . import command
from .command import Report

EXPERIMENTS = [law.id for law in Catalogue.shipped() if law.kind in ("document", "experiment") and not law.is_probe]
# What a service of these styles is advised to do otherwise: it takes a member twice, and documents no 400 of a GET.
ADVICE = {"ROBUST-07", "SPEC-02"}
# They know no origins, and nothing here gives them any.
OF_PAGES = "CORS"


def check(
    module: ModuleType, service: Service, output: Path, *arguments: str, is_told: bool = True, addresses: int = 1
) -> Report:
    """
    Check a toy in this process, with its overlay or with its document alone, and return the report.

    It is reached at so many `addresses`, and has one memory.
    """
    name = module.__name__.rpartition(".")[2]
    settings = [f'document = "{FOLDER / name}.yaml"']
    settings += [f'overlay = "{FOLDER / name}_told.yaml"', module.ACCOUNTS] if is_told else [module.ACCOUNTS_PLAIN]
    config = output / "bookplate.toml"
    output.mkdir(exist_ok=True)
    config.write_text("\n".join(settings), encoding="utf-8")
    with ExitStack() as stack:
        urls = [stack.enter_context(opened(service)) for _ in range(addresses)]
        targets = [word for url in urls for word in ("--target", url)]
        main([*targets, "--config", str(config), "--output", str(output), *arguments])
    return command.read_report(output)


def alarms(report: Report) -> list[Any]:
    """Return what failed, and what warns of more than advice; a guess may be wrong, and then it warns and says so."""
    found = [each for each in report["findings"] if each["verdict"] in ("failed", "warned", "error")]
    known = [each for each in found if each["verdict"] != "warned" or not each["guesses"]]
    return [(each["rule"], each["operation"], each["observed"]) for each in known if each["rule"] not in ADVICE]


def share_put_to_the_test(report: Report) -> float:
    """Return how many of the pairs of law and operation were put to the test, without those of pages of an origin."""
    pairs = [each for each in report["findings"] if not each["rule"].startswith(OF_PAGES)]
    checked = [each for each in pairs if each["verdict"] != "not checked"]
    return len(checked) / len(pairs)


# The shares were measured; each may rise, and none may fall.
@pytest.mark.nightly  # at every change all experiments are tried on the strangers
@pytest.mark.parametrize(("module", "share"), [(garden, 0.96), (depot, 0.84)], ids=["garden", "depot"])
def test_no_experiment_is_an_alarm(module: Any, share: float, tmp_path: Path) -> None:
    report = check(module, service_of(module), tmp_path, *command.rules(*EXPERIMENTS))

    assert alarms(report) == []
    assert share_put_to_the_test(report) >= share


@pytest.mark.nightly
# Where laws apply by guesses the share may be lower, and more is put to the test: 88 of 116 at the depot, once 75 of 94.
@pytest.mark.parametrize(("module", "share"), [(garden, 0.89), (depot, 0.75)], ids=["garden", "depot"])
def test_a_document_that_tells_little_leads_to_no_alarm(module: Any, share: float, tmp_path: Path) -> None:
    """It has nothing of the suite's own: neither how pages hang together, nor who may."""
    report = check(module, service_of(module), tmp_path, *command.rules(*EXPERIMENTS), is_told=False)

    assert alarms(report) == []
    assert share_put_to_the_test(report) >= share


@pytest.mark.nightly
@pytest.mark.parametrize("addresses", [1, 2])
@pytest.mark.parametrize(("module", "share"), [(garden, 0.94), (depot, 0.93)], ids=["garden", "depot"])
def test_no_law_is_an_alarm(module: Any, share: float, addresses: int, tmp_path: Path) -> None:
    """Not of generated requests either, and not where a service runs more than once."""
    report = check(module, service_of(module), tmp_path, "--max-examples", "4", addresses=addresses)

    assert alarms(report) == []
    assert share_put_to_the_test(report) >= share


# Of each service in a process of its own: its document, its overlay, and the kind that the environment names.
OTHERS = {
    "dials": ("dials", "", {}),
    "stranger": ("strangers", "", {"STRANGER": "stranger"}),
    "wrapping": ("strangers", "strangers_wrapped", {"STRANGER": "wrapping"}),
    "silent": ("strangers", "strangers_silent", {"STRANGER": "silent"}),
}
# The server in front of these takes both lengths of a message, which is its mistake and not theirs.
OF_THEIR_SERVER = "ROBUST-06"


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.nightly if kind == "dials" else ()) for kind in OTHERS]
)
def test_no_experiment_fails_another_style(kind: str, tmp_path: Path) -> None:
    name, overlay, environment = OTHERS[kind]
    lines = [f'document = "{FOLDER / name}.yaml"', *([f'overlay = "{FOLDER / overlay}.yaml"'] if overlay else [])]
    config = tmp_path / "bookplate.toml"
    config.write_text("\n".join(lines), encoding="utf-8")
    rules = command.rules(*(rule for rule in EXPERIMENTS if rule != OF_THEIR_SERVER))
    report = command.report_with(environment, tmp_path / "out", f"tests.fakes.{name}:create_app", *rules, config=config)

    assert alarms(report) == []


def service_of(module: Any, defect: str = "") -> Service:
    service: Service = module.Garden(defect) if module is garden else module.Depot(defect)
    return service


@pytest.mark.parametrize(
    ("module", "defect", "rule", "operations"),
    [
        (garden, "anybody sweeps", "AUTHZ-05", {"sweep"}),
        (garden, "any plant will do", "AUTHZ-04", {"get_watering", "forget_watering"}),
        (garden, "keeps the deleted", "STATE-03", {"delete_plant"}),
        (depot, "shows the deleted", "STATE-03", {"delete_crate"}),
        (depot, "changes labels on reads", "STATE-04", {"get_crate"}),
        (depot, "forgets notes", "STATE-02", {"patch_parcel"}),
        # Slow; the club of test_identities shows the same at every change.
        pytest.param(depot, "takes every member", "AUTHZ-06", {"make_crate", "put_crate"}, marks=pytest.mark.nightly),
        (depot, "anybody reads", "AUTHZ-01", {"get_parcel"}),
        (depot, "anybody writes", "AUTHZ-02", {"put_crate"}),
        (depot, "anybody deletes", "AUTHZ-05", {"delete_crate"}),
        (depot, "two hold a seal", "CONC-01", {"claim_seal"}),
    ],
)
def test_a_defect_among_moving_members_is_found(
    module: Any, defect: str, rule: str, operations: set[str], tmp_path: Path
) -> None:
    report = check(module, service_of(module, defect), tmp_path, *command.rules(rule))

    found = {each["operation"] for each in report["findings"] if each["verdict"] in ("failed", "warned")}
    assert found == operations


def test_items_that_nothing_puts_into_a_list_are_told(tmp_path: Path) -> None:
    """A parcel is in a crate where its content says so; its example does not."""
    report = check(depot, service_of(depot), tmp_path, *command.rules("PAGE-01"))

    [finding] = report["findings"]
    assert (finding["verdict"], finding["operation"]) == ("not checked", "list_parcels")
    assert finding["reason"].startswith("list_parcels shows nothing of what make_parcel makes")
    assert "write in the example of make_parcel what puts it there" in finding["reason"]
