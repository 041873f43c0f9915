"""The order of the files, and the line at the end of a run that says how many tests were left to the night."""

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = Counter()
    # By what somebody has typed to run the tests, commands in reports would be others.
    os.environ.pop("BOOKPLATE_COMMAND", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker of pytest-xdist is left with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Count the tests that `-m "not nightly"` of pyproject.toml leaves out, by file."""
    for item in items:
        if item.get_closest_marker("nightly"):
            item.config.stash[LEFT_OUT][item.path.stem] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count to the process that shows the summary, where this is a worker of pytest-xdist."""
    if output := getattr(session.config, "workeroutput", None):
        left_out = session.config.stash[LEFT_OUT]
        output["left_out"] = dict(left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the count of a worker; each of them has collected all tests."""
    config: pytest.Config = node.config
    if left_out := getattr(node, "workeroutput", {}).get("left_out"):
        config.stash[LEFT_OUT] = Counter(left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash[LEFT_OUT]
    if left_out and config.option.markexpr:
        names = ", ".join(f"{name} {count}" for name, count in sorted(left_out.items()))
        terminalreporter.write_line(
            f'nightly tests not run: {left_out.total()} ({names}); tox -e nightly runs all, -m "" those that are named'
        )
