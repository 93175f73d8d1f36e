"""“The same in Python” of every view prints the numbers that the view shows."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.app.pages import ROOT, no_fault, open_page
from trustai.data.census import synthetic
from trustai.data.tables import cohort
from trustai.explain.tabular.exploration import summary
from trustai.ui.fairness.own import choices
from trustai.ui.kit.export import Export, json_text
from trustai.ui.kit.site import PAGES

SIGNS = {"model": "Road signs, standard"}
CHOICES: dict[tuple[str, str], dict[str, str]] = {
    ("attack", "picture"): SIGNS,
    ("saliency", "picture"): SIGNS | {"methods": "Grad-CAM"},
    ("saliency", "sheet"): SIGNS | {"methods": "Grad-CAM"},
    ("saliency", "compare"): SIGNS | {"methods": "Grad-CAM"},
    ("saliency", "attack"): {"method": "Gradient", "beside": "nothing"},
    ("saliency", "trust"): SIGNS | {"method": "Gradient"},
    ("features", "visualization"): SIGNS | {"how": "Plain ascent"},
    ("features", "four"): SIGNS,
}
"""What keeps a view quick."""
HEAVY = {("features", "four"), ("representation", "map"), ("ood", "calibration"), ("ood", "attack")}
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.])")


def views() -> list[tuple[str, str]]:
    """Topic and key of every view."""
    found = []
    for info in PAGES:
        text = (ROOT / "pages" / f"{info.topic}.py").read_text(encoding="utf-8")
        found += [(info.topic, key) for key in re.findall(r'"(\w+)": kit\.View\(', text)]
    return found


def title_of(topic: str, key: str) -> str:
    text = (ROOT / "pages" / f"{topic}.py").read_text(encoding="utf-8")
    return re.findall(rf'"{key}": kit\.View\(\s*"([^"]+)"', text)[0]


def printed(python: str, folder: Path) -> str:
    """What the lines print in a folder of their own."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(python, "<the same in Python>", "exec"), {"__name__": "snippet"})
    return out.getvalue()


def told(text: str) -> list[tuple[float, float]]:
    """The numbers of a text with three digits or more, each with its last place."""
    found = []
    for word in NUMBER.findall(text):
        mantissa, _, power = word.partition("e")
        last = 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))
        digits = mantissa.strip("-").replace(".", "").strip("0")
        if len(digits) >= 3 and abs(float(word)) > 1e-3:  # smaller ones differ by rounding alone
            found.append((float(word), last))
    return found


def on_page(exports: list[Export]) -> np.ndarray[Any, Any]:
    """All numbers that the view offers to take away."""
    texts = [json_text(e.json) for e in exports if e.json is not None]
    texts += [e.csv for e in exports if e.csv is not None]
    return np.array([value for text in texts for value in map(float, re.findall(
        r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", text))])  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "key"),
    [pytest.param(*v, marks=[pytest.mark.slow] if v in HEAVY else []) for v in views()],
)
def test_a_view_and_its_python_tell_the_same_numbers(
    topic: str, key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown: list[Export] = []
    show = Export.show

    def record(self: Export) -> None:
        shown.append(self)
        show(self)

    monkeypatch.setattr(Export, "show", record)
    app = open_page(topic, view=title_of(topic, key), **CHOICES.get((topic, key), {}))
    no_fault(app)
    snippets = [e.python for e in shown if e.python]
    if not shown:
        pytest.skip("nothing to take away")
    assert snippets, "whatever has numbers to take away has its Python"
    page = on_page(shown)
    if (topic, key) == ("diabetes", "own"):  # the example in place of a file of one's own
        rows = summary.frame(cohort.generate()).to_csv(index=False, float_format="%.6g")
        (tmp_path / "your-table.csv").write_text(rows, encoding="utf-8")
    if (topic, key) == ("fairness", "own"):
        people = synthetic.generate(n=choices.EXAMPLE_ROWS)
        (tmp_path / "your-table.csv").write_bytes(choices.csv_of(people))
    for python in snippets:
        text = printed(python, tmp_path)
        values = told(text)
        same = [bool((np.abs(page - v) <= 0.51 * last + 2e-4 * abs(v)).any()) for v, last in values]
        assert values, f"prints no number:\n{python}\n{text}"
        assert np.mean(same) >= 0.8, f"other numbers than the page's:\n{python}\n{text[:2000]}"
