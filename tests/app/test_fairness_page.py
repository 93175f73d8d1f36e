"""The page on group fairness in Streamlit's own test runner."""

from __future__ import annotations

import importlib
import json
import re
from typing import Any

import numpy as np
import pytest

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai import data
from trustai.fairness import MeasuredPath, groups_of, load_path, thresholds
from trustai.fairness.densities import densities
from trustai.metrics.fairness import counts_by_threshold
from trustai.metrics.group_rates import CRITERIA, criterion_of
from trustai.ui.fairness import answers
from trustai.ui.fairness.measured import STOPS, criteria_text
from trustai.ui.fairness.report import report_table

PAGE = "fairness"
live = importlib.import_module("trustai.ui.components.live_slider")
sliders = importlib.import_module("trustai.ui.components.group_thresholds")


@pytest.fixture(scope="module")
def measured() -> MeasuredPath:
    return load_path()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What each live slider was given last, by its name in the address."""
    found: dict[str, dict[str, Any]] = {}
    original = live._component

    def component() -> Any:
        draw = original()

        def listen(*, data: dict[str, Any], **others: Any) -> Any:
            found[data["saveAs"]] = data
            return draw(data=data, **others)

        return listen

    monkeypatch.setattr(live, "_component", component)
    return found


@pytest.fixture
def by_group(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the sliders of thresholds by group were given."""
    found: list[dict[str, Any]] = []
    original = sliders.payload

    def listen(*args: Any, **how: Any) -> dict[str, Any]:
        found.append(original(*args, **how))
        return found[-1]

    monkeypatch.setattr(sliders, "payload", listen)
    return found


def figures(data: dict[str, Any], at: float) -> dict[str, str]:
    i = data["values"].index(at)
    return {figure["label"]: figure["texts"][i] for figure in data["figures"]}


def chosen_share(measured: MeasuredPath, step: int, attribute: str, group: str) -> float:
    part = measured.parts["test"]
    rows = part.groups[attribute] == part.names[attribute].index(group)
    return float((part.probability[step][rows] >= 0.5).mean())


def test_opens_with_two_distributions_that_do_not_lie_on_each_other(
    sent: dict[str, dict[str, Any]], measured: MeasuredPath
) -> None:
    app = open_page(PAGE)
    no_fault(app)
    row, last = measured.front.iloc[0], measured.front.iloc[measured.chosen]
    women, men = (chosen_share(measured, 0, "sex", g) for g in ("Female", "Male"))
    assert men > 2 * women
    said = found_in(app)
    assert f"**{women:.1%}** of the group Female" in said
    assert f"**{men:.1%}** of the group Male" in said
    assert f"right for **{row['accuracy']:.1%}** of all people" in said
    assert said.endswith(f"the accuracy falls to {last['accuracy']:.1%}.")
    told = figures(sent["step"], 0)
    assert told["accuracy"] == f"{row['accuracy']:.1%}"
    assert told["p%-rule, sex"] == f"{women / men:.1%}"
    assert told["adversary's AUC, race"] == f"{row['adversary_auc_race']:.3f}"
    assert len(json.dumps(sent["step"])) < 500_000


def test_the_curves_move_together_and_the_accuracy_falls(
    sent: dict[str, dict[str, Any]], measured: MeasuredPath
) -> None:
    no_fault(open_page(PAGE))
    payload, part = sent["step"], measured.parts["test"]
    assert payload["values"] == list(range(len(measured.lambdas)))
    for graph, attribute in zip(payload["graphs"], ("sex", "race"), strict=False):
        names = [curve["name"] for curve in graph["curves"]]
        assert names == list(part.names[attribute][:2])
        of = np.where(part.groups[attribute] < 2, part.groups[attribute], -1)
        wanted = np.sqrt(densities(part.probability, of, n_groups=2))
        shown = np.array([curve["y"] for curve in graph["curves"]]).transpose(1, 0, 2)
        assert shown == pytest.approx(wanted, abs=1e-5)
        apart = np.abs(shown[:, 0] - shown[:, 1]).mean(-1)
        assert apart[measured.chosen] < apart[0] / 2
    price = payload["graphs"][2]
    dots = price["curves"][0]["dots"]
    assert dots[0] == pytest.approx(
        measured.front[["p_percent_rule_sex", "accuracy"]].iloc[0].tolist(), abs=1e-5
    )
    assert dots[measured.chosen][0] > dots[0][0]
    assert dots[measured.chosen][1] < dots[0][1]


