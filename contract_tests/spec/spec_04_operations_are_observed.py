"""SPEC-04: operations are observed."""

from bookplate import NotChecked, Violation, coverage_law, fault, partly
from bookplate.contract import Operation, is_plain
from bookplate.faults import Answer, Request
from bookplate.laws import Coverage


@coverage_law("SPEC-04", source="#/paths")
def test_operations_are_observed(operation: Operation, coverage: Coverage) -> None:
    """
    Every operation answers 2xx to generated input, and every documented status and media type is seen.

    The generator must not skimp on cases. What contract.toml says cannot be observed is left out.
    """
    # The generator may run out of what a path can say, deletions use it up.
    fewest = 1 if is_plain(operation) else coverage.fewest
    if coverage.cases < fewest:
        raise NotChecked(
            f"{coverage.cases} cases were generated, and it takes {coverage.fewest}: describe more of what it may be sent"
        )
    missing = ", ".join(coverage.missing or ())
    if not coverage.generated_2xx:
        refuse_excuses(operation, coverage)
        observed = f"no 2xx in {coverage.cases} cases; answers were {', '.join(map(str, coverage.statuses))}"
        raise Violation(f"{observed}; never answered {missing}" if missing else observed, expected="a 2xx")
    if coverage.missing is None:
        partly("whether every documented status is seen shows only in a full run")
    if missing:
        expected = f"each at least once, or a reason in contract.toml under [unobserved]: '{operation.id} STATUS'"
        raise Violation(f"{operation.id} never answered {missing}", expected=expected)


def refuse_excuses(operation: Operation, coverage: Coverage) -> None:
    """Raise NotChecked where limits or missing rights, and not the operation, kept every request from success."""
    if 429 in coverage.statuses:
        raise NotChecked("the target's limits refused what might work: let it take a {document} with higher ones")
    if operation.access is None and set(coverage.statuses) <= {401, 403}:
        raise NotChecked("nobody was let in: say in x-access who may, and how to be one in contract.toml")


@fault(test_operations_are_observed)
def an_operation_always_refuses(request: Request, answer: Answer) -> None:
    """Whoever asks by GET is told that there is nothing."""
    answer.become(404, where=request.method == "GET")
