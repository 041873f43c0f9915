"""A door that opens is as breaking as one that closes."""

from typing import Any

import pytest

from spec_gate.access import compare_access


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
