"""The app in a real browser: every address opened cold, one whole job, one slider drag."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.browser.chromium import ROOT, wait_until_ready
from trustai.ui.kit.site import PAGES, PageInfo

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., "Page"]
Serve = Callable[..., str]


each_page = pytest.mark.parametrize("info", PAGES, ids=lambda info: info.topic)


@each_page
def test_every_address_opens_cold(info: PageInfo, serve: Serve, open_page: Open) -> None:
    """As the first visitor of the server."""
    page = _opens(f"{serve(ROOT / 'app.py')}/{info.url}", open_page)
    assert page.title() == (f"{info.title} · trustai" if info.url else "trustai")


@pytest.mark.slow
@each_page
def test_every_address_opens_on_a_fresh_server(
    info: PageInfo, serve: Serve, open_page: Open
) -> None:
    """On a server of its own, where no other session has imported or computed anything."""
    _opens(f"{serve(ROOT / 'app.py', fresh=True)}/{info.url}", open_page)


def _opens(address: str, open_page: Open) -> Page:
    page = open_page(address)
    menu = page.get_by_test_id("stSidebarNav")
    for other in PAGES:
        assert menu.get_by_text(other.title, exact=True).count() == 1
    assert page.get_by_text("Page not found").count() == 0
    assert page.get_by_test_id("stException").count() == 0
    assert page.locator("h1").count() == 1
    return page


def test_upload_attack_download(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    mine = tmp_path / "mine.png"
    pixels = np.random.default_rng(1).integers(0, 256, (80, 110, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(mine)
    page = open_page(serve(ROOT / "app.py") + "/attack?source=Upload")
    page.locator('input[type="file"]').set_input_files(str(mine))
    page.get_by_text("Picture: your picture").wait_for()
    wait_until_ready(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture (PNG)").click()
    with Image.open(waiting.value.path()) as attacked:
        assert attacked.size == (224, 224)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="All numbers (JSON)").click()
    numbers = json.loads(Path(waiting.value.path()).read_text())
    assert numbers["picture"] == "your picture"
    assert 0 < numbers["linf"][0] <= 8 / 255 + 1e-6


def test_figures_follow_the_slider_while_it_is_dragged(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/attack?view=Accuracy+against+epsilon", height=1400)
    plot = page.locator(".live .plot > svg")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    live = page.locator(".live").first
    before, url = live.inner_text(), page.url
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 100, steps=8)
    during = live.inner_text()
    assert re.findall(r"\d+\.\d%", during) != re.findall(r"\d+\.\d%", before)
    assert page.url == url, "nothing goes to the server before the button is up"
    page.mouse.up()
    page.wait_for_url(re.compile(r"eps="))
    wait_until_ready(page)
    assert live.inner_text() == during


def test_a_preset_leads_to_its_view(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/attack")
    page.get_by_text("Why does noise not fool a network").click()
    page.get_by_text("Every pixel moves by at most 8/255 in both.").wait_for()


def test_the_picture_in_the_address_is_the_picture_shown(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/attack?model=Road+signs%2C+standard&picture=7")
    page.get_by_text("test picture 7.").wait_for()


def test_pictures_are_not_blank(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/attack", height=1400)
    page.locator(".js-plotly-plot").first.wait_for()
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        assert len(shot.convert("RGB").getcolors(maxcolors=10**7) or []) > 500


def test_upload_explain_download(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    mine = tmp_path / "mine.png"
    pixels = np.random.default_rng(1).integers(0, 256, (80, 110, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(mine)
    page = open_page(serve(ROOT / "app.py") + "/saliency?source=Upload")
    page.locator('input[type="file"]').set_input_files(str(mine))
    page.get_by_text("mine.png").first.wait_for()
    wait_until_ready(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Arrays (NPZ)").click()
    with np.load(waiting.value.path()) as arrays:
        assert arrays["picture"].shape[0] == 3
        assert arrays["grad_cam"].shape == arrays["picture"].shape[1:]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture (PNG)").first.click()
    with Image.open(waiting.value.path()) as grid:
        assert grid.width > 1000
    with page.expect_download() as waiting:
        page.get_by_role("button", name="All numbers (JSON)").click()
    numbers = json.loads(Path(waiting.value.path()).read_text())
    assert numbers["methods"]["grad_cam"]["parameters"]["layer"] == "top"
    assert numbers["figures"].keys() == numbers["methods"].keys()
    assert 0 <= numbers["figures"]["grad_cam"]["field_deletion"] <= 1


@pytest.mark.slow
def test_maps_follow_the_slider_under_attack(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/saliency?view=Under+attack", height=1600)
    films = page.locator(".live .film")
    films.first.wait_for()
    assert films.count() == 8
    slider = page.get_by_role("slider").last
    before = films.locator("img").evaluate_all("all => all.map(one => one.src)")
    slider.focus()
    page.keyboard.press("End")
    after = films.locator("img").evaluate_all("all => all.map(one => one.src)")
    changed = [a != b for a, b in zip(before, after, strict=True)]
    assert changed[0], "the attacked picture"
    assert not changed[1], "the clean map"
    assert any(changed[2:4]), "its map"
