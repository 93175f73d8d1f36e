"""A real server and a real Chromium for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chromium import (
    CHROMIUM_ARGS,
    PATIENCE_SECONDS,
    Server,
    chromium_path,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run; open a context or page of your own from it."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="browser tests need: pip install playwright"
    )
    path = chromium_path()
    if path is None:
        pytest.skip("browser tests need Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        except sync_api.Error as error:
            pytest.skip(f"Chromium at {path} does not start here: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """``serve(script, fresh=False) -> url``: one server per script, or a `fresh` `streamlit run`.

    To the shared one every visitor is the first, see `tests.browser.first_visitor`. The server
    answering does not mean that a page is ready: open it with `open_page`.
    """
    shared: dict[Path, Server] = {}
    servers: list[Server] = []
    logs = tmp_path_factory.mktemp("servers")

    def start(script: Path, *, fresh: bool = False) -> str:
        script = script.resolve()
        if fresh or script not in shared:
            module = "streamlit" if fresh else "tests.browser.first_visitor"
            server = Server(script, logs / f"{len(servers)}.log", module=module)
            servers.append(server)
            server.wait()
            if fresh:
                return server.url
            shared[script] = server
        return shared[script].url

    yield start
    for server in servers:
        server.stop()


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


def _complaint(message: Any) -> list[str]:
    """The text of an error, or nothing.

    On a deep link Streamlit's own script first asks below the page's path whether the server is
    there, is told 404, and then asks at the root: not a fault of the page.

    Beside every download button it asks whether the file is there. Where the next run has replaced
    it before the question arrives, as on a busy machine, the answer is 404, and the new button asks
    anew: no fault either. That files can be taken away is what `test_to_take_away` looks at.
    """
    url = message.location.get("url", "")
    asked = url.endswith(("/_stcore/health", "/_stcore/host-config")) or "/media/" in url
    replaced = "Download Button source error - 404" in message.text
    if message.type != "error" or ("404" in message.text and (asked or replaced)):
        return []
    return [f"{message.text} ({message.location.get('url', '')})"]


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
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.goto(url)
        wait_until_ready(page)
        return page

    yield open_
    for page in pages:
        page.close()
    assert not complaints, complaints
