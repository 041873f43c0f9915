"""What specshift does not see: null, new limits, closed objects, headers, names, pages."""

from typing import Any

import pytest

from bookplate.gate.operations import compare_operations
from bookplate.gate.schemas import compare_schemas

Schemas = dict[str, Any]


def schemas(raw: Any) -> Schemas:
    found: Schemas = raw["components"]["schemas"]
    return found


def null_is_refused(raw: Any) -> None:
    schemas(raw)["BookInput"]["properties"]["published_year"].pop("nullable")


def null_is_given(raw: Any) -> None:
    schemas(raw)["Book"]["properties"]["isbn"].pop("nullable")


def longer_than_before(raw: Any) -> None:
    raw["components"]["parameters"]["NoCache"]["schema"].update(enum=[True])


def field_is_refused(raw: Any) -> None:
    schemas(raw)["UserPatch"]["properties"].pop("tier")


def filter_is_refused(raw: Any) -> None:
    raw["paths"]["/users"]["get"]["parameters"].pop(2)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (null_is_refused, {"null is refused now"}),
        (longer_than_before, {"enum [True] is new: less is accepted than before"}),
        (field_is_refused, {"field tier is gone, and an unknown one is refused"}),
        (filter_is_refused, {"query parameter role is gone, and an unknown one is refused"}),
        (null_is_given, set()),
    ],
)
def test_what_accepts_less_is_breaking(breaks: Any, change: Any, told: set[str]) -> None:
    assert set(breaks(compare_schemas, change)) == told


def test_null_where_there_was_none_is_breaking_in_an_answer(breaks: Any) -> None:
    found = breaks(compare_schemas, lambda raw: schemas(raw)["Health"]["properties"]["status"].update(nullable=True))

    assert found == ["it may be null now"]


def test_another_media_type_is_breaking(breaks: Any, find: Any) -> None:
    def renamed(raw: Any) -> None:
        content = find(raw, "update_book")["requestBody"]["content"]
        content["application/json"] = content.pop("application/merge-patch+json")

    assert breaks(compare_schemas, renamed) == ["media type application/merge-patch+json is taken no more"]


def shorter_age(raw: Any) -> None:
    raw["components"]["headers"]["BrieflyFresh"]["schema"].update(enum=["public, max-age=30"])


def header_may_be_absent(raw: Any) -> None:
    raw["components"]["headers"]["CacheStatus"].pop("required")


def header_is_gone(raw: Any) -> None:
    raw["components"]["responses"]["TooManyRequests"]["headers"].pop("Retry-After")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (shorter_age, {"header cache-control has other values than before"}),
        (header_may_be_absent, {"header cache-status may be absent now"}),
        (header_is_gone, {"answer 429 lost its header retry-after"}),
    ],
)
def test_a_header_less_is_breaking(breaks: Any, change: Any, told: set[str]) -> None:
    assert set(breaks(compare_operations, change)) == told


def test_a_method_of_generated_clients_is_not_renamed(breaks: Any, find: Any) -> None:
    found = breaks(compare_operations, lambda raw: find(raw, "get_book").update(operationId="read_book"))

    assert found == ["operationId was get_book: generated clients name a method after it"]


def test_another_order_is_breaking_and_another_filter_is_not(breaks: Any, find: Any) -> None:
    def reordered(raw: Any) -> None:
        find(raw, "list_users")["x-pagination"]["order"] = ["-/id"]

    def filtered(raw: Any) -> None:
        find(raw, "list_users")["x-pagination"]["filters"]["active"] = {"at": "/active", "is": "equal"}

    assert breaks(compare_operations, reordered) == ["the pages changed: x-pagination/order is not what it was"]
    assert breaks(compare_operations, filtered) == []
