"""`bookplate lint`: any document, every mistake in a line of its own, and an exit code that says how it ended."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookplate.cli import main
from bookplate.contract import Document
from bookplate.gate import lint
from bookplate.gate.finding import ERROR, Finding
from bookplate.gate.node import NotInstalled
from tests.bookplate.gate.documents import THINGS, line_of, write_json, write_yaml
from tests.fakes.server import Server

ROOT = Path(__file__).parents[3]
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each command run in an empty folder, outside any clone."""
    monkeypatch.chdir(tmp_path)


def test_a_sound_document_has_nothing_to_mend(tmp_path: Path, capsys: Output) -> None:
    path = write_yaml(tmp_path)

    assert main(["lint", str(path), "--only", "laws"]) == 0
    assert capsys.readouterr().out == f"{path}: nothing to mend (laws)\n"


def test_every_mistake_has_a_line_of_its_own(tmp_path: Path, capsys: Output) -> None:
    wrong = THINGS.replace("type: integer", "type: whole").replace("description: All things", "descriptoin: All things")
    path = write_yaml(tmp_path, wrong.replace("example: a spade", "example: 7"))

    assert main(["lint", str(path), "--only", "laws"]) == 1
    *findings, last = capsys.readouterr().out.splitlines()
    assert {int(finding.removeprefix(f"{path}:").partition(":")[0]) for finding in findings} >= {
        line_of(path, "type: whole"),
        line_of(path, "descriptoin"),
    }
    assert last.startswith(f"{path}: {len(findings)} to mend")


