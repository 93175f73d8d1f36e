"""Where the real table is not on this machine, no word of the page speaks of real patients."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.pages import no_fault, open_page, texts

VIEWS = ["The data", "One patient", "What would change the decision?", "Do the methods agree?"]


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRUSTAI_DATA", "TRUSTAI_CACHE"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.mark.parametrize("query", [{}, {"table": "Pima Indians"}, {"table": "Upload"}])
def test_the_real_table_is_no_choice_where_it_is_missing(
    nothing_here: None, query: dict[str, str]
) -> None:
    app = open_page("diabetes", view="One patient", **query)
    no_fault(app)
    picker = app.segmented_control(key="table")
    assert picker.options == ["Synthetic cohort", "Upload"]
    assert picker.value == ("upload" if query.get("table") == "Upload" else "diabetes-synthetic")
    assert any("Synthetic" in w.value for w in app.warning)
    assert any("Download it from OpenML" in b.label for b in app.button)


@pytest.mark.parametrize("view", VIEWS)
def test_synthetic_rows_are_not_called_measured(nothing_here: None, view: str) -> None:
    app = open_page("diabetes", view=view)
    no_fault(app)
    shown = texts(app)
    assert "as measured" not in shown
    assert "never measured" not in shown
    assert "Pima Indians**" not in shown
