"""A control: a refusal shows something only where the same request is accepted without what is tested."""

import pytest

from bookplate import NotChecked, control
from bookplate.wire import Exchange


def answered(status: int, operation: str | None = "fly_kite") -> Exchange:
    return Exchange(operation, "POST", "http://127.0.0.1/kites", [], b"", status, [], b"")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_a_control(status: int) -> None:
    answer = answered(status)

    assert control(answer, "a refusal of a torn kite") is answer


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 500])
def test_without_a_success_nothing_is_checked_and_what_to_write_is_told(status: int) -> None:
    with pytest.raises(NotChecked) as told:
        control(answered(status), "a refusal of a torn kite")

    reason = str(told.value)
    assert reason.startswith("a refusal of a torn kite shows nothing")
    assert f"POST /kites answered {status}: correct the example of fly_kite" in reason
