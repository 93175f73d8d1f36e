"""The page of feature visualization in Streamlit's own test runner."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from tests.app.pages import no_fault, open_page, texts
from trustai.ui.features import four_ways

PAGE = "features"
SIGNS = "Road signs, adversarially trained"


@pytest.mark.parametrize(
    ("query", "bird"),
    [
        ({"model": "Photographs, 200 classes"}, "goose"),
        pytest.param({}, "hen", marks=pytest.mark.slow),  # the ImageNet network: 224 pixels
    ],
)
def test_a_class_is_drawn_at_first_sight_and_recognised(query: dict[str, str], bird: str) -> None:
    app = open_page(PAGE, **query)
    no_fault(app)
    shown = texts(app)
    assert f"A picture that maximises the class “{bird}”" in shown
    sure = re.search(r"gives the class a probability of \*\*([\d.]+)%\*\*", shown)
    assert sure is not None
    assert float(sure[1]) >= 90


@pytest.mark.parametrize("what", ["channel", pytest.param("neuron", marks=pytest.mark.slow)])
def test_a_channel_and_a_neuron(what: str) -> None:
    app = open_page(PAGE, model=SIGNS, what=what, how="Plain ascent")
    no_fault(app)
    shown = texts(app)
    score = re.search(r"rises from ([\d.-]+) to \*\*([\d.-]+)\*\*", shown)
    assert score is not None
    assert float(score[2]) > float(score[1])
    names: dict[str, Any] = {}
    exec(app.code[0].value, names)
    assert names["frame"].score == pytest.approx(float(score[2]), abs=0.1)


def test_each_part_is_switchable() -> None:
    app = open_page(PAGE, model=SIGNS, how="Plain ascent")
    next(s for s in app.slider if s.label == "Steps").set_value(16)
    next(s for s in app.slider if s.label.startswith("Random shift")).set_value(4).run()
    no_fault(app)
    code = " ".join(c.value for c in app.code)
    assert "shift=4" in code
    assert "steps=16" in code


def _few_steps(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    few = tuple(
        dataclasses.replace(way, params=dataclasses.replace(way.params, steps=steps, size=96))
        for way in four_ways.WAYS
    )
    monkeypatch.setattr(four_ways, "WAYS", few)
    monkeypatch.setattr(four_ways, "STEPS", steps)


def test_four_ways_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    _few_steps(monkeypatch, 12)
    app = open_page(PAGE, view="Four ways side by side")
    no_fault(app)
    shown = texts(app)
    assert len(app.get("image")) == 4
    found = [float(score) for score in re.findall(r"score \*\*(-?\d+\.\d)\*\*", shown)]
    scores = dict(zip((way.title for way in four_ways.WAYS), found, strict=True))
    highest, least = max(found), min(found)
    assert len(set(found)) == 4
    titles = {score: title for title, score in scores.items()}
    assert f"“{titles[highest]}” reaches the highest score for the class “hen” ({highest})" in shown
    assert f"“{titles[least]}” the lowest ({least})" in shown
    assert not [b for b in app.button if b.label == "Stop"]
    compile(app.code[0].value, "shown", "exec")


def test_four_ways_stopped_show_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    _few_steps(monkeypatch, 4)
    monkeypatch.setattr(four_ways, "cache_key", lambda **_: "this")
    made: dict[str, Any] = {}
    real = four_ways._made
    monkeypatch.setattr(four_ways, "_made", lambda *of: made.update(real(*of)) or dict(made))
    app = open_page(PAGE, view="Four ways side by side")
    assert len(app.get("image")) == 4
    made.pop("Plain ascent")  # as if it had been stopped before this one began
    app.session_state["trustai__stopped"] = {"this"}
    app.session_state["trustai__partial"] = ("this", made)
    app.run()
    no_fault(app)
    assert len(app.get("image")) == 3
    next(b for b in app.button if b.label == "Continue").click().run()
    no_fault(app)
    assert len(app.get("image")) == 4
