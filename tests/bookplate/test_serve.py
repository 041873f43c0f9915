"""`bookplate serve` starts a target as a check does, says where it is, and ends with it."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bookplate.cli import main
from tests.fakes import FOLDER

ROOT = Path(__file__).parents[2]
TOY = ["tests.fakes.toy:create_app", "--config", str(FOLDER / "toy.toml")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_a_target_is_served_until_it_is_told_to_end() -> None:
    port = free_port()
    command = [sys.executable, "-m", "bookplate", "serve", *TOY, "--port", str(port), "--limits", "relaxed"]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        first = server.stdout.readline()
        assert re.fullmatch(
            rf"tests\.fakes\.toy:create_app serves at http://127\.0\.0\.1:{port}/v1, with relaxed limits: Ctrl-C ends it\n",
            first,
        )
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/v1/notes")
        assert connection.getresponse().status in (200, 401)
        connection.close()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
    assert server.returncode == 0


def test_replicas_are_served_at_the_ports_behind_the_first() -> None:
    port = first_of_two_free_ports()
    target = ["{python} -m http.server {port} --bind 127.0.0.1", "--document", str(FOLDER / "toy.yaml")]
    command = [sys.executable, "-m", "bookplate", "serve", *target, "--replicas", "2", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        first = server.stdout.readline()
        for each in (port, port + 1):
            socket.create_connection(("127.0.0.1", each), timeout=5).close()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
    assert f"serves at http://127.0.0.1:{port}/v1 and http://127.0.0.1:{port + 1}/v1, with" in first
    assert server.returncode == 0


def first_of_two_free_ports() -> int:
    """Return a port that nobody listens on, as at the next one."""
    while True:
        port = free_port()
        try:
            socket.create_server(("127.0.0.1", port + 1)).close()
        except OSError:
            continue
        return port


def test_the_port_of_a_replica_that_is_taken_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", *TOY, "--replicas", "2", "--port", str(port - 1)]) == 2

    assert f"port {port} is taken" in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", *TOY, "--port", str(port)]) == 2

    assert capsys.readouterr().err == (
        f"bookplate serve: port {port} is taken: choose another with --port N, and tell scripts with "
        "BASE=http://127.0.0.1:N\n"
    )


def test_an_address_is_not_started(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["http://127.0.0.1:9", "--document", str(FOLDER / "toy.yaml")]

    assert main(["serve", *arguments]) == 2

    assert "is a server that runs already: name what starts one" in capsys.readouterr().err


def test_a_target_that_does_not_start_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["sh -c 'exit 3' {port}", "--document", str(FOLDER / "toy.yaml"), "--port", str(free_port())]

    assert main(["serve", *arguments]) == 2

    assert capsys.readouterr().err == "bookplate serve: the server ended with 3: what it said stands above\n"
