"""The page of feature visualization in Streamlit's own test runner."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.app.pages import no_fault, open_page, texts

PAGE = "features"
SIGNS = "Road signs, adversarially trained"


def test_a_class_is_drawn_at_first_sight_and_recognised() -> None:
    app = open_page(PAGE)
    no_fault(app)
    shown = texts(app)
    assert "What maximises the class “goose”" in shown
    sure = re.search(r"\*\*([\d.]+)%\*\* sure", shown)
    assert sure is not None
    assert float(sure[1]) >= 90


@pytest.mark.parametrize("what", ["channel", pytest.param("neuron", marks=pytest.mark.slow)])
def test_a_channel_and_a_neuron(what: str) -> None:
    app = open_page(PAGE, model=SIGNS, what=what, how="Plain ascent")
    no_fault(app)
    shown = texts(app)
    score = re.search(r"Score \*\*([\d.-]+)\*\*, from ([\d.-]+)", shown)
    assert score is not None
    assert float(score[1]) > float(score[2])
    names: dict[str, Any] = {}
    exec(app.code[0].value, names)
    assert names["frame"].score == pytest.approx(float(score[1]), abs=0.1)


def test_each_part_is_switchable() -> None:
    app = open_page(PAGE, model=SIGNS, how="Plain ascent")
    next(s for s in app.slider if s.label == "Steps").set_value(16)
    next(s for s in app.slider if s.label.startswith("Random shift")).set_value(4).run()
    no_fault(app)
    code = " ".join(c.value for c in app.code)
    assert "shift=4" in code
    assert "steps=16" in code