def test_an_unknown_member_is_found_at_its_own_line_with_a_remedy(tmp_path: Path, capsys: Output) -> None:
    path = write_yaml(tmp_path, THINGS.replace("      security: []", "      securty: []"))

    assert main(["lint", str(path), "--only", "laws"]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(f"{path}:{line_of(path, 'securty')}: SPEC-01: 'securty'")
    assert first.endswith(": remove it or mend its name")


def test_a_document_in_json_is_read_with_its_lines(tmp_path: Path, capsys: Output) -> None:
    raw = yaml.safe_load(THINGS)
    raw["paths"]["/things"]["get"]["responses"]["200"].pop("description")
    path = write_json(tmp_path, raw)

    assert main(["lint", str(path), "--only", "laws", "--only", "yamllint"]) == 1
    assert capsys.readouterr().out.startswith(f"{path}:{line_of(path, '200')}: SPEC-01: 'description'")


def test_a_mistake_of_syntax_is_a_finding_at_its_line(tmp_path: Path, capsys: Output) -> None:
    path = write_yaml(tmp_path, THINGS.replace("type: array", "type: array: list"))

    assert main(["lint", str(path)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{path}:{line_of(path, 'array: list')}: YAML: ")
    assert last == f"{path}: 1 to mend (the other checks wait for this)"


def test_an_old_name_of_a_key_is_one_finding_with_its_successor(tmp_path: Path, capsys: Output) -> None:
    wrong = THINGS.replace("      security: []", "      security: []\n      x-cache: {store: 60, lag: 5}")
    path = write_yaml(tmp_path, wrong)

    assert main(["lint", str(path), "--only", "laws"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:{line_of(path, 'lag')}: `lag` of x-cache is called `max-staleness` now: write that in its place",
        f"{path}: 1 to mend (laws)",
    ]


def test_a_reference_to_nothing_is_a_finding_at_its_line(tmp_path: Path, capsys: Output) -> None:
    path = write_yaml(
        tmp_path, THINGS.replace("'200':", "'404': {$ref: '#/components/responses/Lost'}\n        '200':")
    )

    assert main(["lint", str(path), "--only", "laws"]) == 1
    assert capsys.readouterr().out.startswith(f"{path}:{line_of(path, 'Lost')}: SPEC-01: #/components/responses/Lost")


@pytest.mark.parametrize("arguments", [["absent.yaml"], ["things.yaml", "--overlay", "absent.yaml"]])
def test_a_missing_file_is_an_error_of_the_set_up(arguments: list[str], tmp_path: Path, capsys: Output) -> None:
    write_yaml(tmp_path)

    assert main(["lint", *arguments]) == 2
    assert capsys.readouterr().err == "bookplate lint: absent.yaml: cannot be read: No such file or directory\n"


def test_a_folder_without_the_usual_document_asks_for_one(capsys: Output) -> None:
    assert main(["lint"]) == 2
    assert capsys.readouterr().err == (
        "bookplate lint: there is no openapi/openapi.yaml here: name a document, as in `bookplate lint openapi.yaml`\n"
    )


def test_the_usual_document_needs_no_name(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "openapi").mkdir()
    write_yaml(tmp_path / "openapi", name="openapi.yaml")

    assert main(["lint", "--only", "laws"]) == 0
    assert capsys.readouterr().out == "openapi/openapi.yaml: nothing to mend (laws)\n"


def test_what_an_overlay_adds_is_checked_at_the_line_of_the_overlay(tmp_path: Path, capsys: Output) -> None:
    path = write_yaml(tmp_path)
    action = {"target": "$.paths['/things'].get", "update": {"deprecatd": True}}
    overlay = tmp_path / "overlay.json"
    told = {"overlay": "1.0.0", "info": {"title": "Keys", "version": "1"}, "actions": [action]}
    overlay.write_text(json.dumps(told, indent=1), encoding="utf-8")

    assert main(["lint", str(path), "--overlay", str(overlay), "--only", "laws"]) == 1
    assert capsys.readouterr().out.startswith(f"{overlay}:{line_of(overlay, 'deprecatd')}: SPEC-01: 'deprecatd'")


def not_installed(document: Document) -> Any:
    raise NotInstalled("pip install yamllint")


def test_a_linter_that_is_not_installed_is_named_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    path = write_yaml(tmp_path)
    monkeypatch.setitem(lint.CHECKS, "yamllint", not_installed)

    assert main(["lint", str(path), "--only", "laws", "--only", "yamllint"]) == 0
    output = capsys.readouterr()
    assert output.out == f"{path}: nothing to mend (laws)\n"
    assert output.err == "bookplate lint: not installed: yamllint (pip install yamllint)\n"


def test_a_linter_that_is_not_installed_is_an_error_if_strict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    path = write_yaml(tmp_path)
    monkeypatch.setitem(lint.CHECKS, "yamllint", not_installed)

    assert main(["lint", str(path), "--only", "yamllint", "--strict"]) == 2
    assert capsys.readouterr().err == "bookplate lint: not installed: yamllint (pip install yamllint)\n"


@pytest.mark.parametrize(("name", "successor"), [("changes", "bookplate diff OLD NEW"), ("owasp", "spectral")])
def test_the_old_name_of_a_check_leads_to_its_successor(name: str, successor: str, capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["lint", "--only", name])

    assert ended.value.code == 2
    assert successor in capsys.readouterr().err.splitlines()[-1]


def test_the_old_command_names_its_successors() -> None:
    """`python -m spec_gate` was a command once: all that is left of it is the one line that says what took its place."""
    done = subprocess.run([sys.executable, "-m", "spec_gate"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == (
        "python -m spec_gate is now `python -m bookplate lint` and `python -m bookplate diff OLD NEW`\n"
    )


def test_github_gets_an_annotation_for_each_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    path = write_yaml(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setitem(lint.CHECKS, "laws", lambda document: [Finding(ERROR, "things.yaml:3", "100% wrong")])

    assert main(["lint", str(path), "--only", "laws"]) == 1
    assert "::error file=things.yaml,line=3::100%25 wrong" in capsys.readouterr().out


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[str]:
    """Return the address of a server of this machine that shows the files of the folder."""
    with Server(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Shows files, and writes nothing."""

    def log_message(self, *_: Any) -> None:
        pass


def test_a_document_may_be_named_by_its_url(tmp_path: Path, site: str, capsys: Output) -> None:
    url = f"{site}/{write_yaml(tmp_path).name}"

    assert main(["lint", url]) == 0
    assert capsys.readouterr().out == f"{url}: nothing to mend (laws)\n"


def test_linters_that_read_files_say_so_of_a_url(tmp_path: Path, site: str, capsys: Output) -> None:
    url = f"{site}/{write_yaml(tmp_path).name}"

    assert main(["lint", url, "--only", "yamllint"]) == 2
    assert "yamllint can read files alone: save" in capsys.readouterr().err


def test_documents_at_urls_are_compared(tmp_path: Path, site: str, capsys: Output) -> None:
    path = write_yaml(tmp_path)

    assert main(["diff", f"{site}/{path.name}", str(path)]) == 0
    assert "changes nothing for clients of" in capsys.readouterr().out
