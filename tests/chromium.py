"""A page in a real browser: Chromium, driven over its debugging pipe, which needs nothing but the browser itself.

The protocol: chromedevtools.github.io/devtools-protocol; messages are JSON, each ends with a NUL byte.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
_SECONDS = 120


class Page:
    """An open page; ``said`` is what it wrote to the console, errors and violations of its policy included."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = os.fdopen(reading, "rb")
        self._writing = os.fdopen(writing, "wb")
        self._number = 0
        self._session = ""
        self.said: list[str] = []
        self.requested: list[str] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def open(self, path: Path) -> None:
        """Load a file."""
        self._ask("Page.navigate", url=path.as_uri())
        while self.value("document.readyState") != "complete":
            pass

    def value(self, script: str) -> Any:
        """What a script evaluates to."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def prefer(self, scheme: str) -> None:
        """Choose light or dark."""
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self) -> bytes:
        """A PNG of what is seen."""
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._writing.write(json.dumps(message).encode() + b"\0")
        self._writing.flush()
        while True:
            answer = json.loads(self._message())
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer.get("method", ""), answer.get("params", {}))

    def _message(self) -> bytes:
        content = b""
        while not content.endswith(b"\0"):
            byte = self._reading.read(1)
            assert byte, "the browser has gone"
            content += byte
        return content[:-1]

    def _note(self, event: str, told: dict[str, Any]) -> None:
        match event:
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.said.append(json.dumps(told)[:300])
            case "Log.entryAdded":
                self.said.append(told["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requested.append(told["request"]["url"])


@contextmanager
def page(folder: Path) -> Iterator[Page]:
    """Start a browser with a profile of its own, and end it."""
    assert PROGRAM is not None
    to_browser, writing = os.pipe()
    reading, from_browser = os.pipe()
    command = [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command += [f"--user-data-dir={folder}", "--remote-debugging-pipe", "--window-size=1200,900"]
    process = subprocess.Popen(
        command,
        pass_fds=(3, 4),  # the browser reads from the first and writes to the second
        preexec_fn=lambda: _place(to_browser, from_browser),  # noqa: PLW1509 (no threads here)
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Page(reading, writing)
    finally:
        process.kill()
        process.wait(_SECONDS)


def _place(reading: int, writing: int) -> None:
    above = [os.dup(reading), os.dup(writing)]
    while min(above) <= 4:
        above = [os.dup(number) for number in above]
    os.dup2(above[0], 3)
    os.dup2(above[1], 4)
