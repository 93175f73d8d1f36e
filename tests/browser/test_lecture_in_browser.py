"""Lecture mode in a browser: what is gone, what is larger, and what a link keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import ROOT, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SIZES = """selector => [...document.querySelectorAll('*')].flatMap(e =>
  e.shadowRoot ? [...e.shadowRoot.querySelectorAll(selector)] : e.matches(selector) ? [e] : [])
  .filter(e => e.textContent.trim()).map(e => parseFloat(getComputedStyle(e).fontSize))"""


def test_lecture_mode_of_a_page(serve: Callable[..., str], open_page: Callable[..., Page]) -> None:
    page = open_page(serve(ROOT / "app.py") + "/attack?view=Accuracy+against+epsilon")
    page.locator(".live svg text").first.wait_for()
    smaller = min(page.evaluate(SIZES, ".live svg text"))
    page.get_by_test_id("stSidebar").get_by_text("Lecture mode").click()
    page.wait_for_url(re.compile("lecture=1"))
    page.get_by_test_id("stSidebar").wait_for(state="hidden")
    wait_until_ready(page)
    labels = page.evaluate(SIZES, ".live svg text")
    assert min(labels) >= max(15, 1.2 * smaller)
    assert page.get_by_label("Test pictures").first.is_visible()
    page.get_by_text("Controls", exact=True).click()
    page.wait_for_url(re.compile("controls=hidden"))
    page.get_by_label("Test pictures").first.wait_for(state="hidden")
    wait_until_ready(page)
    assert page.get_by_role("slider").first.is_visible()
    assert page.get_by_test_id("stButtonGroup").first.is_visible(), "the row of views"
    page.get_by_text("Why does noise not fool a network").click()
    page.get_by_text("Random noise of 8/255 per pixel").wait_for()
    assert "lecture=1&controls=hidden" in page.url
    page.get_by_test_id("stSidebar").wait_for(state="hidden")
    page.get_by_text("Lecture mode", exact=True).click()
    page.get_by_test_id("stSidebar").wait_for(state="visible")
    assert "lecture" not in page.url
