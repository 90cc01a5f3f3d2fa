# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real headless Chromium, driven over two pipes (DevTools protocol), so that tests see what a reader sees."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, List, Optional, Type

NAMES = ("chromium", "chromium-browser", "google-chrome")
ANSWER_WITHIN = 60.0


class BrowserMissing(Exception):
    """No Chromium on this machine."""


def find_browser() -> str:
    """Path of the browser. Raises BrowserMissing, which names the package."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise BrowserMissing(
        "no %s on PATH: the report page cannot be tested; install the Debian package chromium" % " or ".join(NAMES)
    )


@dataclass
class Seen:
    """What happened while a page was open."""

    console: List[str] = field(default_factory=list)
    requests: List[str] = field(default_factory=list)
    dialogs: List[str] = field(default_factory=list)


class Browser:
    """One Chromium with a profile of its own and no way out of the machine. Use as a context manager."""

    def __init__(self) -> None:
        self._profile = tempfile.mkdtemp(prefix="imagefleet-browser-")
        read_commands, self._write = os.pipe()
        self._read, write_answers = os.pipe()

        def place_pipes() -> None:
            # Chromium reads commands from descriptor 3 and writes answers to 4.
            commands, answers = os.dup(read_commands), os.dup(write_answers)
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        arguments = [
            find_browser(),
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--user-data-dir=" + self._profile,
            "about:blank",
        ]
        self._process = subprocess.Popen(
            arguments,
            preexec_fn=place_pipes,  # noqa: PLW1509 - only file descriptors are moved
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "HOME": self._profile},
        )
        os.close(read_commands)
        os.close(write_answers)
        self._buffer = b""
        self._number = 0
        self.seen = Seen()
        target = self._call("Target.createTarget", {"url": "about:blank"})
        self._session: Optional[str] = self._call(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": True}
        )["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, **parameters: Any) -> Dict[str, Any]:
        """A command to the page."""
        return self._call(method, parameters, self._session)

    def open(self, page: Path, width: int, height: int = 900, dark: bool = False, media: str = "screen") -> Seen:
        """Load a file at a viewport size and return what happened meanwhile."""
        self.seen = Seen()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = "dark" if dark else "light"
        self.call(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        self._loaded = False
        self.call("Page.navigate", url=page.resolve().as_uri())
        limit = time.monotonic() + ANSWER_WITHIN
        while not self._loaded:
            self._receive(limit)
        # A round through the page's own task queue: whatever the load event started has been reported by then.
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(() => done(1), 0)))")
        return self.seen

    def evaluate(self, expression: str) -> Any:
        """The value of an expression inside the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """A picture of the viewport, or of the whole page."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def _call(self, method: str, parameters: Dict[str, Any], session: Optional[str] = None) -> Dict[str, Any]:
        self._number += 1
        number = self._number
        message: Dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        limit = time.monotonic() + ANSWER_WITHIN
        while True:
            answer = self._receive(limit)
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError("%s: %s" % (method, answer["error"]))
                result: Dict[str, Any] = answer["result"]
                return result

    def _receive(self, limit: float) -> Dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _writable, _broken = select.select([self._read], [], [], max(limit - time.monotonic(), 0))
            data = os.read(self._read, 1 << 20) if ready else b""
            if not data:
                raise AssertionError(
                    "Chromium %s" % ("ended" if ready else "did not answer within %d s" % ANSWER_WITHIN)
                )
            self._buffer += data
        line, _end, self._buffer = self._buffer.partition(b"\0")
        message: Dict[str, Any] = json.loads(line)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, event: str, told: Dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self._loaded = True
        elif event == "Network.requestWillBeSent":
            self.seen.requests.append(told["request"]["url"])
        elif event == "Page.javascriptDialogOpening":
            self.seen.dialogs.append(told.get("message", ""))
        elif event == "Runtime.exceptionThrown":
            self.seen.console.append(json.dumps(told.get("exceptionDetails")))
        elif event == "Log.entryAdded":
            self.seen.console.append(told["entry"].get("text", ""))
        elif event == "Runtime.consoleAPICalled":
            self.seen.console.append(json.dumps(told.get("args")))
