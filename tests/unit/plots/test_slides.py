"""A picture for a slide: everything given stands on it, and is legible."""

from __future__ import annotations

import numpy as np
import pytest

from trustai.plots import colours, pictures
from trustai.plots.slides.picture_slide import WIDE, ColourBar, picture_slide

RED = np.full((8, 8, 3), (200, 10, 30), np.uint8)
BAR = ColourBar("inferno", "unimportant", "most important", "Evidence:")


def _ink(page: pictures.Pixels) -> int:
    return int((page.max(axis=2) < 80).sum())


def test_words_pictures_and_bar_are_on_the_page() -> None:
    tiles = [("one", RED), ("two", 255 - RED)]
    bare = picture_slide("", "", tiles, columns=2, side=64)
    titled = picture_slide("Attacked", "", tiles, columns=2, side=64)
    told = picture_slide("Attacked", "CIFAR-10, PGD", tiles, columns=2, side=64)
    full = picture_slide("Attacked", "CIFAR-10, PGD", tiles, columns=2, side=64, bars=[BAR])
    assert _ink(bare) < _ink(titled) < _ink(told) < _ink(full)
    for page in (bare, full):
        assert (page == RED[0, 0]).all(2).sum() == 64 * 64
        assert page[-1, -1].tolist() == [255, 255, 255]
    table = {tuple(row) for row in pictures.colour_table("inferno")[::16].tolist()}
    seen = {tuple(p) for p in full.reshape(-1, 3).tolist()}
    assert len(table & seen) >= 10
    assert full.shape[1] > WIDE


@pytest.mark.parametrize("columns", [1, 3])
def test_a_long_title_is_broken_and_not_cut(columns: int) -> None:
    long = "Why does this network say so, and who says that it does? " * 2
    page = picture_slide(long, long, [("x", RED)] * columns, columns=columns, side=96)
    right = page[:, -8:]
    assert (right == 255).all(), "nothing runs out of the page"


def test_the_text_of_a_slide_is_legible() -> None:
    assert colours.contrast(colours.INK, colours.LIGHT_BACKGROUND) >= 7
