"""What a person has changed fits what `bookplate init` has written."""

from pathlib import Path

import pytest

from bookplate.contract.reading import read
from bookplate.target.config import Config

from .services import SERVICES
from .settings import CHANGES, write_changed, written_otherwise


@pytest.mark.parametrize("name", SERVICES)
def test_the_changes_of_a_person_can_be_applied(name: str, tmp_path: Path) -> None:
    service = SERVICES[name]

    settings = write_changed(service, tmp_path / "settings")

    config = Config.read(settings)
    assert config.overlay is not None
    assert "actions" in read(config.overlay, None).value
    is_changed = (service.folder / CHANGES).exists()
    assert bool(written_otherwise(service, settings.parent)) is is_changed


def test_another_text_and_another_file_are_told(tmp_path: Path) -> None:
    service = SERVICES["httpbin"]
    settings = write_changed(service, tmp_path / "settings")

    assert written_otherwise(service, settings.parent) == []
    settings.write_text("disposable = true\n", encoding="utf-8")
    (tmp_path / "settings" / "more.toml").write_text("", encoding="utf-8")

    assert written_otherwise(service, settings.parent) == ["bookplate.toml", "more.toml"]
