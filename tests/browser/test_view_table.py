"""The parts of the table of all views: what is measured on a page, and how it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.views import WIDE, Look, Visit, document, look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = """
<style>* {{ margin: 0; }} div, img {{ display: block; height: 60px; }}</style>
<main data-testid="stMain" style="height: 800px; overflow: auto">
  <div class="st-key-view"><div class="stButtonGroup">The views</div></div>
  <div class="st-key-first-pickers">{pickers}<img alt="a picker's own picture"></div>
  <div class="st-key-finding"><p>It  falls | to 3 %.</p></div>
  <div style="height: {gap}px"></div>
  <details><summary>More</summary><div class="stSelectbox">folded</div><img alt=""></details>
  <img alt="the result"><div class="stSelectbox">below</div>
</main>
"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("pickers", "gap", "above", "first"),
    [("", 300, True, True), ("", 700, False, True),
     ('<div class="stSelectbox">before</div>', 300, True, False)],
)  # fmt: skip
def test_what_is_measured(
    chromium: Browser, pickers: str, gap: int, above: bool, first: bool
) -> None:
    page = chromium.new_page(viewport={"width": WIDE[0], "height": WIDE[1]})
    page.set_content(PAGE.format(pickers=pickers, gap=gap))
    found = look(page)
    page.close()
    assert found.finding == "It falls | to 3 %."
    assert found.finding_end is not None
    assert found.result_start is not None
    assert found.result_start - found.finding_end >= gap, "what is folded is not the result"
    assert found.above(WIDE[1]) is above
    assert found.result_first is first
    assert found.height >= found.result_start + 120


def test_a_row_says_what_was_measured() -> None:
    wide = Look("“⁨a⁩” | b", 300, 500, 200, 2_400)
    narrow = Look("“⁨a⁩” | b", 500, 700, 600, 4_100)
    one = Visit("/ood?view=All", 2.04, wide, narrow)
    assert one.row == "| `/ood?view=All` | “a” \\| b | 2.0 | yes | **no** | 2,400 | 4,100 |"
    silent = Visit("/", 1.0, Look("", None, 900, None, 2_000), Look("", None, 900, None, 3_000))
    assert silent.row == "| `/` | – | 1.0 | – | – | 2,000 | 3,000 |"
    text = document([one, silent])
    assert one.row in text
    assert silent.row in text
    assert "**1 of 1**" in text, "a page without a finding is not judged"
    assert "**0 of 1**" in text
