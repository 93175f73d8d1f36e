"""What is hard to read or has no name on a page: axe-core's rules, and text in drawings."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from playwright.sync_api import Page

SEVERE = ("serious", "critical")


class Violation(NamedTuple):
    """One element that breaks one rule.

    Attributes:
        rule: Its name in axe-core, https://dequeuniversity.com/rules/axe/.
        selector: CSS, where the element stands.
        text: The element, and what axe-core says of it.
    """

    rule: str
    selector: str
    text: str


def violations(page: Page) -> list[Violation]:
    """Every severe violation of WCAG 2.2 A and AA and of good practice on the page as it stands."""
    if not page.evaluate("'axe' in window"):
        source = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        page.evaluate(source)
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations'], elementRef: false})"
    )["violations"]
    return [
        Violation(rule["id"], _selector(node["target"]), f"{node['html']}\n{_why(node)}")
        for rule in found
        for node in rule["nodes"]
        if node["impact"] in SEVERE
    ]


def _selector(target: Sequence[str | Sequence[str]]) -> str:
    """Frames and shadow roots from outside inwards."""
    return " >>> ".join(one if isinstance(one, str) else " ".join(one) for one in target)


def _why(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return "; ".join(check["message"] for check in checks)


# axe-core looks at no text in SVG. Text on a bar or on a cell of a matrix stands on its colour.
_PALE = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[3] * top[i] + (1 - top[3]) * below[i]);
  const luminance = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const page = rgba(getComputedStyle(document.querySelector(".stApp")).backgroundColor);
  const found = [];
  const look = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.shadowRoot) look(one.shadowRoot);
      if (one.tagName !== "text" || !one.textContent.trim()) continue;
      if (!one.getBoundingClientRect().width) continue;
      if (one.closest(".heatmap-label, .hoverlayer, .bartext-inside")) continue;
      const style = getComputedStyle(one);
      if (style.visibility === "hidden") continue;
      const fill = rgba(style.fill);
      fill[3] *= Number(style.fillOpacity) * Number(style.opacity);
      const ratio = contrast(over(fill, page), page);
      if (ratio < 4.5) found.push(`${one.textContent.trim()} (${ratio.toFixed(2)}, ${style.fill})`);
    }
  };
  look(document);
  return [...new Set(found)];
}"""

_NAMELESS = """() => [...document.querySelectorAll(
    ".js-plotly-plot, [data-testid=stFullScreenFrame] button, .modebar-btn")]
  .filter((one) => one.getBoundingClientRect().width && one.closest("[data-testid=stMain]"))
  .filter((one) => {
    const named = one.matches(".js-plotly-plot") ? one.closest("[aria-label]") : one;
    const name = named?.getAttribute("aria-label") ?? "";
    if (!name || name === "Fullscreen") return true;
    return one.matches(".js-plotly-plot") && !name.startsWith("Chart: ");
  }).map((one) => one.outerHTML.slice(0, 200))"""


def pale_text(page: Page) -> list[str]:
    """Text in charts and in the live slider with a contrast below 4.5:1 against the page."""
    return list(page.evaluate(_PALE))


def nameless(page: Page) -> list[str]:
    """Charts without a name, and buttons of pictures and charts that do not say of which."""
    return list(page.evaluate(_NAMELESS))