def test_the_threshold_follows_the_network_of_the_step(
    sent: dict[str, dict[str, Any]], measured: MeasuredPath
) -> None:
    step = measured.chosen
    app = open_page(PAGE, step=str(step), attribute="Race", threshold="0.3")
    no_fault(app)
    assert "Without the repair" in found_in(app)
    payload, part = sent["threshold"], measured.parts["test"]
    assert payload["start"] == 0.3
    told = figures(payload, 0.3)
    chosen = part.probability[step] >= 0.3
    shares = {}
    for k, name in enumerate(("White", "Black")):
        rows = part.groups["race"] == k
        shares[name] = chosen[rows].mean()
        assert told[f"{name} selected"] == f"{shares[name]:.1%}"
    assert told["p%-rule"] == f"{min(shares.values()) / max(shares.values()):.1%}"
    known = part.groups["race"] < 2
    right = (chosen == part.labels)[known & (part.groups["race"] >= 0)].mean()
    assert told["accuracy"] == f"{right:.1%}"
    (matrix,) = payload["matrices"]
    white = part.groups["race"] == 0
    cell = int((white & (part.labels == 1) & chosen).sum())
    assert matrix["rows"][1] == "White, >50K"
    assert matrix["counts"][payload["values"].index(0.3)][3] == cell


def test_every_definition_has_thresholds_of_its_own(
    by_group: list[dict[str, Any]], measured: MeasuredPath
) -> None:
    app = open_page(PAGE, view="Thresholds by group")
    no_fault(app)
    payload = by_group[-1]
    counts = {
        split: counts_by_threshold(
            part.probability[0], part.labels, part.groups["sex"], thresholds=STOPS, n_groups=2
        )
        for split, part in measured.parts.items()
    }
    at = {choice["title"]: choice["at"] for choice in payload["choices"]}
    for name in ("p_percent_rule", "equal_opportunity", "predictive_parity"):
        places = thresholds.equalise(counts["validation"], criterion=name)
        assert at[CRITERIA[name].title] == [STOPS[i] for i in places]
    fair = thresholds.equalise(counts["validation"], criterion="p_percent_rule")
    table = np.stack([counts["test"][i, k] for k, i in enumerate(fair)])
    rule = float(criterion_of(CRITERIA["p_percent_rule"], table))
    right = table[:, [0, 1], [0, 1]].sum() / table.sum()
    assert found_in(app).endswith(f"is **{rule:.1%}** and the accuracy **{right:.1%}**.")
    alike = criterion_of(CRITERIA["p_percent_rule"], counts["test"][STOPS.index(0.5)])
    assert rule > 2 * float(alike), "chosen on other people, so near to 80 % and not exactly"
    first = payload["groups"][0]
    i = payload["stops"].index(0.5)
    assert first["rates"]["selection_rate"][i] == pytest.approx(
        chosen_share(measured, 0, "sex", "Female"), abs=1e-5
    )


def test_thresholds_come_from_the_address(measured: MeasuredPath) -> None:
    app = open_page(PAGE, view="Thresholds by group", t1="0.3", t2="0.6", network="Repaired")
    no_fault(app)
    part, step = measured.parts["test"], measured.chosen
    chosen = part.probability[step] >= np.where(part.groups["sex"] == 0, 0.3, 0.6)
    rates = [chosen[part.groups["sex"] == k].mean() for k in (0, 1)]
    assert found_in(app) == (
        f"With 30% for Female and 60% for Male the p%-rule is **{min(rates) / max(rates):.1%}** "
        f"and the accuracy **{(chosen == part.labels).mean():.1%}**."
    )


@pytest.mark.parametrize("name", ["adult", "adult-synthetic"])
def test_the_table_itself_is_unequal(name: str) -> None:
    table = data.table_set(name).read()
    title = "Synthetic census" if table.synthetic else "Adult census"
    app = open_page(PAGE, view="The data", table=title)
    no_fault(app)
    sex = groups_of(table)["sex"].codes
    women, men = (float(table.labels.numpy()[sex == k].mean()) for k in (0, 1))
    assert found_in(app).startswith(
        f"In this table **{women:.1%}** of the group Female and **{men:.1%}** of the group Male"
    )
    assert any("Synthetic" in w.value for w in app.warning) == table.synthetic
    titles = [one.value for one in app.subheader]
    assert ("How similar is the synthetic census to the real one?" in titles) == table.synthetic


