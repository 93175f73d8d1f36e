"""The views of one patient in Streamlit's own test runner, and what they are made of."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.app.pages import no_fault, open_page, texts
from trustai import data, zoo
from trustai.data.splits import sample
from trustai.data.tables.diabetes import FEATURES
from trustai.explain import tabular
from trustai.explain.tabular.counterfactual import grace_table
from trustai.explain.tabular.counterfactual.grace import GraceParams, contrast
from trustai.plots import tabular_attribution, tabular_evaluation
from trustai.train.measure.tables import explanations as measure_tabular
from trustai.types import Table
from trustai.ui.components.what_if import WIDGET
from trustai.ui.diabetes.explanations.agreements import (
    agreement_sentence,
    matrix_on_card,
    pairs,
)
from trustai.ui.diabetes.explanations.faithfulness import faithfulness_of
from trustai.ui.diabetes.explanations.force_plot import force_html
from trustai.ui.diabetes.explanations.sliders import _parsed, stops_of
from trustai.ui.diabetes.pickers import Patient
from trustai.ui.diabetes.tables import Chosen
from trustai.zoo.architectures.tabular import TabularModel

PAGE = "diabetes"
COMPONENT = "trustai_what_if"
COLUMNS = tuple(feature.name for feature in FEATURES)
SHIPPED = zoo.models_dir()
CHANGE = {"view": "What would change the decision?"}
TRUST = {"view": "Do the methods agree?"}
WITH_GAPS = 7
"""A test patient of the real table whose insulin was never measured."""


def model(model_id: str = "diabetes-mlp") -> TabularModel:
    return zoo.load(model_id, kind=TabularModel)


def tables() -> tuple[Table, Table]:
    return data.load("diabetes", split="train"), data.load("diabetes")


def shown_sliders(app: AppTest) -> dict[str, Any]:
    """What the browser is given."""
    found = [e.proto for e in app.get("bidi_component") if e.proto.component_name == COMPONENT]
    assert len(found) == 1
    return json.loads(found[0].json)


def stands_at(app: AppTest, column: str) -> float:
    return shown_sliders(app)["start"][COLUMNS.index(column)]


def risk(app: AppTest) -> float:
    """Of the network, as the sliders stand: on every curve the same."""
    given = shown_sliders(app)
    at = [
        curve[dial["values"].index(start)]
        for curve, dial, start in zip(
            given["lines"][0]["y"], given["dials"], given["start"], strict=True
        )
    ]
    assert max(at) - min(at) < 2e-4
    return at[0]


def let_go(app: AppTest, **values: float) -> AppTest:
    """As the browser reports it when sliders were moved."""
    given = shown_sliders(app)
    at = [values.get(name, v) for name, v in zip(COLUMNS, given["start"], strict=True)]
    app.session_state[WIDGET] = {"value": {"turn": given["turn"], "at": at}}
    return app.run()


@pytest.fixture(scope="module")
def first() -> AppTest:
    return open_page(PAGE)


def test_every_explanation_stands_there_at_first_sight(first: AppTest) -> None:
    no_fault(first)
    assert not first.error
    shown = texts(first)
    for name in tabular.names():
        assert f"**{tabular.get(name).title}**" in shown
    assert "spread over 20 seeds" in shown
    assert "from the exact values" in shown
    assert "has not been computed" not in shown
    assert "needs the logit" not in shown
    assert "ms of computing" in shown
    assert first.segmented_control(key="unit").value == "probability"
    said = model().probability(tables()[1].rows[1:2]).item()
    assert risk(first) == pytest.approx(said, abs=1e-4)
    assert shown_sliders(first)["lines"][0]["before"] == pytest.approx(said, abs=1e-6)
    assert len(shown_sliders(first)["dials"]) == 8


def test_what_is_shown_adds_up(first: AppTest) -> None:
    words = next(m.value for m in first.markdown if "an average patient has" in m.value)
    base, added, shown, said = map(float, re.findall(r"[+-]?\d+\.\d", words.replace("\u2212", "-")))
    assert shown == said
    assert base + added == pytest.approx(shown, abs=0.15)


def test_the_finding_is_made_from_the_result(first: AppTest) -> None:
    train, test = tables()
    row, background = test.rows[1:2], sample(train, 100, 0).rows
    found = tabular.explain(
        "shapley", model(), row, background=background, output="probability"
    ).values[0]
    most, least = COLUMNS[int(found.argmax())], COLUMNS[int(found.argmin())]
    said = model().probability(row).item()
    assert f"a **{said:.0%}** probability of diabetes. {most} raises it most (+" in texts(first)
    assert f"and {least} lowers it most (\u2212{-100 * found.min().item():.1f} points)." in texts(
        first
    )


def test_a_moved_slider_moves_the_risk_and_the_url() -> None:
    app = open_page(PAGE, patient="2")
    let_go(app, Glucose=190)
    no_fault(app)
    row = tables()[1].rows[2].clone()
    row[1] = 190
    assert risk(app) == pytest.approx(model().probability(row[None]).item(), abs=1e-4)
    assert stands_at(app, "Glucose") == 190
    assert app.query_params["edit"] in ("Glucose:190", ["Glucose:190"])
    assert texts(app).count("Earlier result, before your last change.") == 2, "they stay, greyed"
    assert "With your changes the network gives a **" in texts(app)


def test_the_slow_methods_answer_when_asked() -> None:
    app = open_page(PAGE, edit="Glucose:100")
    assert texts(app).count("This method has not been computed for these values.") == 2
    app.button(key="ask").click().run()
    no_fault(app)
    assert "has not been computed" not in texts(app)
    assert "spread over 20 seeds" in texts(app)
    let_go(app, BMI=30.0)
    assert texts(app).count("Earlier result, before your last change.") == 2, "of other values"
    app.number_input(key="patient").set_value(5).run()
    assert "Earlier result" not in texts(app), "nothing of another patient"


def test_the_way_back_to_the_patient() -> None:
    app = open_page(PAGE, patient="2", edit="Glucose:100,BMI:30.5")
    assert stands_at(app, "Glucose") == 100
    assert stands_at(app, "BMI") == 30.5
    app.button(key="reset").click().run()
    no_fault(app)
    assert stands_at(app, "Glucose") == tables()[1].rows[2, 1].item()
    assert "edit" not in app.query_params


def test_another_patient_has_sliders_of_its_own() -> None:
    app = open_page(PAGE, patient="2", edit="Glucose:100")
    app.number_input(key="patient").set_value(3).run()
    no_fault(app)
    assert stands_at(app, "Glucose") == tables()[1].rows[3, 1].item()
    assert "edit" not in app.query_params


@pytest.mark.parametrize("edit", ["Glucose:999999", "evil:1,<b>", "Glucose:nan", ":::", "BMI:"])
def test_a_link_that_makes_no_sense_costs_nothing(edit: str) -> None:
    app = open_page(PAGE, edit=edit, patient="99999")
    no_fault(app)
    assert not app.error
    assert stands_at(app, "Glucose") <= 200


def test_a_missing_value_is_shown_as_such() -> None:
    test = tables()[1]
    gaps = test.rows[WITH_GAPS].isnan()
    assert gaps.any()
    app = open_page(PAGE, patient=str(WITH_GAPS))
    no_fault(app)
    notes = [dial["note"] for dial in shown_sliders(app)["dials"]]
    assert ["not recorded" in note for note in notes] == gaps.tolist()
    insulin = model().filled(test.rows)[WITH_GAPS, 4].item()
    assert f"not recorded; median {insulin:g} used" == notes[4]
    assert stands_at(app, "Insulin") == insulin
    let_go(app, Insulin=300)
    no_fault(app)
    assert abs(stands_at(app, "Insulin") - 300) < 5
    assert "Insulin" in str(app.query_params["edit"])


def test_in_probabilities_the_additive_network_has_no_terms() -> None:
    app = open_page(PAGE, unit="probability", edit="Glucose:100")
    no_fault(app)
    assert "its terms add up to the logit only" in texts(app)


def test_the_additive_network_can_be_asked() -> None:
    app = open_page(PAGE, model=zoo.read_card("diabetes-nam").title, edit="Glucose:100")
    no_fault(app)
    row = tables()[1].rows[1].clone()
    row[1] = 100
    said = model("diabetes-nam").probability(row[None]).item()
    assert risk(app) == pytest.approx(said, abs=1e-4)
    assert len(shown_sliders(app)["lines"]) == 1


def test_without_a_network_it_says_so(models: Path) -> None:
    for view in ({}, CHANGE, TRUST):
        app = open_page(PAGE, **view)
        no_fault(app)
        assert any("Expected a network for this table" in e.value for e in app.error)


def test_the_synthetic_cohort_is_called_synthetic() -> None:
    for view in ({"edit": "Glucose:100"}, CHANGE):
        app = open_page(PAGE, table="Synthetic cohort", **view)
        no_fault(app)
        assert any("Synthetic" in w.value for w in app.warning)


def test_what_would_change_it() -> None:
    app = open_page(PAGE, **CHANGE)
    no_fault(app)
    train, test = tables()
    found = contrast(model(), test.rows[1], table=train)
    assert found.found
    assert found.sentence() in texts(app)
    assert f"**{found.largest.column}** changes most" in texts(app)
    assert "before the change and" in texts(app)


def test_why_nothing_was_found() -> None:
    train, test = tables()
    params = GraceParams(search="gradient", max_features=1)
    at = next(
        (
            i
            for i, row in enumerate(test.rows)
            if not contrast(model(), row, table=train, params=params).found
        ),
        None,
    )
    if at is None:
        pytest.skip("one value always suffices")
    app = open_page(
        PAGE, **CHANGE, search="Steepest values first (paper)", most="1", patient=str(at)
    )
    no_fault(app)
    assert "The search found no change of up to 1 values that turns the decision" in texts(app)


def test_all_patients_are_searched_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    contrast_all = grace_table.contrast_all
    monkeypatch.setattr(
        grace_table, "contrast_all", lambda m, rows, **k: contrast_all(m, rows[:4], **k)
    )
    app = open_page(PAGE, **CHANGE, most="4")
    asked = next(b for b in app.button if b.label.startswith("Search for all"))
    asked.click().run()
    no_fault(app)
    assert "of 4 test patients" in texts(app)


def test_who_is_right() -> None:
    app = open_page(PAGE, **TRUST)
    no_fault(app)
    assert not app.error
    shown = texts(app)
    assert "**SHAP (KernelExplainer) and Shapley values, exact** agree most" in shown
    assert "(same order: 1.00)" in shown
    assert "agrees most with the order of the swap test" in shown
    assert "with the order of the correlations" in shown
    assert not [i for i in app.info if "no leaderboard yet" in i.value], "the shipped card has one"
    assert "--stages tabular" in shown
    titles = [one.value for one in app.subheader]
    assert "Which methods do well in each test, and how long do they take?" in titles
    assert not [title for title in titles if "to trust" in title]
    assert "No test is the truth" in shown
    assert "The tests disagree" in shown
    assert "(Holm's correction" in shown


def test_what_a_card_holds_is_shown(models: Path) -> None:
    for folder in SHIPPED.glob("diabetes-*"):
        shutil.copytree(folder, models / folder.name)
    train, test = data.load("diabetes", split="train"), data.load("diabetes", n=4)
    if train.synthetic:
        pytest.skip("what a card holds is of the real table, which is not on this machine")
    how = {"dataset": "diabetes", "split": "test", "n": 4}
    network, beside = model(), model("diabetes-nam")
    assert isinstance(beside, zoo.AdditiveModel)
    measured = measure_tabular.leaderboard_metrics(network, test, train, how).metrics
    measured = measured | measure_tabular.agreement_metrics(network, test, train, how, beside)
    measured |= measure_tabular.grace_metrics(network, test, train, how)
    card = zoo.read_card("diabetes-mlp")
    zoo.save_card(dataclasses.replace(card, metrics={**card.metrics, **measured}))
    app = open_page(PAGE, **TRUST)
    no_fault(app)
    assert not app.info
    shown = texts(app)
    assert "Means over 4 test patients" in shown
    assert shown.count("measure diabetes-mlp") == 2
    assert len(app.dataframe) == 3
    app = open_page(PAGE, **CHANGE)
    no_fault(app)
    assert "of 4 test patients" in texts(app)
    assert not any(b.label.startswith("Search for all") for b in app.button)


# What the views are made of, by hand.


class Sum(TabularModel):
    """``logit = 2 a - b``."""

    def __init__(self) -> None:
        super().__init__(columns=("a", "b"), fill=(0, 0), mean=(0, 0), std=(1, 1))
        self.freeze()

    def score(self, encoded: torch.Tensor) -> torch.Tensor:
        return 2 * encoded[:, 0] - encoded[:, 1]


def toy_patient() -> Patient:
    rows = torch.tensor([[1.0, 0.5], [-1.0, 0.2], [2.0, -0.3], [-0.5, 1.0]])
    table = Table(
        name="toy", split="train", rows=rows, labels=torch.tensor([1, 0, 1, 0]),
        columns=("a", "b"), classes=("no", "yes"), indices=torch.arange(4),
        integer=(False, False), synthetic=False,
    )  # fmt: skip
    return Patient(Chosen(table, "here", False, ""), table, table, rows, 0)


def test_the_judge_of_a_sum() -> None:
    patient = toy_patient()
    exact = tabular.explain("shapley", Sum(), patient.row[None], background=patient.background)
    wrong = dataclasses.replace(exact, values=exact.values.flip(1))
    judged = faithfulness_of(patient, Sum(), {"shapley": exact, "lime": wrong})
    donors = torch.tensor([[-1.0, 0.5], [-0.5, 0.5]])
    own, others = Sum().probability(patient.row[None]), Sum().probability(donors)
    assert judged.change[0].item() == pytest.approx((own - others.mean()).item(), abs=1e-6)
    assert judged.ranks["shapley"] == 1
    assert judged.ranks["lime"] == -1
    assert judged.areas["shapley"] < judged.areas["lime"]
    assert judged.curves["shapley"][-1] == pytest.approx(judged.chance[-1])


def test_pairs_and_their_sentence() -> None:
    patient = toy_patient()
    one = tabular.explain("shapley", Sum(), patient.test.rows, background=patient.background)
    same, other = one, dataclasses.replace(one, values=-one.values)
    matrix = pairs({"a": one, "b": same, "c": other}, "sign")
    assert matrix.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    said = agreement_sentence(["A", "B", "C"], matrix, "Same signs")
    assert said == ("**A and B** agree most (same signs: 1.00). **A and C** agree least (0.00).")


def test_the_matrix_of_a_card() -> None:
    metrics = {"agreement/lime/shapley/rank": zoo.Metric(0.25, {})}
    card = dataclasses.replace(zoo.read_card("diabetes-mlp"), metrics=metrics)
    matrix = matrix_on_card(card, ["lime", "kernel_shap", "shapley"], "rank")
    assert matrix[0, 2] == matrix[2, 0] == 0.25
    assert np.isnan(matrix[0, 1])
    assert matrix[1, 1] == 1


def test_edits_of_a_link() -> None:
    table = toy_patient().train
    assert _parsed("a:1.5,b:-2", table) == {"a": 1.5, "b": -2}
    assert _parsed("c:1,a:x,<b>", table) == {}


@pytest.mark.parametrize(
    "report",
    [
        {"turn": 99, "at": [1] * 8},
        {"turn": 0, "at": [1] * 7},
        {"turn": 0, "at": [math.nan] * 8},
        {"turn": 0, "at": ["<b>"] * 8},
        {"turn": 0, "at": {"0": 1}},
        "evil",
    ],
)
def test_the_browser_is_not_trusted(report: object) -> None:
    app = open_page(PAGE)
    before = shown_sliders(app)
    app.session_state[WIDGET] = {"value": report}
    app.run()
    no_fault(app)
    assert shown_sliders(app)["start"] == before["start"]
    assert "edit" not in app.query_params


def test_a_slider_stands_on_the_patients_own_value_and_inside_the_known_range() -> None:
    train, _ = tables()
    bmi = train.columns.index("BMI")
    known = train.rows[:, bmi][~train.rows[:, bmi].isnan()]
    stops = stops_of(train, bmi, also=(99.9, 33.33, 1e9))
    assert 99.9 in stops, "the patient's own value, wherever it lies"
    assert 33.3 in stops
    assert list(stops) == sorted(set(stops))
    assert stops[0] == pytest.approx(float(known.min()), abs=0.05)
    assert stops[-2] == pytest.approx(float(known.max()), abs=0.05)
    ages = stops_of(train, train.columns.index("Age"), also=(30.0,))
    assert ages == tuple(range(int(ages[0]), int(ages[-1]) + 1)), "every year"


def test_live_figures_would_pass_plotly() -> None:
    """They are made without its checks, which are made up for here."""
    figures = [
        tabular_attribution.contributions(["a", "<b>"], [1.0, -2.0], limit=2, spread=[0.1, 0.2]),
        tabular_attribution.waterfall(
            ["a", "b"], [1, -2], base=0.5, title="t", texts=("0.5", "-0.5")
        ),
    ]
    for figure in figures:
        again = go.Figure(figure.to_dict())
        assert again.layout.height == figure.layout.height
    assert "<b>" not in figures[0].to_json().replace("\\u003c", "<")
    bars = figures[0].data[0].marker.color
    assert list(bars) == [tabular_attribution.FOR, tabular_attribution.AGAINST]


def test_figures_of_the_judging() -> None:
    trace = tabular_evaluation.trace([0.8, 0.4], ["as measured", "a 2"], threshold=0.5)
    assert list(trace.data[0].y) == [0.8, 0.4]
    counts = tabular_evaluation.counts({"1": 3, "none found": 1}, title="values changed")
    assert list(counts.data[0].text) == ["3 (75%)", "1 (25%)"]
    curves = tabular_evaluation.deletion({"LIME": [1.0, 0.2]}, chance=[1.0, 0.5])
    assert [line.name for line in curves.data] == ["random orders", "LIME"]
    assert tabular_evaluation.matrix(["A", "B"], np.eye(2), low=-1).data[0].zmin == -1


def test_the_force_plot_brings_its_own_script_only() -> None:
    html = force_html(
        0.1, np.array([0.5, -0.2]), names=["a</script><b>", "b"], shown=[1.0, 2.0],
        output="risk", logit=True,
    )  # fmt: skip
    assert "AdditiveForceVisualizer" in html
    assert "a</script>" not in html
    assert "background:#fff" in html
    assert "filter:invert(.92)" not in html
    dark = force_html(
        0.1, np.array([0.5]), names=["a"], shown=[1.0], output="risk", logit=True, dark=True
    )
    assert "filter:invert(.92)" in dark


def test_the_background_is_that_of_the_measurements() -> None:
    train = data.load("diabetes", split="train")
    generator = torch.Generator().manual_seed(0)
    wanted = train.rows[torch.randperm(len(train), generator=generator)[:100]]
    found = sample(train, 100, 0).rows
    assert sorted(map(str, found.tolist())) == sorted(map(str, wanted.tolist()))


@pytest.mark.slow
@pytest.mark.parametrize("view", ["One patient", CHANGE["view"], TRUST["view"]])
def test_the_python_that_is_shown_runs(view: str) -> None:
    app = open_page(PAGE, view=view)
    no_fault(app)
    shown = [element.value for element in app.code]
    assert shown
    for code in shown:
        exec(compile(code, view, "exec"), {})


@pytest.mark.parametrize("question", ["", "1"])
def test_details_are_folded_until_a_question_names_them(question: str) -> None:
    app = open_page(PAGE, **({"question": question} if question else {}))
    no_fault(app)
    (methods,) = (e for e in app.expander if e.label == "All methods side by side")
    assert methods.proto.expanded is bool(question)
    (about,) = (e for e in app.expander if e.label == "About these methods")
    assert not about.proto.expanded
