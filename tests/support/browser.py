"""A headless Chromium over its DevTools pipe: opens pages, evaluates in them, takes pictures."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """One browser with one page; `faults` and `requests` are of the page opened last."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        down_read, self._down = os.pipe()
        self._up, up_write = os.pipe()
        self._held = b""
        self._number = 0
        self.faults: list[str] = []
        self.requests: list[str] = []
        # the pipe is file descriptors 3 and 4 of the child
        command = 'exec "$0" "$@" 3<&"$DOWN" 4>&"$UP"'
        self._process = subprocess.Popen(
            ["bash", "-c", command, CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(down_read, up_write),
            env=os.environ | {"DOWN": str(down_read), "UP": str(up_write)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(down_read)
        os.close(up_write)
        target = self._ask("Target.createTarget", {"url": "about:blank"}, root=True)["targetId"]
        attached = self._ask(
            "Target.attachToTarget", {"targetId": target, "flatten": True}, root=True
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def open(
        self,
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        before: str = "",
        calm: bool = False,
        ready: str = "document.documentElement?.dataset.replay === 'ready'",
        seconds: float = 30.0,
    ) -> None:
        """Open a page and wait until it is ready; `before` is run before any of its scripts."""
        self._ask("Page.navigate", {"url": "about:blank"})
        self.faults, self.requests = [], []
        phone = width < 600
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone},
        )
        motion = {"name": "prefers-reduced-motion", "value": "reduce" if calm else ""}
        self._ask("Emulation.setEmulatedMedia", {"features": [motion]})
        script = self._ask("Page.addScriptToEvaluateOnNewDocument", {"source": before})
        self._ask("Page.navigate", {"url": url})
        until = time.monotonic() + seconds
        while self.evaluate(f"document.URL !== 'about:blank' && {ready}") is not True:
            if time.monotonic() > until:
                raise TimeoutError(f"{url} is not ready: {self.faults}")
            time.sleep(0.02)
        self._ask("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script["identifier"]})

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page, waiting for a promise."""
        answer = self._ask(
            "Runtime.evaluate",
            {"expression": expression, "returnByValue": True, "awaitPromise": True},
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def press(self, key: str, code: str = "") -> None:
        """Press a key and let it go."""
        for kind in ("keyDown", "keyUp"):
            event = {"type": kind, "key": key, "code": code}
            if kind == "keyDown" and len(key) == 1:
                event["text"] = key
            self._ask("Input.dispatchKeyEvent", event)

    def picture(self, path: Path) -> Path:
        """Save what the page shows."""
        shot = self._ask("Page.captureScreenshot", {"format": "png"})
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def close(self) -> None:
        """End the browser."""
        with contextlib.suppress(OSError, TimeoutError, EOFError):
            self._ask("Browser.close", root=True)
        os.close(self._down)
        os.close(self._up)
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, method: str, params: dict[str, Any] | None = None, *, root: bool = False) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params or {}}
        if not root:
            message["sessionId"] = self._session
        os.write(self._down, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + 30.0
        while True:
            answer = self._next(until)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._held:
            if not select.select([self._up], [], [], max(until - time.monotonic(), 0.0))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._up, 1 << 20)
            if not part:
                raise EOFError("the browser has gone")
            self._held += part
        message, self._held = self._held.split(b"\0", 1)
        heard: dict[str, Any] = json.loads(message)
        return heard

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.faults.append(json.dumps(params["exceptionDetails"])[:1500])
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning", "assert"):
                self.faults.append(" ".join(str(arg.get("value")) for arg in params["args"]))
            # what a driver says of its own speed is no fault of the page
            case "Log.entryAdded" if (
                params["entry"]["level"] in ("error", "warning")
                and "GL Driver Message (OpenGL, Performance" not in params["entry"]["text"]
            ):
                self.faults.append(params["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
