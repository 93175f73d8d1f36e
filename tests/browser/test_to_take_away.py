"""What a person takes away: full screen with its title, PNG and SVG, and the lab report."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.browser.chromium import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def attack(serve: Callable[..., str], open_page: Callable[..., Page]) -> Page:
    page = open_page(serve(ROOT / "app.py") + "/attack?view=One+picture", dark=True)
    page.locator(".js-plotly-plot .gtitle").first.wait_for()
    return page


def test_full_screen_shows_the_title_of_a_picture(attack: Page) -> None:
    frame = attack.locator('[data-testid="stFullScreenFrame"]:has(img[alt^="Attacked: "])').first
    title = frame.locator("img").get_attribute("alt") or "no name"
    frame.hover()
    frame.get_by_role("button", name=title).click()
    attack.wait_for_function("document.querySelector('[data-trustai-full]')")
    shown = attack.evaluate(
        "getComputedStyle(document.querySelector('[data-trustai-full]'), '::before').content"
    )
    assert title in shown
    attack.keyboard.press("Escape")
    attack.wait_for_function("!document.querySelector('[data-trustai-full]')")


def test_a_chart_is_saved_with_its_title_for_a_slide(attack: Page) -> None:
    plot = attack.locator('[data-testid="stPlotlyChart"]').first
    title = plot.locator(".gtitle").first.text_content()
    with attack.expect_download() as waiting:
        plot.get_by_role("button", name="Download plot as an SVG").click()
    drawn = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    assert title
    assert title in drawn
    assert "espresso" in drawn
    with attack.expect_download() as waiting:
        plot.get_by_role("button", name="Download plot as a PNG").click()
    with Image.open(waiting.value.path()) as picture:
        pixels = np.asarray(picture.convert("RGBA"))
    assert pixels.shape[1] > 800
    assert pixels[2, 2].tolist() == [255, 255, 255, 255], "readable on any slide, from dark too"


def test_the_lab_report_opens_without_any_address(attack: Page, tmp_path: Path) -> None:
    with attack.expect_download() as waiting:
        attack.get_by_role("button", name="Lab report (HTML)").click()
    file = tmp_path / "report.html"
    file.write_bytes(Path(waiting.value.path()).read_bytes())
    report = attack.context.new_page()
    asked: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.goto(file.as_uri())
    report.locator(".js-plotly-plot .gtitle").first.wait_for()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert report.locator("h1").text_content() == "Attack playground: One picture"
    assert report.locator(".finding b").count() >= 1
    assert report.locator('img[alt^="Attacked: "]').count() == 1
    assert report.evaluate("[...document.images].every((one) => one.naturalWidth > 50)")
    assert '"weights_sha"' in report.locator("pre").first.inner_text()
    with Image.open(io.BytesIO(report.screenshot())) as shot:
        assert len(shot.convert("RGB").getcolors(maxcolors=10**7) or []) > 500
    report.close()
