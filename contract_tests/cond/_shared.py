"""What several COND laws use."""

from bookplate import NotChecked, Violation
from bookplate.contract import Operation
from bookplate.wire import Exchange, missing_header

# Entity tags that no representation has, in the forms that documents ask for: any text, numbers, hashes, UUIDs.
UNKNOWN_TAGS = (
    '"of-nothing-at-all"',
    '"0"',
    '"00000000000000000000000000000000"',
    '"0000000000000000000000000000000000000000"',
    '"0000000000000000000000000000000000000000000000000000000000000000"',
    '"00000000-0000-4000-8000-000000000000"',
)


def etag_of(answer: Exchange, operation: Operation) -> str:
    """Return the ETag of an answer of an operation. Where it has none: Violation if one is documented, else NotChecked."""
    tag = answer.header("etag")
    if tag is not None:
        return tag
    observed = f"{answer.summary()} without an ETag"
    if operation.success.header("ETag") is None:
        raise NotChecked(f"{observed}: document one, if there is one")
    raise Violation(observed, expected="an ETag", exchanges=[answer], defect=missing_header("ETag"))


def takes(operation: Operation, field: str, value: str) -> bool:
    """Tell whether a value breaks no schema that the document has for a header field of requests."""
    parameter = operation.parameter(field, "header")
    return parameter is None or parameter.schema.allows(value, request=True)


def unknown_tag(operation: Operation, field: str) -> str | None:
    """Return an entity tag that nothing has, in the form that the document asks for; None where it allows none of ours."""
    return next((tag for tag in UNKNOWN_TAGS if takes(operation, field, tag)), None)
