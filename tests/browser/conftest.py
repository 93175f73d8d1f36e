"""A real server and a real Chromium for the tests of this folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
READY = '[data-test-script-state="notRunning"]'
START_SECONDS = 60
PATIENCE_SECONDS = 60

_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _chromium_path() -> str | None:
    if Path("/usr/bin/chromium").exists():
        return "/usr/bin/chromium"
    return next((path for name in _CHROMIUM_NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run; open a context or page of your own from it."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="browser tests need: pip install playwright"
    )
    path = _chromium_path()
    if path is None:
        pytest.skip("browser tests need Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM_ARGS)
        except sync_api.Error as error:
            pytest.skip(f"Chromium at {path} does not start here: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"no server at {url}:\n{log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """``serve(script) -> url``: starts `streamlit run` once per script, ends all at the end.

    The server answering does not mean that a page is ready: open it with `open_page`.
    """
    servers: dict[Path, tuple[subprocess.Popen[bytes], str]] = {}
    logs = tmp_path_factory.mktemp("servers")

    def start(script: Path) -> str:
        script = script.resolve()
        if script in servers:
            return servers[script][1]
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        log = logs / f"{port}.log"
        options = ["--server.port", str(port), "--server.address", "127.0.0.1",
                   "--server.headless", "true"]  # fmt: skip
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        with log.open("wb") as out:
            server = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(script), *options],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        servers[script] = (server, url)
        _wait_until_up(url, server, log)
        return url

    yield start
    for server, _ in servers.values():
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


@pytest.fixture(scope="session")
def _contexts(chromium: Browser) -> Iterator[Callable[[int, int, bool], Any]]:
    """One context per look, kept for the whole run: Streamlit's scripts are then loaded once."""
    contexts: dict[tuple[int, int, bool], Any] = {}

    def get(width: int, height: int, dark: bool) -> Any:
        look = (width, height, dark)
        if look not in contexts:
            contexts[look] = chromium.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                has_touch=width < 600,
            )
            contexts[look].set_default_timeout(1000 * PATIENCE_SECONDS)
        return contexts[look]

    yield get
    for context in contexts.values():
        context.close()


@pytest.fixture
def open_page(_contexts: Callable[[int, int, bool], Any]) -> Iterator[Callable[..., Page]]:
    """``open_page(url, width=1280, height=960, dark=False)``: a page whose script has run.

    Each call opens a fresh Streamlit connection. The console must stay empty of errors.
    """
    pages: list[Page] = []
    complaints: list[str] = []

    def open_(url: str, *, width: int = 1280, height: int = 960, dark: bool = False) -> Page:
        page: Page = _contexts(width, height, dark).new_page()
        pages.append(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        page.goto(url)
        wait_until_ready(page)
        return page

    yield open_
    for page in pages:
        page.close()
    assert not complaints, complaints


def wait_until_ready(page: Page, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Returns once the script of the page has run to its end."""
    page.wait_for_selector(READY, timeout=1000 * seconds)
