"""Finds out whether a running API keeps the promises of its OpenAPI document."""

from .laws import expect
from .laws.control import control
from .laws.law import Needs, coverage_law, delegated, document_law, experiment, fault, invariant
from .laws.notes import partly, rests_on
from .laws.severity import Severity
from .laws.verdict import MUST, SHOULD, NotExercised
from .laws.words import asked, listed, said
from .wire.outcomes import NotChecked, Violation

__version__ = "0.1.0"

__all__ = [
    "MUST",
    "SHOULD",
    "Needs",
    "NotChecked",
    "NotExercised",
    "Severity",
    "Violation",
    "asked",
    "control",
    "coverage_law",
    "delegated",
    "document_law",
    "expect",
    "experiment",
    "fault",
    "invariant",
    "listed",
    "partly",
    "rests_on",
    "said",
]
