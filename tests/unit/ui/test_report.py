"""The lab report: one file, everything in it, nothing outside, hostile names as text."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from trustai.plots import look
from trustai.ui.kit.errors import plain
from trustai.ui.kit.report.html import MOST_ROWS, report_html
from trustai.ui.kit.report.notes import Chart, Note, Numbers, Picture, Sentence

HOSTILE = '"><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>**b**'
PIXELS = np.random.default_rng(0).integers(0, 256, (9, 12, 3)).astype(np.uint8)


class _Tags(HTMLParser):
    """Start tags with their attributes, and the text of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _report(*notes: Note, settings: dict[str, str] | None = None) -> str:
    return report_html(notes, page="Attack playground", view="One picture", settings=settings or {})


def test_everything_that_was_shown_is_in_the_file() -> None:
    numbers = Numbers({"eps": 8 / 255}, "class,clean\ncat,0.9\n", "print(1)")
    read = _Tags(
        _report(
            Sentence("The attack **fools** it: 8\\/255."),
            Picture(PIXELS, "Attacked: cat"),
            numbers,
            settings={"attack": "PGD"},
        )
    )
    assert "The attack fools it: 8/255." in read.text
    assert [tag for tag, _ in read.tags].count("b") == 1
    for words in ("Attack playground: One picture", "Attacked: cat", "0.0313", "print(1)", "PGD"):
        assert words in read.text
    (image,) = [attributes for tag, attributes in read.tags if tag == "img"]
    assert image["alt"] == "Attacked: cat"
    data = base64.b64decode((image["src"] or "").removeprefix("data:image/png;base64,"))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), PIXELS)


def test_a_chart_brings_the_script_once_and_its_numbers() -> None:
    figures = [look.titled(go.Figure(go.Scatter(y=[0.25, 0.75])), f"Chart {i}") for i in (1, 2)]
    text = _report(*map(Chart, figures))
    assert text.count("Plotly.newPlot(") >= 2
    assert len(re.findall(r"plotly\.js v\d", text)) == 1
    assert "Chart 1" in text
    assert "Chart 2" in text


@pytest.mark.parametrize(
    "note",
    [
        Sentence(f"The network says “{plain(HOSTILE)}”."),
        Picture(PIXELS, HOSTILE),
        Numbers({HOSTILE: HOSTILE}, f'"{HOSTILE.replace(chr(34), chr(34) * 2)}",b\n', HOSTILE),
        Chart(look.titled(go.Figure(go.Bar(x=[1], y=[HOSTILE])), HOSTILE, HOSTILE)),
    ],
    ids=lambda note: type(note).__name__,
)
def test_a_hostile_name_stays_text(note: Note) -> None:
    clean = _Tags(_report(*([Chart(go.Figure())] if isinstance(note, Chart) else [])))
    read = _Tags(_report(note, settings={HOSTILE: HOSTILE}))
    scripts = [tag for tag, _ in read.tags].count("script")
    assert scripts == [tag for tag, _ in clean.tags].count("script")
    for tag, attributes in read.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:"), (tag, attributes)
    if not isinstance(note, Chart):
        assert HOSTILE in read.text


def test_a_long_table_is_cut_and_says_so() -> None:
    rows = "".join(f"{i}\n" for i in range(MOST_ROWS + 50))
    read = _Tags(_report(Numbers(None, f"n\n{rows}", "")))
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 50} rows." in read.text
    assert [tag for tag, _ in read.tags].count("td") == MOST_ROWS


def test_a_browser_may_fetch_nothing() -> None:
    policies = [
        a["content"] for tag, a in _Tags(_report()).tags if tag == "meta" and "content" in a
    ]
    assert any("default-src 'none'" in (policy or "") for policy in policies)
