"""Node.js and npm: installed once, and what is missing is told in one line."""

import sys
from pathlib import Path

import pytest

from bookplate.gate import node
from bookplate.gate.node import NotInstalled, install_linters, installed_linters
from bookplate.target.config import SetUpError


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have an empty folder stand for the environment of Python, with programs of its own alone."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(node, "environment", lambda: {"PATH": str(tmp_path)})


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_linters_that_are_not_there_are_not_installed_unasked() -> None:
    with pytest.raises(NotInstalled, match="`bookplate lint --strict` installs redocly and spectral from npm"):
        installed_linters()


def test_linters_are_installed_once(tmp_path: Path) -> None:
    program(tmp_path, "node", "echo v24.1.0")
    program(tmp_path, "npm", "echo once >> npm-was-here")

    install_linters()
    install_linters()

    folder = installed_linters()
    assert (folder / "npm-was-here").read_text(encoding="utf-8") == "once\n"
    assert (folder / "owasp.yaml").is_file()


def test_another_lock_asks_for_another_installation(tmp_path: Path) -> None:
    program(tmp_path, "node", "echo v24.1.0")
    program(tmp_path, "npm", "exit 0")
    install_linters()

    node.stamp_of(node.linters_folder()).write_text("of another lock", encoding="utf-8")

    with pytest.raises(NotInstalled):
        installed_linters()


def test_a_machine_without_node_is_told_so() -> None:
    with pytest.raises(SetUpError, match=r"there is no Node\.js: install Node\.js 22\.12 or newer"):
        install_linters()


def test_a_node_that_is_too_old_is_told_so(tmp_path: Path) -> None:
    program(tmp_path, "node", "echo v20.20.2")

    with pytest.raises(SetUpError, match=r"Node\.js is 20\.20\.2: install Node\.js 22\.12 or newer"):
        install_linters()


def test_a_registry_out_of_reach_is_told_so(tmp_path: Path) -> None:
    program(tmp_path, "node", "echo v24.1.0")
    program(tmp_path, "npm", "echo npm error network out of reach >&2; exit 1")

    with pytest.raises(SetUpError, match=r"could not install the linters .* network out of reach"):
        install_linters()
