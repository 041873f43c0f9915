"""What the adapter takes for granted of an engine that is not public: a new release must show here first."""

from dataclasses import fields

import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.engine import events
from schemathesis.engine.recorder import CaseNode, CheckFailureInfo, CheckNode, Interaction, Request, ScenarioRecorder
from schemathesis.schemas import BaseSchema

from bookplate.laws.catalogue import Catalogue


def test_version_is_the_one_that_was_read() -> None:
    assert schemathesis.__version__ == "4.32.5"


def test_events_have_the_fields() -> None:
    assert {"phase", "recorder"} <= set(events.ScenarioFinished.__slots__)
    assert {"label", "value", "info"} <= set(events.NonFatalError.__slots__)
    assert "exception" in events.FatalError.__slots__


def test_recorder_has_the_fields() -> None:
    recorder = ScenarioRecorder(label="any")

    assert (recorder.cases, recorder.checks, recorder.interactions) == ({}, {}, {})
    assert callable(recorder.iter_chain_cases)


def test_nodes_have_the_fields() -> None:
    assert {"value", "parent_id", "transition"} <= {field.name for field in fields(CaseNode)}
    assert {"name", "status", "failure_info"} <= {field.name for field in fields(CheckNode)}
    assert {"failure"} <= {field.name for field in fields(CheckFailureInfo)}
    assert {"request", "response"} <= {field.name for field in fields(Interaction)}
    assert {"method", "uri", "body", "headers"} <= set(Request.__slots__)


def test_schema_can_be_narrowed_hooked_and_signed() -> None:
    assert callable(BaseSchema.exclude)
    assert hasattr(BaseSchema, "hook")
    assert "auth" in {field.name for field in fields(BaseSchema)}


def test_every_check_reports_under_a_rule() -> None:
    load_all_checks()

    assert [name for name in CHECKS.get_all_names() if Catalogue.shipped().for_check(name) is None] == []
