"""Coverage: what the campaign never saw work has not been checked."""

from typing import TYPE_CHECKING

from ..fault import Answer, Request
from ..operation import Operation, is_plain
from ..rule import NotChecked, Violation, coverage_law

if TYPE_CHECKING:
    from ..campaign import CampaignResult


@coverage_law("SPEC-04", source="#/paths")
def every_operation_is_seen_to_work(
    operation: Operation,
    campaign: "CampaignResult",
    fewest: int,
    unobserved: tuple[dict[str, list[str]], list[str]] | None,
) -> str:
    """
    Every operation answers 2xx to generated input, and every documented status and media type is seen.

    The campaign must not skimp on cases. What contract.toml says cannot be observed is left out.
    """
    cases = campaign.cases[operation.id]
    # The generator may run out of what a path can say, deletions use it up.
    if cases < (1 if is_plain(operation) else fewest):
        raise NotChecked(f"{cases} cases were generated, and it takes {fewest}: describe more of what it may be sent")
    missing = unobserved[0][operation.id] if unobserved else []
    if not campaign.generated_2xx[operation.id]:
        seen = sorted({status for name, status, _ in campaign.observed if name == operation.id})
        if 429 in seen:
            raise NotChecked(
                "the target's limits refused what might have worked: let it take a {document} with higher ones"
            )
        if operation.access is None and set(seen) <= {401, 403}:
            raise NotChecked("nobody was let in: say in x-access who may, and how to be one in contract.toml")
        observed = f"no 2xx in {cases} cases; answers were {', '.join(map(str, seen))}"
        raise Violation(observed + (f"; never answered {', '.join(missing)}" if missing else ""), expected="a 2xx")
    if unobserved is None:
        return "whether every documented status is seen shows only in a full run"
    if missing:
        expected = f"each at least once, or a reason in contract.toml under [unobserved]: '{operation.id} STATUS'"
        raise Violation(f"{operation.id} never answered {', '.join(missing)}", expected=expected)
    return ""


@every_operation_is_seen_to_work.broken_by
def an_operation_always_refuses(request: Request, answer: Answer) -> None:
    """Whoever asks by GET is told that there is nothing."""
    if request.method == "GET":
        answer.become(404)
