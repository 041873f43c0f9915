"""Conformant services of other styles: no law fails them, most laws are put to the test, and their defects are found."""

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

EXPERIMENTS = [law.id for law in Catalogue.shipped() if law.kind in ("document", "experiment")]
# What a service of these styles is advised to do otherwise: it takes a member twice, and documents no 400 of a GET.
ADVICE = {"ROBUST-07", "SPEC-02"}
# They know no origins, and nothing here gives them any.
OF_PAGES = "CORS"


def check(module: ModuleType, service: Service, output: Path, *arguments: str, is_told: bool = True) -> Report:
    """Check a toy in this process, with its overlay or with its document alone, and return the report."""
    name = module.__name__.rpartition(".")[2]
    settings = [f'document = "{FOLDER / name}.yaml"']
    settings += [f'overlay = "{FOLDER / name}_told.yaml"', module.ACCOUNTS] if is_told else [module.ACCOUNTS_PLAIN]
    config = output / "bookplate.toml"
    output.mkdir(exist_ok=True)
    config.write_text("\n".join(settings), encoding="utf-8")
    with opened(service) as url:
        main([url, "--config", str(config), "--output", str(output), *arguments])
    return command.read_report(output)


def alarms(report: Report) -> list[Any]:
    """Return what failed, and what warns of more than advice."""
    found = [each for each in report["findings"] if each["verdict"] in ("failed", "warned", "error")]
    return [(each["rule"], each["operation"], each["observed"]) for each in found if each["rule"] not in ADVICE]


def share_put_to_the_test(report: Report) -> float:
    """Return how many of the pairs of law and operation were put to the test, without those of pages of an origin."""
    pairs = [each for each in report["findings"] if not each["rule"].startswith(OF_PAGES)]
    checked = [each for each in pairs if each["verdict"] != "not checked"]
    return len(checked) / len(pairs)


# The shares were measured; each may rise, and none may fall.
@pytest.mark.parametrize(("module", "share"), [(garden, 0.0), (depot, 0.0)], ids=["garden", "depot"])
def test_no_experiment_is_an_alarm(module: Any, share: float, tmp_path: Path) -> None:
    report = check(module, service_of(module), tmp_path, *command.rules(*EXPERIMENTS))

    assert alarms(report) == []
    assert share_put_to_the_test(report) >= share


@pytest.mark.nightly
@pytest.mark.parametrize(("module", "share"), [(garden, 0.0), (depot, 0.0)], ids=["garden", "depot"])
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "plain"])
def test_no_law_is_an_alarm(module: Any, share: float, *, is_told: bool, tmp_path: Path) -> None:
    """The generator too, and a document that says nothing of the suite's own."""
    report = check(module, service_of(module), tmp_path, "--max-examples", "8", is_told=is_told)

    assert alarms(report) == []
    assert share_put_to_the_test(report) >= share


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
        (depot, "takes every member", "AUTHZ-06", {"make_crate", "put_crate"}),
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
