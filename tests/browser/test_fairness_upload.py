"""The fairness page's view of one's own table in a real browser: an upload, broken and good."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browser.chromium import ROOT, wait_until_ready
from trustai.metrics.fairness import group_counts, report

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., "Page"]
Serve = Callable[..., str]

N = 400


def table() -> tuple[bytes, str, str]:
    """A CSV with the scores of a model, and the selection rate and p%-rule that it must show."""
    random = np.random.default_rng(0)
    gender = random.integers(2, size=N)
    hired = (random.random(N) < 0.3 + 0.2 * gender).astype(int)
    score = np.round(0.15 + 0.3 * hired + 0.15 * gender + 0.3 * random.random(N), 3)
    lines = [
        f"{'blue' if g else 'green'},{s},{'yes' if h else 'no'}"
        for g, s, h in zip(gender, score, hired, strict=True)
    ]
    counts = group_counts(hired, score >= 0.5, gender, n_groups=2)
    found = report(counts, ["green", "blue"])
    rate = found.rates["selection_rate"][1].value
    return (
        "\n".join(["gender,score,hired", *lines]).encode(),
        f"{rate:.1%}",
        f"{found.criteria['p_percent_rule'].value:.1%}",
    )


def test_a_table_is_refused_and_another_is_judged(
    serve: Serve, open_page: Open, tmp_path: Path
) -> None:
    content, rate, rule = table()
    good, broken = tmp_path / "good.csv", tmp_path / "broken.csv"
    good.write_bytes(content)
    broken.write_bytes(bytes(range(256)) * 20)
    page = open_page(serve(ROOT / "app.py") + "/fairness?view=Your+own+table", height=1600)
    page.get_by_text("until you upload a table").wait_for()
    upload = page.locator('input[type="file"]')
    upload.set_input_files(str(broken))
    refused = page.get_by_test_id("stAlert").get_by_text(re.compile("^Expected "))
    refused.wait_for()
    wait_until_ready(page)
    assert refused.count() == 1
    upload.set_input_files(str(good))
    refused.wait_for(state="detached")
    page.get_by_text("until you upload a table").wait_for(state="detached")
    wait_until_ready(page)
    page.get_by_role("combobox", name="What is judged").click()
    page.get_by_role("option", name="The scores in “score”").click()
    said = page.get_by_text(re.compile(r"the group blue is selected|and the group blue in"))
    said.wait_for()
    words = said.inner_text()
    assert rate in words
    assert f"The p%-rule is {rule}" in words
    assert page.get_by_test_id("stException").count() == 0
    shown = page.locator(".live .figure").all_inner_texts()
    assert any("blue" in one and rate in one for one in shown)
