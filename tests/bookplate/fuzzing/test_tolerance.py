"""What schemathesis finds and a standard allows is no finding."""

from types import SimpleNamespace

import pytest
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import AuthScenario, IgnoredAuth, MissingHeaderNotRejected

from bookplate.fuzzing.tolerance import is_conformant

WHERE = "GET /lamps"
NO_CREDENTIALS = IgnoredAuth(operation=WHERE, message="", scenario=next(iter(AuthScenario)))
NO_HEADER = MissingHeaderNotRejected(
    operation=WHERE, header_name="X-Room", status_code=0, expected_statuses=[400], message=""
)


@pytest.mark.parametrize("failure", [NO_CREDENTIALS, NO_HEADER], ids=["no credentials", "no header"])
@pytest.mark.parametrize(("status", "is_allowed"), [(429, True), (200, False), (404, False), (500, False)])
def test_a_limit_may_refuse_before_the_request_is_looked_at(failure: Failure, status: int, is_allowed: bool) -> None:
    answer = SimpleNamespace(status_code=status, request=SimpleNamespace(method="GET"))

    assert is_conformant(failure, answer, "get") is is_allowed
