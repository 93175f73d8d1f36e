"""No tile, label or axis of any view ends in an ellipsis or lies outside its chart."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import ROOT
from tests.browser.cut import cut_words
from tests.browser.photograph import DRAWN, VIEWS, WIDTHS

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Every view in full takes minutes: the slow run looks at all, the quick one at those with tiles.
QUICK = ("models", "ood-own", "attack-noise")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in QUICK else [pytest.mark.slow]) for n in VIEWS],
)
def test_every_word_can_be_read_to_its_end(
    name: str, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    from playwright.sync_api import TimeoutError

    page = open_page(serve(ROOT / "app.py") + VIEWS[name])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        with contextlib.suppress(TimeoutError):  # what is folded away stays a placeholder
            page.wait_for_function(DRAWN, timeout=8_000)
        page.wait_for_timeout(1_500)  # charts draw after the script has run
        assert cut_words(page) == [], f"{name} at {width} pixels"
