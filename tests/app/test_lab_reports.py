"""The lab report of the first view of every page holds what the view shows."""

from __future__ import annotations

import pytest

from tests.app.pages import open_page
from trustai.ui.kit.report.html import report_html
from trustai.ui.kit.report.notes import Numbers, Sentence
from trustai.ui.kit.site import HOME, PAGES

QUICK = ("attack", "ood")


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param(info.topic, marks=[] if info.topic in QUICK else [pytest.mark.slow])
        for info in PAGES
        if info.topic not in (HOME, "glossary")  # neither shows a result
    ],
)
def test_the_report_holds_what_is_shown(topic: str) -> None:
    app = open_page(topic)
    notes = list(app.session_state["notes-of-the-view"].values())
    text = report_html(notes, page=topic, view="", settings={})
    assert any(isinstance(one, Numbers) and (one.json or one.csv) for one in notes)
    if topic != "models":
        assert any(isinstance(one, Sentence) for one in notes), "the finding"
    assert 10_000 < len(text) < 30_000_000
    assert [b.label for b in app.get("download_button")].count("Lab report (HTML)") == 1
