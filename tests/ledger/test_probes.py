"""Each probe shows its defect, and the service without it keeps all promises."""

from collections.abc import Iterator

import pytest

from .defect import Defect, caller
from .service import NAMES, Service, Stage, stage

NUMBER_OF_DEFECTS = 12


@pytest.fixture(name="shown", scope="module")
def _shown() -> Iterator[Stage]:
    with stage() as found:
        yield found


def holds(shown: Stage, service: Service, defect: Defect, *, planted: bool) -> bool:
    """Play the probe on a new application, with the defect or without; only what is called a crash may be one."""
    shown.show(service.app(defect if planted else None))
    with caller(shown.address) as web:
        kept = defect.holds(web)
    assert not shown.crashes or (planted and "crash" in defect.name), f"{defect.name} crashes"
    return kept


@pytest.mark.parametrize("name", NAMES)
def test_each_defect_is_visible_and_nothing_else(shown: Stage, name: str) -> None:
    service = Service(name)

    unseen = [each.name for each in service.defects if holds(shown, service, each, planted=True)]
    false = [each.name for each in service.defects if not holds(shown, service, each, planted=False)]

    assert len({each.name for each in service.defects}) == NUMBER_OF_DEFECTS
    assert unseen == [], "these defects break nothing that their probes see"
    assert false == [], "the service breaks these promises without any defect"
