"""The page on group fairness in a real browser: both live sliders and the thresholds by group."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browser.chromium import COUNT_WHAT_IS_SENT, ROOT, wait_until_ready
from trustai.fairness import load_path

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
Open = Callable[..., "Page"]
Serve = Callable[..., str]


def numbers(live: Locator) -> list[str]:
    return live.locator(".figure .number").all_inner_texts()


def test_lambda_moves_the_curves_together_without_the_server(serve: Serve, open_page: Open) -> None:
    path = load_path()
    page = open_page(serve(ROOT / "app.py") + "/fairness", height=1800)
    live = page.locator(".live").first
    live.locator(".graph .line").first.wait_for()
    curves = live.locator(".graph").first.locator("path.line")

    def apart() -> float:
        """How far the two curves of sex are from each other, in pixels."""
        places = [
            [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", curve.get_attribute("d") or "")]
            for curve in curves.all()
        ]
        return float(np.abs(np.array(places[0]) - np.array(places[1])).mean())

    before, address = apart(), page.url
    assert numbers(live)[0] == f"{path.front['accuracy'].iloc[0]:.1%}"
    page.evaluate(COUNT_WHAT_IS_SENT)
    handle = live.get_by_role("slider")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 14, middle)
    page.mouse.down()
    seen = set()
    for share in (0.2, 0.4, 0.6, 0.8):
        page.mouse.move(box["x"] + box["width"] * share, middle, steps=4)
        seen.add(tuple(numbers(live)))
    page.mouse.move(box["x"] + box["width"] - 14, middle, steps=4)
    assert len(seen) == 4
    assert apart() < before / 2
    last = path.front.iloc[-1]
    assert numbers(live)[:2] == [f"{last['accuracy']:.1%}", f"{last['p_percent_rule_sex']:.1%}"]
    assert page.evaluate("window.sent") == 0, "no word to the server, so no model"
    assert page.url == address
    page.mouse.up()
    page.wait_for_url(re.compile(rf"step={len(path.lambdas) - 1}"))
    wait_until_ready(page)
    # The second slider now has the last network.
    page.get_by_text("Can the threshold alone repair it?").click()
    page.locator(".live").nth(1).locator(".figure .number").first.wait_for()
    assert numbers(page.locator(".live").nth(1))[0] == f"{last['accuracy']:.1%}"


def test_each_group_has_a_threshold_and_a_button_sets_both(serve: Serve, open_page: Open) -> None:
    part = load_path().parts["test"]
    address = serve(ROOT / "app.py") + "/fairness?view=Thresholds+by+group"
    page = open_page(address, height=1400)
    live = page.locator(".live").first
    sliders = live.get_by_role("slider")
    sliders.first.wait_for()

    def figures_now() -> list[str]:
        """Accuracy, p%-rule and equal opportunity at the thresholds that the sliders say."""
        words = [one.get_attribute("aria-valuetext") or "" for one in sliders.all()]
        at = [float(re.findall(r"threshold (\d+) %", one)[0]) / 100 for one in words]
        chosen = part.probability[0] >= np.array(at)[part.groups["sex"]]
        groups = [part.groups["sex"] == k for k in (0, 1)]
        rates = [chosen[g].mean() for g in groups]
        found = [chosen[g & (part.labels == 1)].mean() for g in groups]
        right = (chosen == part.labels).mean()
        return [f"{v:.1%}" for v in (right, min(rates) / max(rates), abs(found[0] - found[1]))]

    assert numbers(live)[:3] == figures_now()
    sliders.first.focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowRight")
    assert numbers(live)[:3] == figures_now()
    page.wait_for_url(re.compile(r"t1=0\.41"))
    wait_until_ready(page)
    live.get_by_role("button", name="p%-rule").click()
    assert numbers(live)[:3] == figures_now()
    fair = float(numbers(live)[1].rstrip("%")) >= 80
    assert live.locator(".figure .kept").nth(1).inner_text() == ("✓ kept" if fair else "✗ broken")
    page.wait_for_url(re.compile(r"t2="))
    wait_until_ready(page)
    shown = numbers(live)
    again = open_page(page.url, height=1400)
    again.locator(".live [role=slider], .live input").first.wait_for()
    assert numbers(again.locator(".live").first) == shown
