"""A long computation is stopped by its button while it runs, and continues by another one; the
figure of an article is drawn in the colours of the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import wait_until_ready
from trustai.plots import colours

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
APP = Path(__file__).with_name("countdown_app.py")


def test_a_computation_is_stopped_while_it_runs_and_continues(
    serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    page = open_page(serve(APP))
    main = page.get_by_test_id("stMain")  # Streamlit has a Stop of its own above it
    stop, go_on = (main.get_by_role("button", name=name) for name in ("Stop", "Continue"))
    page.get_by_text("Begin").click()
    page.get_by_text(re.compile(r"Counting: about \d+ s left")).wait_for()
    stop.click()
    go_on.wait_for()
    wait_until_ready(page)
    assert page.get_by_text("Counting: you stopped this computation.").is_visible()
    assert page.get_by_text("the page goes on").is_visible()
    assert stop.count() == 0
    go_on.click()
    stop.wait_for()
    stop.click()  # and again
    go_on.wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_figure_of_an_article_has_the_colours_of_the_screen(
    dark: bool, serve: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    page = open_page(serve(APP), dark=dark)
    page.get_by_text("More about this view").click()
    figure = page.get_by_role("img", name=re.compile("^Two falling curves of the accuracy"))
    figure.wait_for()
    box = figure.bounding_box()
    assert box is not None
    assert 400 < box["width"] < 700
    assert box["height"] > 150
    paths = figure.locator("path")
    drawn = paths.evaluate_all("all => all.map(one => getComputedStyle(one).stroke)")
    wanted = [colours.ATTACKED, colours.TRAINED_AGAINST]
    if dark:
        wanted = [colours.on_dark(one) for one in wanted]
    assert {f"rgb{colours.rgb(one)}" for one in wanted} <= set(drawn)
    text = figure.locator("text").first.evaluate("one => getComputedStyle(one).fill")
    assert text == ("rgb(236, 239, 244)" if dark else "rgb(27, 31, 39)")
