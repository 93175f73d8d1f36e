"""Terms of the glossary on a page: marked at their first use, explained to mouse, keys, touch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import wait_until_ready
from trustai.ui.kit.glossary import hint

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
APP = Path(__file__).with_name("glossary_app.py")
Open = Callable[..., "Page"]


def marked(page: Page) -> list[str]:
    page.wait_for_timeout(600)
    return page.locator(".trustai-term").all_inner_texts()


def test_the_first_use_of_each_term_is_marked_and_follows_the_page(
    serve: Callable[..., str], open_page: Open
) -> None:
    page = open_page(serve(APP))
    page.locator(".trustai-term").first.wait_for()
    assert marked(page) == ["logit", "softmax", "epsilon", "temperature"]
    field = page.get_by_label("n", exact=True)
    for n, more in (("1", ["AUROC", "LIME"]), ("2", []), ("3", ["AUROC", "LIME"])):
        field.fill(n)
        field.press("Enter")
        page.get_by_text(f"Step {n}: two logits and the epsilon of step {n}.").wait_for()
        wait_until_ready(page)
        assert marked(page) == ["logit", "softmax", "epsilon", *more, "temperature"]
        step = page.get_by_text("Step ").first.inner_text()
        assert step == f"Step {n}: two logits and the epsilon of step {n}."
    first = page.get_by_text("The logit of a class").first.inner_text()
    assert first == "The logit of a class, then its softmax. No other logit here."


def test_a_hint_opens_with_the_mouse_and_the_keyboard(
    serve: Callable[..., str], open_page: Open
) -> None:
    page = open_page(serve(APP))
    term, tip = page.locator(".trustai-term").first, page.get_by_role("tooltip")
    term.wait_for()
    term.hover()
    assert hint("logit") in tip.inner_text()
    assert term.get_attribute("aria-describedby") == "trustai-hint"
    page.mouse.move(5, 5)
    tip.wait_for(state="hidden")
    term.focus()
    tip.wait_for()
    page.keyboard.press("Tab")
    assert hint("softmax") in tip.inner_text()
    page.keyboard.press("Escape")
    tip.wait_for(state="hidden")


def test_a_hint_opens_at_a_touch_and_stays_on_the_screen(
    serve: Callable[..., str], open_page: Open
) -> None:
    page = open_page(serve(APP), width=390, height=844, dark=True)
    term, tip = page.locator(".trustai-term").nth(1), page.get_by_role("tooltip")
    term.wait_for()
    marked(page)
    term.tap()
    tip.wait_for()
    assert hint("softmax") in tip.inner_text()
    box = tip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.get_by_text("Step 0").tap(position={"x": 5, "y": 5})
    tip.wait_for(state="hidden")
