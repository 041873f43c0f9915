"""SPEC-03: a 404 that nobody declares is no missing route where the request named an item that is not there."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from bookplate.contract.document import Document
from bookplate.wire.exchange import Exchange
from tests.bookplate import command
from tests.bookplate.law_modules import law_module
from tests.fakes.kiosk import DOCUMENT, Kiosk, kiosk

LAW = law_module("SPEC-03")


@pytest.fixture(name="service")
def _service() -> Iterator[Kiosk]:
    with kiosk() as service:
        yield service


def finding_of(service: Kiosk, folder: Path, operation: str, paths: dict[str, Any]) -> tuple[str, str]:
    """Return verdict of SPEC-03 at an operation and why, where a document has these paths."""
    document = folder / "stamps.json"
    document.write_text(json.dumps({**DOCUMENT, "paths": paths}), encoding="utf-8")
    main([service.url, "--document", str(document), "--output", str(folder / "out"), "--rule", "SPEC-03"])
    found = command.read_report(folder / "out")["findings"]
    return next((each["verdict"], each["reason"]) for each in found if each["operation"] == operation)


def test_an_item_that_is_not_there_is_no_missing_route(service: Kiosk, tmp_path: Path) -> None:
    paths = copy.deepcopy(DOCUMENT["paths"])
    del paths["/stamps/{stamp_id}"]["get"]["responses"]["4XX"]

    verdict, _ = finding_of(service, tmp_path, "get_stamp", paths)

    assert verdict == "passed"


def test_a_path_without_parameters_that_nothing_serves_is_a_missing_route(service: Kiosk, tmp_path: Path) -> None:
    inks = {"operationId": "list_inks", "responses": {"200": {"description": "All."}}}

    verdict, _ = finding_of(service, tmp_path, "list_inks", {**DOCUMENT["paths"], "/inks": {"get": inks}})

    assert verdict == "failed"


def test_a_missing_route_shows_where_nobody_can_be_signed_in(service: Kiosk, tmp_path: Path) -> None:
    """The kiosk asks nobody who they are; its document says that it does, and not how to sign up."""
    asks: dict[str, Any] = {"security": [{"key": []}]}
    inks = {"operationId": "list_inks", "responses": {"200": {"description": "All."}}, **asks}

    verdict, _ = finding_of(service, tmp_path, "list_inks", {**DOCUMENT["paths"], "/inks": {"get": inks}})

    assert verdict == "failed"


@pytest.mark.parametrize(("documented", "missing"), [("501", False), ("5XX", True), ("default", True)])
def test_a_501_is_declared_by_its_number(documented: str, missing: bool) -> None:
    responses = {"200": {"description": "All."}, documented: {"description": "There is no press."}}
    raw = {**DOCUMENT, "paths": {"/inks": {"get": {"operationId": "list_inks", "responses": responses}}}}
    operation = Document(Path("inks.json"), raw, {}).operation("list_inks")
    answer = Exchange("list_inks", "GET", "http://127.0.0.1:1/inks", [], b"", 501, [], b"")

    assert LAW.is_missing(operation, answer) is missing
