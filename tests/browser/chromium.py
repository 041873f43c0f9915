"""Chromium without a window, with no way to any other machine, driven over its DevTools protocol."""

import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(PROGRAM is None, reason="NO CHROMIUM on this machine: the page was not looked at")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)
PATIENCE = 60  # seconds


class Tab:
    """One page of the browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give the browser one command and return its result. Raises RuntimeError where it refuses."""
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(timeout=PATIENCE))
            if message.get("id") != number:
                self.events.append(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']['message']}")
            else:
                result: dict[str, Any] = message["result"]
                return result

    def show(self, address: str, *, width: int = 1280, scheme: str = "light") -> None:
        """Open an address in a window of so many pixels, for somebody who prefers a light or a dark scheme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript, awaited. Raises RuntimeError where it throws."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", details).get("description", details["text"]))
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Wait until a condition of JavaScript holds. Raises TimeoutError where it does not in a minute."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.evaluate(f"!!({condition})"):
                return
            time.sleep(0.1)
        raise TimeoutError(f"in {PATIENCE} seconds this did not come true: {condition}")

    def complaints(self) -> list[str]:
        """Return what the browser complained of so far: exceptions, errors, and what a policy or the network refused."""
        self.evaluate("0")
        texts: dict[str, Callable[[Any], str | None]] = {
            "Runtime.exceptionThrown": lambda one: one["exceptionDetails"].get("exception", {}).get("description"),
            "Log.entryAdded": lambda one: one["entry"]["text"] if one["entry"]["level"] == "error" else None,
            "Network.loadingFailed": lambda one: None if one.get("canceled") else one["errorText"],
        }
        found = (texts[one["method"]](one["params"]) for one in self.events if one.get("method") in texts)
        return [text for text in found if text]

    def requested(self) -> list[str]:
        """Return every address that pages of this tab asked for, without those of data."""
        self.evaluate("0")
        sent = (one["params"] for one in self.events if one.get("method") == "Network.requestWillBeSent")
        return [one["request"]["url"] for one in sent if not one["request"]["url"].startswith("data:")]

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Write what the page shows into a PNG file; its whole length, or what the window holds."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(data))

    def overflow(self) -> int:
        """Return how many pixels the page is wider than its window."""
        return int(self.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@contextmanager
def tab(folder: Path) -> Iterator[Tab]:
    """Start a browser that keeps its files in a folder, and end it."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(PROGRAM), *OPTIONS, f"--user-data-dir={folder / 'chromium'}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = _port(folder / "chromium" / "DevToolsActivePort", process)
        page = httpx.put(f"http://127.0.0.1:{port}/json/new?about:blank", trust_env=False).json()
        with connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None) as connection:
            yield Tab(connection)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.05)
    raise RuntimeError("Chromium did not start")
