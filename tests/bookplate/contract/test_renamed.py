"""Old names of extension keys: read as their successors, with a notice; `bookplate lint` takes them for errors."""

from pathlib import Path

import pytest

from bookplate.contract import Document
from bookplate.gate.diff import compare_documents
from bookplate.gate.lint import lint

ROOT = Path(__file__).parents[3]
NEW = """\
openapi: 3.0.3
info: {title: Notes, version: 0.1.0}
x-rate-limit:
  policies: {}
x-size-limits: {content: 1000}
paths:
  /notes:
    get:
      operationId: list_notes
      security: [{key: []}]
      x-access:
        allow: [admin]
        refusal: 404
      x-cache:
        store: 60
        max-staleness: 5
      responses: {'200': {description: The notes.}}
    post:
      operationId: create_note
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses: {'201': {description: The note.}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Note:
      properties:
        title:
          type: string
          x-unique:
            equivalent: [note, NOTE]
"""
OLD = (
    NEW.replace("x-size-limits: {content: 1000}", "  sizes: {content: 1000}")
    .replace("refusal:", "otherwise:")
    .replace("max-staleness:", "lag:")
    .replace("equivalent:", "twins:")
)
CHANGES = [
    (
        "x-size-limits: {",
        "  sizes: {",
        "`sizes` of x-rate-limit is called `x-size-limits` now: write that beside x-rate-limit",
    ),
    ("refusal:", "otherwise:", "`otherwise` of x-access is called `refusal` now: write that in its place"),
    ("max-staleness:", "lag:", "`lag` of x-cache is called `max-staleness` now: write that in its place"),
    ("equivalent:", "twins:", "`twins` of x-unique is called `equivalent` now: write that in its place"),
]


def write(folder: Path, text: str, name: str = "openapi.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def line_of(text: str, word: str) -> int:
    return 1 + next(number for number, line in enumerate(text.splitlines()) if word in line)


@pytest.mark.parametrize(("new", "old", "told"), CHANGES)
def test_an_old_name_is_read_with_a_notice_of_its_successor(tmp_path: Path, new: str, old: str, told: str) -> None:
    text = NEW.replace(new, old)
    path = write(tmp_path, text)

    document = Document.load(path)

    assert [str(notice) for notice in document.notices] == [f"{path}:{line_of(text, old)}: {told}"]
    assert document.old_names == document.notices


def test_each_of_several_old_names_is_told(tmp_path: Path) -> None:
    assert len(Document.load(write(tmp_path, OLD)).notices) == len(CHANGES)


def test_lint_takes_old_names_for_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, OLD)

    assert lint(["--only", "laws", str(path)]) == 1

    said = capsys.readouterr().out
    assert all(told in said for _, _, told in CHANGES)


def test_an_old_name_that_an_overlay_adds_has_the_line_of_the_overlay(tmp_path: Path) -> None:
    path = write(tmp_path, NEW)
    overlay = write(
        tmp_path,
        "overlay: 1.0.0\n"
        "info: {title: Notes, version: 0.1.0}\n"
        "actions:\n"
        "  - target: $.paths['/notes'].get\n"
        "    update:\n"
        "      x-cache: {lag: 5}\n",
        "overlay.yaml",
    )

    (notice,) = Document.load(path, overlay).notices

    assert str(notice).startswith(f"{overlay}:6: `lag` of x-cache")


def test_a_policy_may_have_an_old_name(tmp_path: Path) -> None:
    """A name is old only as a member of its own key."""
    policy = "policies: {sizes: {limit: 1, window: 60, by: principal}}"
    document = Document.load(write(tmp_path, NEW.replace("policies: {}", policy)))

    assert list(document.policies) == ["sizes"]


def test_a_released_document_is_read_with_its_old_names(tmp_path: Path) -> None:
    released = Document.load(write(tmp_path, OLD))
    get, post = released.operations

    assert released.size_limits == {"content": 1000}
    assert (get.access and get.access.declared_refusal, get.cache and get.cache.max_staleness) == (404, 5)
    assert post.members["title"].equivalent == ("note", "NOTE")


def test_what_has_another_name_keeps_its_line(tmp_path: Path) -> None:
    released = Document.load(write(tmp_path, OLD))
    get = "/paths/~1notes/get"

    assert released.line("/x-size-limits/content") == line_of(OLD, "sizes:")
    assert released.line(f"{get}/x-access/refusal") == line_of(OLD, "otherwise:")
    assert released.line(f"{get}/x-cache/max-staleness") == line_of(OLD, "lag:")
    assert released.line(f"{get}/x-access/allow") == line_of(OLD, "allow:")


def test_another_name_for_the_same_is_no_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write(tmp_path, OLD, "old.yaml"), write(tmp_path, NEW, "new.yaml")

    assert compare_documents(old, new, announced=False) == 0
    assert capsys.readouterr().out == f"{new}: changes nothing for clients of {old}\n"


@pytest.mark.parametrize("path", sorted((ROOT / "openapi" / "released").glob("*.yaml")), ids=lambda path: path.name)
def test_every_released_document_can_be_compared(path: Path) -> None:
    assert Document.load(path).operations
