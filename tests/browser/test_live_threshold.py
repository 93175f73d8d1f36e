"""The live slider as a threshold over sets: histograms, counts and pictures follow the drag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest

from tests.browser.live_threshold_app import SETS, scores

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("live_threshold_app.py")
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def url(chromium: Any, serve: Callable[[Path], str]) -> str:
    # `chromium` comes first: without a browser no server is started.
    return serve(SCRIPT)


@pytest.fixture
def open_page(open_page: Open) -> Open:
    """As everywhere, and then until the component itself has drawn, which may be a moment later."""

    def open_(*args: Any, **how: Any) -> Any:
        page = open_page(*args, **how)
        page.locator(".live .matrix td.share").first.wait_for()
        return page

    return open_


def _press(page: Page, keys: str) -> float:
    page.get_by_role("slider").focus()
    page.keyboard.press(keys)
    return float(page.locator(".live .now").inner_text())


def _shown(page: Page, side: str) -> list[float]:
    """The scores under the pictures of one side, from left to right; hidden places left out."""
    pins = page.locator(f".live .strip .side:nth-child({1 if side == 'below' else 2}) .pin")
    texts = pins.evaluate_all(
        "all => all.filter(p => p.style.visibility !== 'hidden')"
        ".map(p => p.querySelector('.text').textContent)"
    )
    return [float(text) for text in texts]


def _counts(page: Page) -> list[list[int]]:
    rows = page.locator(".live .matrix tr.coloured")
    texts = rows.evaluate_all(
        "all => all.map(r => [...r.querySelectorAll('td:not(.share)')].map(c => c.textContent))"
    )
    return [[int(text or 0) for text in row] for row in texts]


def test_the_counts_are_those_of_the_threshold(url: str, open_page: Open) -> None:
    page = open_page(url)
    for keys in ("Home", "PageUp", "ArrowRight", "End"):
        at = _press(page, keys)
        accepted = [scores(name) <= at for name in SETS]
        assert _counts(page) == [[int(a[0::2].sum()), int(a[1::2].sum())] for a in accepted]
        shares = page.locator(".live .matrix td.share").all_inner_texts()
        assert shares == [f"{100 * a.mean():.1f} %" for a in accepted]


def test_the_strip_shows_the_nearest_on_both_sides(url: str, open_page: Open) -> None:
    page = open_page(url)
    every = np.sort(np.concatenate([scores(name)[:30] for name in SETS]))
    for keys in ("ArrowLeft", "Home", "End"):
        at = _press(page, keys)
        assert _shown(page, "below") == pytest.approx(every[every <= at][-5:])
        assert _shown(page, "above") == pytest.approx(every[every > at][:5])


def test_everything_follows_while_the_button_is_down(url: str, open_page: Open) -> None:
    page = open_page(url)
    before = _counts(page), _shown(page, "above")
    runs, address = page.get_by_text("server:").inner_text(), page.url
    filled = page.locator(".live #passed rect")
    width = float(filled.get_attribute("width") or 0)
    box = page.locator(".live .plot > svg").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 100, steps=12)
    assert _counts(page) != before[0]
    assert _shown(page, "above") != before[1]
    assert float(filled.get_attribute("width") or 0) > width + 100
    assert page.get_by_text("server:").inner_text() == runs, "no run of the server meanwhile"
    assert page.url == address
    page.mouse.up()
    page.wait_for_url("**threshold=*")


def test_another_scale_goes_back_to_the_start(url: str, open_page: Open) -> None:
    page = open_page(f"{url}/?threshold=8")
    assert page.locator(".live .now").inner_text() == "8"
    page.get_by_label("scale").fill("another")
    page.get_by_label("scale").press("Enter")
    page.get_by_text("server: 5 after").wait_for(timeout=15_000)
    page.wait_for_function("!location.search.includes('threshold')")
    assert page.locator(".live .now").inner_text() == "5"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("query", ["", "?ridge=1"])
def test_nothing_jumps_and_nothing_sticks_out(
    url: str, open_page: Open, width: int, query: str
) -> None:
    page = open_page(f"{url}/{query}", width=width, height=844)
    heights = set()
    for keys in ["Home", *["PageUp"] * 6, "End"]:
        _press(page, keys)
        heights.add(page.locator(".live").bounding_box()["height"])
    assert len(heights) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_words_of_a_user_stay_words(url: str, open_page: Open) -> None:
    word = "<img src=x onerror='window.hit=1'>"
    page = open_page(f"{url}/?word={quote(word)}")
    assert page.locator(".live .matrix tr.coloured th").first.inner_text() == word
    assert page.evaluate("window.hit") is None
