"""The diabetes page in a real browser: a slider dragged, and tables uploaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import ROOT, wait_until_ready
from trustai import data
from trustai.explain.tabular.exploration import summary

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., "Page"]
Serve = Callable[..., str]


def test_the_risk_follows_a_slider_while_it_is_dragged(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(ROOT / "app.py") + "/diabetes", height=1600)
    live = page.locator(".live").first
    slider = page.get_by_role("slider", name=re.compile("^Glucose"))
    slider.wait_for()
    box = slider.bounding_box()
    assert box is not None
    risk, reasons = re.compile(r"\d+\.\d%"), page.get_by_text("an average patient has")
    before, why, url = risk.findall(live.inner_text()), reasons.inner_text(), page.url
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 22)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 22, steps=8)
    during = risk.findall(live.inner_text())
    assert len(during) == len(before) > 0
    assert all(now != was for now, was in zip(during, before, strict=True))
    assert "points by the sliders" in live.inner_text()
    assert (page.url, reasons.inner_text()) == (url, why), "no model before the button is up"
    page.mouse.up()
    page.wait_for_url(re.compile("edit=Glucose"))
    wait_until_ready(page)
    assert risk.findall(live.inner_text()) == during, "the curve said what the network says"
    assert reasons.inner_text() != why
    page.get_by_role("button", name="Reset to the values in the table").click()
    page.wait_for_url(lambda now: "edit=" not in now)
    wait_until_ready(page)
    assert risk.findall(live.inner_text()) == before


@pytest.mark.slow
def test_tables_of_ones_own(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    """A broken one is refused in one sentence; a good one is looked at, and its rows are asked."""
    frame = summary.frame(data.load("diabetes-synthetic", split="whole"))
    good, broken = tmp_path / "good.csv", tmp_path / "broken.csv"
    frame.to_csv(good, index=False)
    frame.drop(columns="Glucose").to_csv(broken, index=False)
    page = open_page(serve(ROOT / "app.py") + "/diabetes?table=Upload")
    page.locator('input[type="file"]').set_input_files(str(broken))
    page.get_by_test_id("stAlert").get_by_text("Glucose").wait_for()
    page.locator('input[type="file"]').set_input_files(str(good))
    page.get_by_text("good.csv").first.wait_for()
    # Its name stands there before the script has begun: what goes last is what was there before.
    page.get_by_text("Until you upload one").wait_for(state="detached")
    wait_until_ready(page)
    assert page.get_by_test_id("stException").count() == 0
    page.get_by_role("slider", name=re.compile("^Glucose")).wait_for()
