"""The page on out-of-distribution detection in a real browser: dragging, links, upload, files."""

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

from tests.browser.chromium import COUNT_WHAT_IS_SENT, ROOT, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., "Page"]
Serve = Callable[..., str]


def test_the_threshold_is_dragged_without_the_server(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/ood", height=1800)
    live = page.locator(".live")
    plot = live.locator(".plot > svg")
    plot.wait_for()
    box = plot.bounding_box()
    assert box is not None
    before, address = live.inner_text(), page.url
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 100)
    page.evaluate(COUNT_WHAT_IS_SENT)
    page.mouse.down()
    seen = set()
    for share in (0.4, 0.5, 0.6, 0.7, 0.8):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 100, steps=4)
        seen.add(live.inner_text())
    assert len(seen) == 5
    assert before not in seen
    assert page.evaluate("window.sent") == 0, "no word to the server, so no model"
    assert page.url == address
    during = live.inner_text()
    page.mouse.up()
    page.wait_for_url(re.compile(r"threshold="))
    wait_until_ready(page)
    assert page.evaluate("window.sent") > 0
    assert live.inner_text() == during

    again = open_page(page.url, height=1800)
    again.locator(".live .now").wait_for()
    assert again.locator(".live .now").inner_text() == page.locator(".live .now").inner_text()


def test_keep_95_comes_back_and_the_numbers_can_be_taken_home(
    serve: Serve, open_page: Open
) -> None:
    page = open_page(serve(ROOT / "app.py") + "/ood?threshold=0.7", height=1800)
    now = page.locator(".live .now")
    now.wait_for()
    moved = now.inner_text()
    page.get_by_role("button", name="Accept 95 %").click()
    page.wait_for_function("!location.search.includes('threshold')")
    wait_until_ready(page)
    assert now.inner_text() != moved
    assert page.locator(".live .figure .number").first.inner_text().startswith("95.")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Table (CSV)").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text().splitlines()))
    kept = [float(row["inlier"]) for row in rows]
    assert kept == sorted(kept)
    assert min(k for k in kept if k >= 0.95) < 0.96


def test_upload_score_download(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    mine = tmp_path / "mine.png"
    pixels = np.random.default_rng(1).integers(0, 256, (80, 110, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(mine)
    address = serve(ROOT / "app.py") + "/ood?view=Your+own+picture&source=Upload"
    page = open_page(address, height=1400)
    page.locator('input[type="file"]').set_input_files(str(mine))
    page.get_by_text("Picture: your picture").wait_for()
    wait_until_ready(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="All numbers (JSON)").click()
    numbers = json.loads(Path(waiting.value.path()).read_text())
    assert numbers["picture"] == "your picture"
    assert numbers["scores"].keys() == numbers["thresholds"].keys()
