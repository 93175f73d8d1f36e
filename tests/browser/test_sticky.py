"""Tiles of a result stay in view while a slider below them is dragged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chromium import wait_until_ready
from trustai.plots import colours

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
APP = Path(__file__).with_name("sticky_app.py")
WRAPPER = "document.querySelector('[class*=st-key-sticky-]').parentElement"


def box(page: Page, test_id: str, n: int = 0) -> Any:
    return page.get_by_test_id(test_id).nth(n).bounding_box()


@pytest.mark.parametrize(
    ("width", "height", "dark"), [(1280, 900, False), (390, 844, True)], ids=["laptop", "phone"]
)
def test_tiles_stay_in_view_while_the_last_slider_is_dragged(
    width: int, height: int, dark: bool,
    serve: Callable[..., str], open_page: Callable[..., Page],
) -> None:  # fmt: skip
    page = open_page(serve(APP), width=width, height=height, dark=dark)
    first, last = page.get_by_role("slider").first, page.get_by_role("slider").last
    last.scroll_into_view_if_needed()
    before = box(page, "stMetric")
    assert 0 <= before["y"] < before["y"] + before["height"] < height * 0.5
    assert first.bounding_box()["y"] < before["y"], "the page was scrolled, the tiles were not"
    handle = last.bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(handle["x"] + width * 0.4, handle["y"], steps=6)
    assert box(page, "stMetric") == before
    page.mouse.up()
    page.wait_for_timeout(300)
    wait_until_ready(page)
    shown = page.get_by_test_id("stMetricValue").first.inner_text()
    assert 0 < int(shown) <= 10, "the tile says what the slider does"
    assert box(page, "stMetric") == before
    paper = colours.DARK_BACKGROUND if dark else colours.LIGHT_BACKGROUND
    seen = page.evaluate(f"getComputedStyle({WRAPPER}).backgroundColor")
    assert seen == f"rgb{colours.rgb(paper)}", "what is scrolled does not show through"
    page.get_by_text("after 59").scroll_into_view_if_needed()
    assert box(page, "stMetric")["y"] < 0, "they go with their own part of the page"


@pytest.mark.parametrize("dark", [False, True])
def test_the_figures_of_the_live_slider_stay_in_view_above_its_tiles(
    dark: bool, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    script = Path(__file__).with_name("live_slider_app.py")
    page = open_page(serve(script), width=390, height=844, dark=dark)
    number, tile = page.locator(".live .figure .number").first, page.locator(".live .tile").last
    number.wait_for()
    page.mouse.move(195, 600)
    page.mouse.wheel(0, 450)
    page.wait_for_timeout(500)
    moved = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    assert moved > 200, "the page was scrolled"
    box = number.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 300
    assert tile.is_visible()
