"""Which words of a page are cut: tiles, labels and menus with an ellipsis, and text of charts."""

from __future__ import annotations

from playwright.sync_api import Page

FIND = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const found = [];
  const shown = one => { const box = one.getBoundingClientRect(); return box.width && box.height; };
  // What a user's file named may be of any length; it is told in full where one points at it. The
  // line below an uploader is Streamlit's own.
  const theirs = '[data-testid=stMultiSelect], [data-testid=stFileUploaderDropzoneInstructions]';
  for (const one of main.querySelectorAll('*')) {
    if (one.closest(theirs)) continue;
    const style = getComputedStyle(one);
    const hides = style.textOverflow === 'ellipsis' && style.overflowX !== 'visible';
    if (hides && shown(one) && one.scrollWidth > one.clientWidth + 1)
      found.push('cut: ' + one.textContent.trim());
  }
  for (const chart of main.querySelectorAll('.js-plotly-plot svg.main-svg')) {
    const box = chart.getBoundingClientRect();
    if (!box.width) continue;
    for (const text of chart.querySelectorAll('text')) {
      const own = text.getBoundingClientRect();
      const out = Math.max(box.left - own.left, own.right - box.right, own.bottom - box.bottom,
                           box.top - own.top);
      if (own.width && out > 2) found.push('outside its chart: ' + text.textContent.trim());
    }
  }
  return [...new Set(found)];
}"""


def cut_words(page: Page) -> list[str]:
    """What a reader cannot read to its end, each with how it is cut."""
    return list(page.evaluate(FIND))
