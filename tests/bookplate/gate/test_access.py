"""A door that opens is as breaking as one that closes."""

from typing import Any

import pytest

from bookplate.gate.access import compare_access
from bookplate.gate.finding import BREAKING


def opened(find: Any) -> Any:
    return lambda raw: find(raw, "create_book").update(security=[])


def closed(find: Any) -> Any:
    return lambda raw: find(raw, "get_book").pop("security")


def any_user_deletes(find: Any) -> Any:
    return lambda raw: find(raw, "delete_book")["x-access"]["allow"].append("user")


def admins_may_not(find: Any) -> Any:
    return lambda raw: find(raw, "delete_book")["x-access"]["allow"].remove("admin")


def hidden_no_more(find: Any) -> Any:
    return lambda raw: find(raw, "get_user")["x-access"].update(otherwise=403)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (opened, "access loosened: it needs no token any more"),
        (closed, "access tightened: it needs a token now"),
        (any_user_deletes, "access loosened: user may call it now"),
        (admins_may_not, "access tightened: admin may not call it any more"),
        (hidden_no_more, "access changed: a refusal is 403, and was 404"),
    ],
)
def test_every_change_of_access_is_breaking(breaks: Any, find: Any, change: Any, told: str) -> None:
    assert breaks(compare_access, change(find)) == [told]


def test_a_global_requirement_reaches_the_operations_that_say_nothing(breaks: Any, find: Any) -> None:
    found = breaks(compare_access, lambda raw: raw.update(security=[]))

    assert set(found) == {"access loosened: it needs no token any more"}
    assert len(found) > 5


def test_access_that_stays_is_not_mentioned(breaks: Any) -> None:
    assert breaks(compare_access, lambda raw: None) == []


def pages_of(*groups: str) -> Any:
    return {"x-cors": {"origins": list(groups)}}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (pages_of("apps"), pages_of("apps", "kiosks"), ["access loosened: pages of kiosks may call it now"]),
        (pages_of("apps", "kiosks"), pages_of("apps"), ["access tightened: pages of kiosks may not call it any more"]),
        (pages_of("apps"), {}, ["access loosened: pages of every origin in the settings may call it now"]),
        ({}, pages_of(), ["pages of no origin may call it, and the settings alone said so"]),
        ({}, pages_of("apps"), []),
        (pages_of("apps", "kiosks"), pages_of("kiosks", "apps"), []),
    ],
)
def test_a_change_of_the_pages_that_may_call_is_breaking(
    both: Any, find: Any, before: Any, after: Any, told: list[str]
) -> None:
    old, new = (both(lambda raw, keys=keys: find(raw, "get_book").update(keys))[1] for keys in (before, after))

    assert [finding.message for finding in compare_access(old, new) if finding.level == BREAKING] == told


def test_groups_are_compared_as_they_reach_an_operation(both: Any, find: Any) -> None:
    """What an operation says itself counts before its tag, and that before the root."""

    def everywhere(raw: Any) -> None:
        raw.update(pages_of("apps"))
        find(raw, "get_book").update(pages_of("kiosks"))

    old, new = both(everywhere)[1], both(lambda raw: raw.update(pages_of("apps")))[1]

    assert {(finding.operation, finding.level) for finding in compare_access(old, new)} == {("get_book", BREAKING)}
