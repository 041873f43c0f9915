"""SPEC-04: operations are observed."""

from bookplate import NotChecked, coverage_law, expect, fault, listed, partly
from bookplate.contract import Operation, is_plain
from bookplate.faults import Answer, Request
from bookplate.laws import Coverage


@coverage_law("SPEC-04", source="#/paths", explained_by=("AUTHZ-01", "AUTHZ-02", "AUTHZ-05"))
def test_operations_are_observed(operation: Operation, coverage: Coverage) -> None:
    """
    Generated requests to an operation get a 2xx, and every status and media type that it documents.

    Answers that bookplate.toml excuses under [unobserved] are left out. Too few generated requests prove nothing: then
    the operation is not checked. So it is where a service that the suite did not start never gave an answer, as nobody
    knows what that service would need for it. A 2xx to a request of the suite's own, such as its log-in, counts.

    Why it matters: an answer that never comes cannot be relied on, and nothing here has checked it. The document
    promises an error that the service does not know, or the service never accepts what the document allows.

    To mend it: look at what was never answered: a status that no request brings about is often no longer in the
    code, and then goes out of the document. Where nothing succeeds, give examples that are valid, or links to the
    operation that makes what it needs.
    """
    refuse_too_few_cases(operation, coverage)
    missing = coverage.missing or ()

    has_success = coverage.generated_2xx > 0 or coverage.own_2xx > 0
    if not has_success:
        refuse_excuses(operation, coverage)
    statuses = ", ".join(map(str, coverage.statuses))
    observed = f"no 2xx in {coverage.cases} cases; answers were {statuses}"
    if missing:
        observed += f"; never answered {listed(missing)}"
    if not coverage.is_ours and (missing or not has_success):
        raise NotChecked(f"{observed}: say in bookplate.toml under [unobserved] what cannot be had from this service")
    expect.that(has_success, observed, expected="a 2xx")
    if coverage.missing is None:
        partly("whether every documented status is seen: that takes a full run", tested="a 2xx")
    if not coverage.generated_2xx:
        partly("generated requests: no 2xx came", tested="the suite's own requests")
    expected = f"each at least once, or a reason in bookplate.toml under [unobserved]: '{operation.id} STATUS'"
    expect.that(not missing, f"{operation.id} never answered {listed(missing)}", expected=expected)


def refuse_too_few_cases(operation: Operation, coverage: Coverage) -> None:
    """Raise NotChecked where fewer requests were generated than it takes to tell."""
    # Where requests differ in their path alone, each deletion takes an item away, until none is left to be asked for.
    fewest = 1 if is_plain(operation) else coverage.fewest
    if coverage.cases < fewest:
        raise NotChecked(
            f"{coverage.cases} cases were generated, and it takes {coverage.fewest}: describe more of what it may be sent"
        )


def refuse_excuses(operation: Operation, coverage: Coverage) -> None:
    """Raise NotChecked where limits or missing rights, and not the operation, kept every request from success."""
    if 429 in coverage.statuses:
        raise NotChecked(
            "rate limits refused the requests that might have worked: put {document} into the target's command, "
            "and the suite starts it with higher limits"
        )
    # A service may look at the content first, and at who has sent it only then.
    if not coverage.was_signed:
        raise NotChecked("nobody had a credential to show: say below [accounts] in bookplate.toml who may call it")
    refusals = set(coverage.statuses) - {405}  # of methods that the document does not have
    if not operation.declares_access and refusals <= {401, 403}:
        raise NotChecked("nobody was let in: say in x-access who may, and how to be one in bookplate.toml")


@fault(test_operations_are_observed)
def an_operation_always_refuses(request: Request, answer: Answer) -> None:
    """Every GET is answered 404."""
    if request.method == "GET":
        answer.become(404)
