"""Targets: what is refused before anything is sent, and what is said when nothing answers."""

import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from bookplate.contract.document import Document
from bookplate.target.config import Config, SetUpError
from bookplate.target.instance import faketime, free_port, start
from bookplate.target.target import Target, refuse_strangers

Check = Callable[..., int]


@pytest.mark.parametrize("url", ["http://example.invalid/", "http://192.0.2.1:8000", "https://localhost.example.com"])
def test_a_stranger_is_refused_before_anything_is_resolved_or_sent(
    url: str, check: Check, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was resolved"))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was made"))

    code = check(url)

    told = capsys.readouterr().err
    assert (code, told.count("\n")) == (2, 1)
    assert "disposable = true" in told


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"])
def test_loopback_is_no_stranger(url: str) -> None:
    refuse_strangers(url, Config(), read_only=False)


def test_a_disposable_stranger_is_let_in() -> None:
    refuse_strangers("http://192.0.2.1", Config(disposable=True), read_only=False)


def test_nobody_there_is_one_line(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(f"http://127.0.0.1:{free_port()}") == 2

    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "nothing answers" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tests.fakes.toy:nothing"], "tests.fakes.toy:nothing cannot be loaded"),
        (["tests.fakes.bad_targets:broken"], "a module that this target needs is missing"),
        (["sh -c 'echo no luck >&2; exit 3' {port}"], "ended with 3: no luck"),
        (["./no-such-server --port {port}"], "cannot be started"),
        (["./server"], "does not say {port}"),
        (["tests.fakes.toy:create_app", "--rule", "PAGE-99"], "there is no rule PAGE-99"),
        (["tests.fakes.toy:create_app", "--operation", "nothing"], "there is no operation 'nothing'"),
        (["tests.fakes.toy:create_app", "--group", "NONE"], "there is no group NONE"),
    ],
)
def test_a_mistake_of_the_user_is_one_line(
    check: Check, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert check(*arguments) == 2

    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense = 1", "unknown key 'nonsense'"),
        ("document = ", "bookplate.toml: "),
        ("[expected]\n'A-01 b' = {reason = 'c'}", "needs a reason and a date"),
        ("[replicas]\naddress = []", "has no 'address': did you mean addresses"),
        ("[replicas]\naddresses = 'http://127.0.0.1:8002'", "addresses is a list of URLs, such as"),
        ("[replicas]\naddresses = ['http://127.0.0.1:x']", "addresses is a list of URLs, such as"),
        ("[replicas]\nprocesses = 0", "processes is a whole number from 1 to 16"),
        ("[replicas]\nprocesses = true", "processes is a whole number from 1 to 16"),
    ],
)
def test_a_mistake_in_contract_toml_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bookplate.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SetUpError, match=told):
        Config.read(path)


def test_only_what_takes_the_document_is_started_three_times(document: Document) -> None:
    assert not Target("package:create_app", Config(environment={"DOCUMENT": "{document}"}), document).is_single
    assert not Target("./server --port {port} --contract {document}", Config(), document).is_single
    assert Target("./server --port {port}", Config(), document).is_single
    assert Target("http://127.0.0.1:1", Config(), document).is_single


def test_a_server_that_listens_on_ipv6_alone_is_reached() -> None:
    instance = start("{python} -m http.server {port} --bind ::1", "", "", {}, clock=False)
    try:
        instance.wait_until_ready()
    finally:
        instance.stop()

    assert instance.url.startswith("http://[::1]:")


def test_an_instance_ends_with_its_whole_group(document: Document) -> None:
    server = "sh -c '{python} -m http.server {port} --bind 127.0.0.1 & wait'"
    instance = start(server, "", "", {}, clock=False)
    instance.wait_until_ready()
    assert instance.process is not None
    group, port = instance.process.pid, int(instance.url.rpartition(":")[2])

    instance.stop()

    assert falls_silent(port)
    assert not Path(f"/proc/{group}").exists()
    assert not instance.work.exists()


def test_replicas_share_a_folder_and_end_together(document: Document, tmp_path: Path) -> None:
    config = Config(environment={"PORT_OF_ITS_OWN": "{port}"})
    target = Target("{python} -m http.server {port} --bind 127.0.0.1", config, document, processes=3)
    target.logs = tmp_path
    instance = target.launch("experiments")
    assert instance.replicas == (), "they start once the first one answers"

    target.ready("experiments")
    servers = instance.servers
    processes = [each.process for each in servers]
    target.stop()

    ports = [int(urlsplit(each.url).port or 0) for each in servers]
    assert len({*ports}) == len(instance.addresses) == 3
    assert {each.work for each in servers} == {instance.work}
    assert [each.environment["PORT_OF_ITS_OWN"] for each in servers] == [str(port) for port in ports]
    assert [each.log.name for each in servers] == ["documented.log", "documented-2.log", "documented-3.log"]
    assert None not in processes
    assert all(falls_silent(port) for port in ports)
    assert not instance.work.exists()


def test_replicas_live_by_one_clock(document: Document) -> None:
    if faketime() is None:
        pytest.skip("NOT INSTALLED: libfaketime, so no clock can be moved")
    target = Target("{python} -m http.server {port} --bind 127.0.0.1", Config(), document, processes=2)
    try:
        instance = target.ready("documented")
        instance.advance(3600)
        seconds = [offset_of(each.url) for each in instance.servers]
    finally:
        target.stop()

    assert all(abs(each - 3600) < 60 for each in seconds)


def offset_of(url: str) -> float:
    """Return how many seconds the clock of a server is ahead."""
    said = httpx.get(url).headers["Date"]
    return parsedate_to_datetime(said).timestamp() - time.time()


def test_a_replica_that_does_not_start_says_what_is_to_be_shared(document: Document) -> None:
    once = "sh -c 'mkdir {work}/taken || exit 4; exec {python} -m http.server {port} --bind 127.0.0.1'"
    target = Target(once, Config(), document, processes=2)
    try:
        with pytest.raises(SetUpError, match=r"replica 2 does not start beside the first: .* the server ended with 4"):
            target.ready("experiments")
    finally:
        target.stop()


def test_the_addresses_of_a_url_have_the_base_path_of_the_document(document: Document) -> None:
    target = Target("http://127.0.0.1:8001", Config(), document, others=["http://127.0.0.1:8002/"])

    assert target.launch("experiments").addresses == ("http://127.0.0.1:8001/v1", "http://127.0.0.1:8002/v1")


def falls_silent(port: int) -> bool:
    """Tell whether nobody listens on a port any more, within two seconds: a killed process takes its time."""
    for _ in range(40):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return True
        time.sleep(0.05)
    return False
