"""Coverage: what the campaign never saw work has not been checked."""

from collections.abc import Generator

from ..campaign import CampaignResult
from ..fault import Answer, Request
from ..operation import Operation
from ..rule import NotChecked, Violation, coverage_law


@coverage_law("SPEC-04", source="#/paths")
def every_operation_is_seen_to_work(operation: Operation, campaign: CampaignResult, fewest: int) -> None:
    """Every operation answers 2xx to generated input at least once, in a campaign that does not skimp on cases."""
    cases = campaign.cases[operation.id]
    if cases < fewest:
        raise Violation(f"{cases} cases were generated", expected=f"at least {fewest}")
    if not campaign.generated_2xx[operation.id]:
        seen = sorted({status for name, status, _ in campaign.observed if name == operation.id})
        if 429 in seen:
            raise NotChecked(
                "the target's limits refused what might have worked: let it take a {document} with higher ones"
            )
        raise Violation(f"no 2xx in {cases} cases; answers were {', '.join(map(str, seen))}", expected="a 2xx")


@every_operation_is_seen_to_work.broken_by
def an_operation_always_refuses(request: Request) -> Generator[None, Answer, None]:
    """Whoever asks by GET is told that there is nothing."""
    answer = yield
    if request.method == "GET":
        answer.become(404)
