"""
tox shows nothing of an installation, which takes up to a minute or two: this says every few seconds how far it is.

tox loads this file by its name, see https://tox.wiki/en/latest/plugins.html.
"""

import re
import threading
import time
from itertools import pairwise
from pathlib import Path

from tox.plugin import impl
from tox.tox_env.api import ToxEnv
from tox.tox_env.python.pip.req_file import PythonDeps

SECONDS_BETWEEN_LINES = 10
ROOT = Path(__file__).parent
# By the name of the environment that is being made.
_watched: dict[str, threading.Event] = {}


@impl
def tox_on_install(tox_env: ToxEnv, arguments: object, section: str, of_type: str) -> None:
    """Begin to show how far the packages of an environment are."""
    if isinstance(arguments, PythonDeps):
        _end(tox_env)
        is_over = _watched[tox_env.conf.name] = threading.Event()
        threading.Thread(target=_watch, args=(tox_env, wanted(arguments), is_over), daemon=True).start()


@impl
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    """Stop: all packages are there."""
    _end(tox_env)


@impl
def tox_env_teardown(tox_env: ToxEnv) -> None:
    """Stop, also where the installation failed."""
    _end(tox_env)


def wanted(arguments: PythonDeps) -> int:
    """Return how many packages the locks among the arguments name."""
    words = [str(each) for each in arguments.as_root_args]
    locks = [ROOT / name for option, name in pairwise(words) if option == "-r"]
    return len({name for lock in locks for name in re.findall(r"^[\w.-]+(?===)", lock.read_text(), re.MULTILINE)})


def _end(tox_env: ToxEnv) -> None:
    if is_over := _watched.pop(tox_env.conf.name, None):
        is_over.set()


def _watch(tox_env: ToxEnv, packages: int, is_over: threading.Event) -> None:
    began, before = time.monotonic(), _installed(tox_env)
    while not is_over.wait(SECONDS_BETWEEN_LINES):
        present = _installed(tox_env) - before
        # pip finds and fetches all of them before it puts the first in its place.
        done = f"{present} of {packages} packages are in place" if present else f"fetching {packages} packages"
        print(f"{tox_env.conf.name}: {done}, {time.monotonic() - began:.0f} s", flush=True)


def _installed(tox_env: ToxEnv) -> int:
    return sum(1 for _ in tox_env.env_dir.glob("lib*/python*/site-packages/*.dist-info"))