def test_an_answer_is_unfolded_below_its_question(measured: MeasuredPath) -> None:
    app = open_page(PAGE, question="4")
    no_fault(app)
    assert answers.trade_off() in [one.value for one in app.markdown]
    (folded,) = [e for e in app.expander if e.label == "Show the answer"]
    assert not folded.proto.expanded
    part = measured.parts["test"]
    base = [part.labels[part.groups["sex"] == k].mean() for k in (0, 1)]
    assert f"only **{base[0] / base[1]:.1%}**" in texts(app)


def test_answers_tell_what_was_measured(measured: MeasuredPath) -> None:
    first, last = measured.front.iloc[0], measured.front.iloc[measured.chosen]
    for text, row in ((answers.unfair_network(), first), (answers.adversary(), last)):
        assert f"**{row['adversary_auc_sex']:.3f}**" in text
        assert f"**{row['p_percent_rule_sex']:.1%}**" in text
    assert f"**{first['adversary_auc_race']:.3f}**" in answers.dropped_columns()
    share = chosen_share(measured, 0, "sex", "Female")
    assert f"**{share:.1%}** of the group Female" in answers.dropped_columns()
    assert answers.definitions().count("\n- ") == 3


def test_it_is_said_what_the_repair_does_to_other_criteria(measured: MeasuredPath) -> None:
    app = open_page(PAGE)
    said = criteria_text(measured)
    assert said in [one.value for one in app.markdown]
    for attribute in ("sex", "race"):
        first, last = (
            measured.front[f"equalised_odds_{attribute}"].iloc[step]
            for step in (0, measured.chosen)
        )
        way = "worse" if last > first else "better"
        assert f"{way} for {attribute} (from {first:.1%} to **{last:.1%}**)" in said


def test_the_answers_of_single_views_are_those_of_the_views(measured: MeasuredPath) -> None:
    person = open_page(PAGE, view="One person", question="6")
    no_fault(person)
    told = answers.one_person()
    assert told in [one.value for one in person.markdown]
    for part in re.findall(r"[\d.]+%", found_in(person)):
        assert part in told
    calibration = found_in(open_page(PAGE, view="Calibration", step=str(measured.chosen)))
    for group in ("Female", "Male"):
        (expected,) = re.findall(rf"\*\*([\d.]+%)\*\* of the group {group}", calibration)
        assert f"and **{expected}** after it" in answers.calibration()


def test_more_rows_leave_less_to_chance() -> None:
    found = re.findall(r"from \*\*(\d+)%\*\* to \*\*(\d+)%", answers.small_tables())
    low = [int(one) for one, _ in found]
    assert len(low) == 3
    assert low == sorted(low)
    assert low[0] < 80 < low[-1]


def test_the_fewest_wrong_predictions_are_found_by_trying_all() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        base, sizes = random.uniform(0.05, 0.95, 2), random.integers(50, 500, 2)
        low, high = np.meshgrid(np.linspace(0, 1, 401), np.linspace(0, 1, 401), indexing="ij")
        wrong = (np.abs(low - base[0]) * sizes[0] + np.abs(high - base[1]) * sizes[1]) / sizes.sum()
        kept = np.minimum(low, high) >= 0.8 * np.maximum(low, high)
        assert answers.wrong_at_least(base, sizes) == pytest.approx(wrong[kept].min(), abs=4e-3)


@pytest.mark.parametrize("value", ["inf", "nan", "", "-1", "x"])
def test_a_hostile_address_opens_the_default(value: str) -> None:
    for view in ("Two distributions", "Thresholds by group"):
        keys = ("step", "threshold", "t1", "t2", "attribute", "network", "table")
        app = open_page(PAGE, view=view, **dict.fromkeys(keys, value))
        no_fault(app)
        assert not [e.value for e in app.error if e.value.startswith("Expected")]


def test_a_student_report_stands_beside_what_was_measured(measured: MeasuredPath) -> None:
    before, after = report_table(measured).to_dict("records")
    assert (before["accuracy, report"], after["accuracy, report"]) == ("84.8%", "80.9%")
    assert (before["adversary's AUC, report"], after["adversary's AUC, report"]) == ("0.66", "0.51")
    row = measured.front.iloc[measured.chosen]
    assert after["accuracy, here"] == f"{row['accuracy']:.1%}"
    assert after["p%-rules, here"].startswith(f"{row['p_percent_rule_sex']:.1%} (sex) and ")
