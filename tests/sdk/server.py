"""Starts the reference for one test run and stops it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from bookplate.contract import Document
from sdk.generate import DOCUMENT, ROOT

# Short enough to be waited out. All other limits are out of the way, and everything else is served as documented.
SHORT_SEARCH_LIMIT = {"limit": 3, "window": 3}
ACCESS_TOKEN_SECONDS = 6  # twenty calls have time enough, on a busy machine too
START_SECONDS = 120.0


@contextmanager
def running_reference(work: Path, page_origin: str) -> Iterator[str]:
    """
    Serve the reference on a free loopback port with its data in `work`; yields the base URL.

    Pages of the origin may call it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = work / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "impl"],
            cwd=ROOT,
            env=_environment(work, port) | {"CORS_ORIGINS_APPS": page_origin},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        base_url = f"http://127.0.0.1:{port}/api"
        _wait_until_alive(process, base_url, log)
        yield base_url
    finally:
        process.terminate()
        process.wait(30)


def _environment(work: Path, port: int) -> dict[str, str]:
    document = Document.load(DOCUMENT).relaxed()
    document["x-rate-limit"]["policies"]["search"].update(SHORT_SEARCH_LIMIT)
    document["components"]["schemas"]["Tokens"]["properties"]["expires_in"]["maximum"] = ACCESS_TOKEN_SECONDS
    served = work / "openapi.yaml"
    served.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return os.environ | {
        "BOOKPLATE_ENV": "testing",
        "SECRET_KEY": "a secret that only this test run knows",
        "DATABASE_URL": f"sqlite:///{work / 'books.db'}",
        "REDIS_URL": "",
        "OPENAPI_DOCUMENT": str(served),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WORKERS": "1",
        "LOG_LEVEL": "WARNING",
    }


def _wait_until_alive(process: "subprocess.Popen[bytes]", base_url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{base_url}/health/live", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"the reference did not start:\n{log.read_text(encoding='utf-8')}")
