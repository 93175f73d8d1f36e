"""``python -m tests.browser.views``: what a visitor meets first on every view, as a table.

It opens every view of `tests.browser.photograph.VIEWS` once and writes ``docs/views.md``: the
address, the finding as it stands on the screen, whether the finding and the start of the result
are seen without scrolling, how long they took, and how long the page is.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from tests.browser.chromium import CHROMIUM_ARGS, ROOT, Server, chromium_path, wait_until_ready
from tests.browser.photograph import DRAWN, VIEWS
from trustai.ui.kit.jobs import processors

TABLE = ROOT / "docs" / "views.md"
WIDE, NARROW = (1280, 800), (390, 844)
FINDING = ".st-key-finding p"
START = 100
"""Pixels of the result that must lie above the fold for its start to be seen."""

_PLAIN = str.maketrans({"|": "\\|"} | dict.fromkeys("\u2066\u2067\u2068\u2069"))
"""A bar would end a cell; signs of direction have no meaning in a file."""

MEASURE = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const boxes = selector => [...main.querySelectorAll(selector)]
    .filter(one => !one.closest('details:not([open])'))
    .map(one => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width && box.height);
  const top = found => found.length ? Math.min(...found.map(([, box]) => box.top)) : null;
  const finding = boxes('.st-key-finding')[0];
  const outer = '.stHorizontalBlock:not(.stHorizontalBlock .stHorizontalBlock)';
  const pickers =
    `.st-key-first-pickers, .st-key-first-look ${outer} > .stColumn:first-child`;
  const results = boxes(
    'img, .js-plotly-plot, table, ol, [data-testid=stDataFrame], [data-testid=stMetric], ' +
    '[data-testid^=stBidiComponent]').filter(([one]) => !one.closest(pickers));
  const widgets = boxes('.stSelectbox, .stNumberInput, .stMultiSelect, .stFileUploader, ' +
    '.stRadio, .stTextInput, .stTextArea, .stButtonGroup')
    .filter(([one]) => !one.closest('.st-key-view'));
  return {
    finding: finding ? finding[0].innerText.trim() : '',
    finding_end: finding ? finding[1].bottom : null,
    result_start: top(results),
    picker_start: top(widgets),
    height: main.scrollHeight,
  };
}"""


@dataclass(frozen=True)
class Look:
    """What a page shows at one size of the window, in pixels from its top.

    Attributes:
        finding: The sentence; empty where there is none.
        finding_end: The lower edge of the sentence.
        result_start: The upper edge of the first picture, chart, table or tile.
        picker_start: The upper edge of the first choice below the row of views.
        height: Of the whole page.
    """

    finding: str
    finding_end: float | None
    result_start: float | None
    picker_start: float | None
    height: int

    def above(self, fold: int) -> bool:
        """Whether the finding and the first `START` pixels of the result lie above `fold`."""
        last = (self.finding_end or 0, START + (self.result_start or 0))
        return max(last) <= fold

    @property
    def result_first(self) -> bool:
        """Whether the finding and the start of the result come before the first choice."""
        first = max(self.finding_end or 0, self.result_start or 0)
        return self.picker_start is None or first <= self.picker_start


@dataclass(frozen=True)
class Visit:
    """A view as its first visitor meets it, on a wide window and on a phone."""

    address: str
    seconds: float
    wide: Look
    narrow: Look

    @property
    def row(self) -> str:
        """One line of the table; a page without a finding is not judged."""
        finding = " ".join(self.wide.finding.split()).translate(_PLAIN)
        seen, first = (
            "–" if not finding else "yes" if holds else "**no**"
            for holds in (self.wide.above(WIDE[1]), self.narrow.result_first)
        )
        return (
            f"| `{self.address}` | {finding or '–'} | {self.seconds:.1f} | {seen} | {first} "
            f"| {self.wide.height:,} | {self.narrow.height:,} |"
        )


def look(page: Page) -> Look:
    """Measures a page whose script has run and whose charts are drawn."""
    return Look(**page.evaluate(MEASURE))


def visit(browser: Browser, url: str, address: str) -> Visit:
    """Opens a view in a light window as nobody has opened it before."""
    page = browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]}, color_scheme="light")
    begun = time.monotonic()
    page.goto(url + address)
    page.wait_for_selector(f'{FINDING}, [data-test-script-state="notRunning"]', timeout=180_000)
    seconds = time.monotonic() - begun
    wait_until_ready(page)
    looks = []
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        with contextlib.suppress(TimeoutError):  # what is folded away stays a placeholder
            page.wait_for_function(DRAWN, timeout=4_000)
        page.wait_for_timeout(1_500)  # charts draw after the script has run
        with contextlib.suppress(TimeoutError):  # there are views of words only
            page.wait_for_function(f"({MEASURE})().result_start !== null", timeout=10_000)
        looks.append(look(page))
    page.close()
    return Visit(address, seconds, *looks)


def visits(prefix: str) -> Iterator[Visit]:
    """Every view whose name begins with `prefix`, from one server and one Chromium."""
    with tempfile.TemporaryDirectory() as logs, sync_playwright() as playwright:
        server = Server(ROOT / "app.py", Path(logs) / "server.log")
        try:
            server.wait()
            browser = playwright.chromium.launch(
                executable_path=chromium_path(), args=CHROMIUM_ARGS
            )
            for name, address in VIEWS.items():
                if name.startswith(prefix):
                    yield visit(browser, server.url, address)
        finally:
            server.stop()


def document(found: Sequence[Visit]) -> str:
    """The page of the documentation, in Markdown."""
    told = [one for one in found if one.wide.finding]
    seen = sum(one.wide.above(WIDE[1]) for one in told)
    first = sum(one.narrow.result_first for one in told)
    return f"""\
# All views

`python -m tests.browser.views` opened each of these views once and wrote this page: Chromium, the light theme, a computer with
{processors()} processor cores ({platform.machine()}), one server that was started for it. "Seconds" run from the request
until the finding stands on the screen, or until the page is complete where it has no finding; whatever the
first visitor waits for is in them. "Seen at once" says whether the finding and the start of the result lie above the
fold of a window of {WIDE[0]}×{WIDE[1]} pixels: **{seen} of {len(told)}**. "Result first" says whether they come before the
choices on a phone of {NARROW[0]}×{NARROW[1]} pixels: **{first} of {len(told)}**. Heights are in pixels.

| Address | Finding | Seconds | Seen at once | Result first on a phone | Height at {WIDE[0]} | Height at {NARROW[0]} |
| --- | --- | ---: | --- | --- | ---: | ---: |
{chr(10).join(one.row for one in found)}
"""  # noqa: E501


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.views", description=__doc__)
    parser.add_argument("--out", type=Path, default=TABLE, help="where the table is written")
    parser.add_argument("--only", default="", help="views whose name begins with this")
    arguments = parser.parse_args()
    found = []
    for one in visits(arguments.only):
        print(one.row, flush=True)
        found.append(one)
        arguments.out.write_text(document(found), encoding="utf-8")


if __name__ == "__main__":
    main()
