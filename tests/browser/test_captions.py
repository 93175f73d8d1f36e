"""The page of captions in a real browser: words that are clicked, Persian that reads rightly."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.browser.chromium import ROOT, wait_until_ready
from trustai import zoo

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        "captions-scenes" not in {card.id for card in zoo.catalog()},
        reason="no captions-scenes here",
    ),
]
Open = Callable[..., "Page"]
Serve = Callable[..., str]

PIXELS = """all => all.map(one => {
  const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
  return data.reduce((sum, value, i) => (sum * 31 + value * (i % 7 + 1)) % 1000003, 0);
})"""


def test_a_click_on_a_word_moves_the_maps_and_the_address(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/captions", height=2400)
    words = page.locator(".live .word")
    words.first.wait_for()
    chosen = page.locator('.live .word[aria-pressed="true"]')
    assert chosen.count() == 1
    canvases = page.locator(".live .panel canvas")
    assert canvases.count() == 3
    before = canvases.evaluate_all(PIXELS)
    assert len(set(before)) == 3, "attention, Grad-CAM and the blurred cells differ"
    last = words.count() - 1
    words.nth(last).click()
    assert chosen.inner_text().strip() == words.nth(last).inner_text().strip()
    after = canvases.evaluate_all(PIXELS)
    assert after[0] != before[0]
    page.wait_for_url(re.compile(rf"word={last + 1}\b"))
    wait_until_ready(page)
    assert canvases.evaluate_all(PIXELS) == after, "the server's answer changes nothing"
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile(rf"word={last}\b"))
    again = open_page(page.url, height=2400)
    again.locator(".live .word").first.wait_for()
    pressed = again.locator(".live .word").nth(last - 1)
    assert pressed.get_attribute("aria-pressed") == "true"


@pytest.mark.slow
def test_persian_reads_from_the_right_on_a_phone_too(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/captions?language=Persian", height=2400)
    words = page.locator(".live .word")
    words.first.wait_for()
    boxes = [words.nth(i).bounding_box() for i in range(2)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] > boxes[1]["x"], "the first word stands on the right"
    said = page.locator('.trustai-said[dir="rtl"] p')
    assert said.count() == 2
    for i in range(2):
        text = said.nth(i).locator("bdi")
        assert text.evaluate("one => getComputedStyle(one).direction") == "rtl"
        outer, inner = said.nth(i).bounding_box(), text.bounding_box()
        assert outer is not None
        assert inner is not None
        assert outer["x"] + outer["width"] - (inner["x"] + inner["width"]) < 2, "right-aligned"
    cell = page.locator('.trustai-table td[dir="rtl"]').first
    assert cell.evaluate("one => getComputedStyle(one).textAlign") == "start"
    start = words.first
    start.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert words.nth(1).get_attribute("aria-pressed") == "true", "onwards is to the left"
    wait_until_ready(page)
    page.set_viewport_size({"width": 390, "height": 2400})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "not wider than a phone"


def test_upload_caption_download(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    mine = tmp_path / "mine.png"
    pixels = np.random.default_rng(1).integers(0, 256, (700, 1100, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(mine)
    page = open_page(serve(ROOT / "app.py") + "/captions?source=Upload", height=2400)
    page.locator('input[type="file"]').set_input_files(str(mine))
    page.get_by_text("Picture: your picture").wait_for()
    wait_until_ready(page)
    page.locator(".live .word").first.wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="All numbers (JSON)").click()
    numbers = json.loads(Path(waiting.value.path()).read_text())
    assert numbers["picture"] == "your picture"
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Table (CSV)").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text().splitlines()))
    words = [row["word"] for row in rows if row["word"] != "<end>"]
    assert " ".join(words) == numbers["caption"]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Arrays (NPZ)").click()
    with np.load(waiting.value.path()) as arrays:
        assert arrays["attention"].sum((1, 2)) == pytest.approx(np.ones(len(rows)), abs=1e-3)
        assert arrays["grad_cam"].shape == arrays["attention"].shape
