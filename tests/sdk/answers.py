"""What a test says about an answer of the generated Python client: its status and its type, at once."""

from typing import Any, TypeVar

from bookplate_client.models import Problem, ProblemCode
from bookplate_client.types import Response

Kind = TypeVar("Kind")


def expect(kind: type[Kind], status: int, answer: Response[Any]) -> Kind:
    """Return the content of the answer, which has this status and was parsed as this type."""
    assert answer.status_code == status, answer.content
    assert isinstance(answer.parsed, kind)
    return answer.parsed


def expect_problem(status: int, code: ProblemCode, answer: Response[Any]) -> Problem:
    """Return the problem, whose code and status are these."""
    problem = expect(Problem, status, answer)
    assert (problem.code, problem.status) == (code, status)
    assert problem.request_id == answer.headers["X-Request-Id"]
    return problem


def expect_nothing(status: int, answer: Response[Any]) -> None:
    """Check that the answer has this status and no content."""
    assert (answer.status_code, answer.parsed, answer.content) == (status, None, b"")
