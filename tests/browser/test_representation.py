"""The representation page in a real browser: a click, an upload, a download, the URL."""

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
from trustai import zoo

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAPPED = [c for c in zoo.catalog(kind="picture") if zoo.measurements(c.id, topic="map") is not None]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not MAPPED, reason="no network's map was measured"),
]
Open = Callable[..., "Page"]
Serve = Callable[..., str]


def test_a_click_on_a_point_shows_its_picture(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/representation?beside=nothing", height=1600)
    points = page.locator(".js-plotly-plot .scatterlayer .trace .points path")
    points.first.wait_for()
    heading = page.get_by_role("heading", name=re.compile(r"^Picture \d+ and its nearest"))
    before = heading.inner_text()
    # The last dot of the map proper: nothing is drawn over it but the ring, which is elsewhere.
    last = points.nth(points.count() - 3)
    box = last.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(re.compile(r"[?&]at=\d+"))
    wait_until_ready(page)
    now = heading.inner_text()
    assert now != before
    number = re.search(r"[?&]at=(\d+)", page.url)
    assert number is not None
    assert now.startswith(f"Picture {number[1]} ")


@pytest.mark.slow
def test_uploads_are_placed_and_downloaded(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    files = []
    for i in range(2):
        pixels = np.random.default_rng(i).integers(0, 256, (60, 80, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        files.append(tmp_path / f"mine{i}.png")
        files[-1].write_bytes(out.getvalue())
    page = open_page(serve(ROOT / "app.py") + "/representation?view=Your+own+pictures")
    page.locator('input[type="file"]').set_input_files([str(file) for file in files])
    page.get_by_text("These are sample photographs").wait_for(state="detached")
    wait_until_ready(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="All numbers (JSON)").click()
    told = json.loads(Path(waiting.value.path()).read_text())
    assert told["pictures"] == "uploaded"
    assert told["table"]["name"] == ["mine0.png", "mine1.png"]
