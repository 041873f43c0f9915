"""Commands for operators, run as processes of their own, beside a server or alone."""

import subprocess
import sys
from pathlib import Path

from .reference_server import DOCUMENT, environment, free_port

PATIENCE = 60
Done = subprocess.CompletedProcess[str]


def start_python(folder: Path, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """Start Python on the state in a folder; a server of it listens on a port that is free, if none is named."""
    settings.setdefault("PORT", str(free_port()))
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(folder, DOCUMENT, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> Done:
    """Wait for a process, and return what it wrote."""
    try:
        output, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Done(process.args, process.returncode, output, errors)


def run_command(folder: Path, *arguments: str, **settings: str) -> Done:
    """Run a command of `flask --app impl` on the state in a folder."""
    return finish(start_python(folder, "-m", "flask", "--app", "impl", *arguments, **settings))


def is_refused_in_one_line(done: Done) -> bool:
    """Tell whether a command ended with status 2 and one line on standard error."""
    return done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
