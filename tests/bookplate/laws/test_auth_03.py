"""Where a stranger's operations look at no token, a bad one opens nothing."""

from pathlib import Path
from typing import Any

from bookplate.cli import main
from tests.bookplate import command
from tests.fakes.doors import JSON, Doors, opened


def verdicts(doors: Doors, folder: Path, **roles: JSON) -> dict[str, str]:
    """Check that forged tokens are refused, with a token of Ada's, and return the verdict of each operation."""
    document, output = doors.write(folder, **roles), folder / "out"
    token = doors.token_of("ada@example.com")
    with opened(doors) as url:
        options = ["--document", str(document), "--output", str(output), "--bearer", token]
        main([url, *options, "--rule", "AUTH-03"])
    return {each["operation"]: each["verdict"] for each in command.read_report(output)["findings"]}


def test_log_ins_that_nobody_has_marked_are_not_checked(tmp_path: Path) -> None:
    """
    They document a 401, for a wrong password, and refuse the request for its content.

    An empty x-auth-role says that they are not to be taken for log-ins by their names.
    """
    unmarked: JSON = {"x-auth-role": {}}
    found = verdicts(Doors([{"bearer": []}]), tmp_path, form=unmarked, nested=unmarked)

    assert {found[name] for name in ("sign_up", "enter", "enter_by_form")} == {"not checked"}
    assert {found[name] for name in ("list_items", "make_item", "get_item")} == {"passed"}


class Polite(Doors):
    """Leads whoever it does not know to a page that is open to all."""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, JSON, Any]:
        status, fields, content = super().answer(method, target, headers, body)
        return (302, {"Location": "/v1/status"}, None) if status == 401 else (status, fields, content)


def test_a_redirect_to_a_page_for_all_opens_nothing(tmp_path: Path) -> None:
    found = verdicts(Polite([{"bearer": []}]), tmp_path)

    assert {found[name] for name in ("list_items", "make_item", "get_item")} == {"passed"}


class Careless(Doors):
    """Takes every token for one of Ada's."""

    def person(self, scheme: str, query: dict[str, list[str]], headers: dict[str, str]) -> str | None:
        return "ada@example.com" if headers.get("authorization", "").startswith("Bearer ") else None


def test_tokens_that_open_without_being_issued_are_found(tmp_path: Path) -> None:
    found = verdicts(Careless([{"bearer": []}]), tmp_path)

    assert found["list_items"] == "failed"
