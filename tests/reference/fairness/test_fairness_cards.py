"""The path of debiased networks that ships: its claims, measured again."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, equalized_odds_difference, selection_rate
from scipy.stats import spearmanr

from trustai import data, zoo
from trustai.fairness import MeasuredPart, groups_of, load_path
from trustai.fairness.leaderboard import DECISIONS, REPAIRED, RepairLeaderboardRow, ties
from trustai.fairness.leaderboard import compared as compared_repairs
from trustai.metrics.fairness import auc_by_group
from trustai.types import Table
from trustai.zoo import TabularPath
from trustai.zoo.leaderboard import Leaderboard

PATH = load_path()
STEPS = range(len(PATH.lambdas))


def compared(part: MeasuredPart, attribute: str) -> np.ndarray:
    return (part.groups[attribute] >= 0) & (part.groups[attribute] < part.compared[attribute])


def real(split: str) -> Table:
    found = data.load("adult", split=split)
    assert isinstance(found, Table)
    if found.synthetic:
        pytest.skip("the Adult table is not on this machine")
    return found


def test_the_path_has_the_steps_that_a_slider_needs() -> None:
    assert len(PATH.lambdas) >= 12
    assert PATH.lambdas[0] == {"sex": 0, "race": 0}
    for attribute in ("sex", "race"):
        weights = [one[attribute] for one in PATH.lambdas]
        assert weights == sorted(set(weights))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_what_the_networks_say_is_measured_again(split: str) -> None:
    table, part = real(split), PATH.parts[split]
    assert part.indices.tolist() == table.indices.tolist()
    assert part.labels.tolist() == table.labels.tolist()
    for attribute, groups in groups_of(table).items():
        assert part.names[attribute] == groups.names
        assert part.groups[attribute].tolist() == groups.codes.tolist()
    network = zoo.load(PATH.card.id, kind=TabularPath)
    again = network.probability(table.select(network.columns).rows).numpy()
    assert np.abs(again - part.probability).max() < 2e-4


@pytest.mark.parametrize("attribute", ["sex", "race"])
@pytest.mark.parametrize("step", [0, PATH.chosen, len(PATH.lambdas) - 1])
def test_the_front_is_what_fairlearn_says(step: int, attribute: str) -> None:
    part, row = PATH.parts["test"], PATH.front.iloc[step]
    said = (part.probability[step] >= 0.5).astype(int)
    assert row["accuracy"] == pytest.approx((said == part.labels).mean(), abs=3e-4)
    known = compared(part, attribute)
    given = {"y_true": part.labels[known], "y_pred": said[known],
             "sensitive_features": part.groups[attribute][known]}  # fmt: skip
    rates = MetricFrame(metrics=selection_rate, **given)
    assert row[f"p_percent_rule_{attribute}"] == pytest.approx(rates.ratio(), abs=3e-3)
    odds = equalized_odds_difference(
        given["y_true"], given["y_pred"], sensitive_features=given["sensitive_features"]
    )
    assert row[f"equalised_odds_{attribute}"] == pytest.approx(odds, abs=3e-3)


@pytest.mark.parametrize("attribute", ["sex", "race"])
def test_an_adversary_is_at_least_as_good_as_the_order_of_the_scores(attribute: str) -> None:
    part = PATH.parts["test"]
    known = compared(part, attribute)
    nowhere = np.zeros(int(known.sum()), np.int64)
    for step in (0, PATH.chosen):
        (order,) = auc_by_group(
            part.probability[step][known], part.groups[attribute][known], nowhere, n_groups=1,
            draws=2,
        )  # fmt: skip
        known_order = max(order.value, 1 - order.value)
        assert PATH.front[f"adversary_auc_{attribute}"][step] > known_order - 0.02


@pytest.mark.parametrize(
    ("figure", "sign"),
    [("accuracy", -1), ("p_percent_rule_sex", 1), ("p_percent_rule_race", 1),
     ("adversary_auc_sex", -1), ("adversary_auc_race", -1)],
)  # fmt: skip
def test_the_path_is_monotone_in_what_it_must_be(figure: str, sign: int) -> None:
    """More weight on fairness: fairer, harder to tell apart, less accurate; within chance."""
    values = sign * PATH.front[figure].to_numpy()
    assert spearmanr(values, list(STEPS)).statistic > 0.95
    low, high = (PATH.front[f"{figure}_{end}"].to_numpy() for end in ("low", "high"))
    chance = (high - low).mean() / 2
    assert (np.diff(values) > -chance).all()


def test_the_leaderboard_of_repairs_follows_from_the_decisions() -> None:
    """Accuracy and p%-rules of every repair and seed, and who is tied, from what was decided."""
    decisions, rows = (zoo.measurements(PATH.card.id, topic=t) for t in (DECISIONS, REPAIRED))
    assert decisions is not None
    assert rows is not None
    part = PATH.parts["test"]
    for row in rows.itertuples():
        said = (decisions[row.method].to_numpy() >> row.seed) & 1
        assert (said == part.labels).mean() == pytest.approx(row.accuracy, abs=1e-5)
        for attribute in ("sex", "race"):
            known = compared(part, attribute)
            rates = MetricFrame(
                metrics=selection_rate, y_true=part.labels[known], y_pred=said[known],
                sensitive_features=part.groups[attribute][known],
            )  # fmt: skip
            rule = getattr(row, f"p_percent_rule_{attribute}")
            assert rates.ratio() == pytest.approx(rule, abs=1e-5)
    seeds = int(PATH.card.metrics["repairs/seeds"].value)
    again = compared_repairs(decisions, part, seeds=seeds)
    kept = Leaderboard.from_card(PATH.card, RepairLeaderboardRow)
    for new, old in zip(again.rows, kept.rows, strict=True):
        assert (new.method, new.intervals) == (old.method, old.intervals)


def test_the_bound_is_reached_by_the_best_repair() -> None:
    """Group thresholds on gradient boosting, whose bound is known: 85.5 % at both 80 %."""
    best = max((row for row in ties() if row.kept), key=lambda row: row.accuracy)
    assert best.accuracy >= 0.85


def test_the_aims_that_are_claimed() -> None:
    """Of the course: 84.8 % unrepaired; 80.9 % repaired, with both p%-rules above 80 %."""
    card = PATH.card.metrics
    assert card["unrepaired/accuracy"].value >= 0.85
    assert card["repaired/accuracy"].value >= 0.835
    for attribute in ("sex", "race"):
        assert card[f"repaired/adversary_auc_{attribute}"].value <= 0.53
        assert card[f"repaired/p_percent_rule_{attribute}"].value >= 0.8
