"""Uploads of every shape on the page of image explanations, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.browser.chromium import ROOT, wait_until_ready
from trustai.data.images import samples

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., "Page"]
Serve = Callable[..., str]


def _tall(path: Path) -> None:
    """The cup at the lower end of a picture three times as high as wide."""
    cup = Image.fromarray(samples.load("coffee")).crop((100, 0, 500, 400))
    page = Image.new("RGB", (400, 1200), "white")
    page.paste(cup, (0, 800))
    page.save(path)


def _tiny(path: Path) -> None:
    Image.fromarray(samples.load("coffee")).resize((60, 40)).save(path)


def _huge(path: Path) -> None:
    """40 megapixels: 7,680 by 5,120."""
    Image.fromarray(samples.load("coffee")).resize((7_680, 5_120)).save(path, quality=85)


def _cmyk(path: Path) -> None:
    Image.fromarray(samples.load("coffee")).convert("CMYK").save(path)


@pytest.mark.parametrize(
    ("make", "ending", "part", "notes"),
    [
        (_tall, "png", "Bottom", ["scaled from 400x1200"]),
        (_tiny, "png", "", ["tiny: its shorter side has 40 pixels"]),
        (_huge, "jpg", "", ["scaled from 7680x5120 to"]),
        (_cmyk, "jpg", "", []),
    ],
)
def test_a_cup_is_explained_in_every_shape(
    make: Callable[[Path], None],
    ending: str,
    part: str,
    notes: list[str],
    serve: Serve,
    open_page: Open,
    tmp_path: Path,
) -> None:
    mine = tmp_path / f"mine.{ending}"
    make(mine)
    page = open_page(serve(ROOT / "app.py") + "/saliency?source=Upload&methods=Grad-CAM")
    page.locator('input[type="file"]').set_input_files(str(mine))
    page.get_by_text(mine.name).first.wait_for()
    wait_until_ready(page)
    if part:
        page.get_by_role("radio", name=part).click()
        page.get_by_text("espresso").first.wait_for()
        wait_until_ready(page)
    for note in notes:
        page.get_by_text(note).first.wait_for()
    page.get_by_text("Explained: espresso").wait_for()
    page.get_by_text("insertion").first.wait_for()
    assert page.get_by_test_id("stException").count() == 0
