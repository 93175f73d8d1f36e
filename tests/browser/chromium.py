"""A real server and a real Chromium: for the tests of this folder and for `photograph`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
READY = '[data-test-script-state="notRunning"]'
START_SECONDS = 60
PATIENCE_SECONDS = 300  # four feature visualizations take a minute on an idle machine

_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

COUNT_WHAT_IS_SENT = """() => {
  window.sent = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...all) { window.sent += 1; return send.apply(this, all); };
}"""
"""For ``page.evaluate``; ``window.sent`` is then how often the page has written to the server."""


def chromium_path() -> str | None:
    if Path("/usr/bin/chromium").exists():
        return "/usr/bin/chromium"
    return next((path for name in _CHROMIUM_NAMES if (path := shutil.which(name))), None)


def wait_until_ready(page: Page, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Returns once the script of the page has run to its end."""
    page.wait_for_selector(READY, timeout=1000 * seconds)


class Server:
    """``streamlit run script`` on a free port; `stop` ends it.

    Args:
        script: The app.
        log: What the server prints goes there.
        module: What is run as ``streamlit``; see `tests.browser.first_visitor` for another.
    """

    def __init__(self, script: Path, log: Path, *, module: str = "streamlit") -> None:
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        options = ["--server.port", str(port), "--server.address", "127.0.0.1",
                   "--server.headless", "true"]  # fmt: skip
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, "run", str(script), *options],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Returns once the server answers; a page may still be computing then.

        Raises:
            RuntimeError: it did not start; with the end of its log.
        """
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError(f"no server at {self.url}:\n{self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
