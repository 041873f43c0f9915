"""SPEC-04: operations are observed."""

from typing import TYPE_CHECKING

from bookplate import NotChecked, Violation, coverage_law, fault
from bookplate.contract import Operation, is_plain
from bookplate.faults import Answer, Request

if TYPE_CHECKING:
    from bookplate.fuzzing import FuzzingResult


Unobserved = tuple[dict[str, list[str]], list[str]] | None


@coverage_law("SPEC-04", source="#/paths")
def test_operations_are_observed(
    operation: Operation, fuzzing: "FuzzingResult", fewest: int, unobserved: Unobserved
) -> str:
    """
    Every operation answers 2xx to generated input, and every documented status and media type is seen.

    The campaign must not skimp on cases. What contract.toml says cannot be observed is left out.
    """
    cases = fuzzing.cases[operation.id]
    # The generator may run out of what a path can say, deletions use it up.
    if cases < (1 if is_plain(operation) else fewest):
        raise NotChecked(f"{cases} cases were generated, and it takes {fewest}: describe more of what it may be sent")
    missing = unobserved[0][operation.id] if unobserved else []
    if not fuzzing.generated_2xx[operation.id]:
        seen = sorted({status for name, status, _ in fuzzing.observed if name == operation.id})
        if 429 in seen:
            raise NotChecked("the target's limits refused what might work: let it take a {document} with higher ones")
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


@fault(test_operations_are_observed)
def an_operation_always_refuses(request: Request, answer: Answer) -> None:
    """Whoever asks by GET is told that there is nothing."""
    answer.become(404, where=request.method == "GET")
