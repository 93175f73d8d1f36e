"""The stage that fits every repair: what it keeps of each seed, and what it does not fit twice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trustai import data, zoo
from trustai.fairness import load_path, repairs
from trustai.fairness.leaderboard import compared, summary
from trustai.train import RECIPES
from trustai.train.fairness.census import census_of
from trustai.train.fairness.recipe import DebiasingRecipe
from trustai.train.measure.tables.fairness import measure_repairs
from trustai.train.tables.run import whole_table
from trustai.zoo import TabularPath

SOME = ("network", "adversarial-debiasing", "boosting", "group-thresholds")
"""With a seed and without one; the others are fitted alike and take longer."""


@pytest.mark.slow
def test_every_repair_and_seed_is_kept_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    some = {name: repairs.get(name) for name in SOME}
    monkeypatch.setattr(repairs.REPAIRS, "_entries", some)
    table = data.load("adult", split="test")
    if table.synthetic:
        pytest.skip("the Adult table is not on this machine")
    recipe = RECIPES.get("adult-debiased")
    assert isinstance(recipe, DebiasingRecipe)
    small = dataclasses.replace(recipe.smoke(), strengths=recipe.strengths)
    census = census_of(whole_table(recipe.dataset, n_train=1500), n_train=1500)
    shipped, path = load_path(), zoo.load("adult-debiased", kind=TabularPath)
    found = measure_repairs(path, small, census, chosen=shipped.chosen, seeds=2)
    rows, decisions = found.figures.set_index(["method", "seed"]), found.decisions
    assert list(decisions.columns) == ["index", *repairs.names()]
    part = shipped.parts["test"]
    for name in repairs.names():
        repair = repairs.get(name)
        said = [(decisions[name].to_numpy() >> seed) & 1 for seed in (0, 1)]
        for seed in (0, 1):
            right = (said[seed] == part.labels).mean()
            assert rows.loc[(name, seed), "accuracy"] == pytest.approx(right, abs=1e-5)
        if isinstance(repair, repairs.FittedRepair) and not repair.seeded:
            assert np.array_equal(*said)
            assert np.isnan(rows.loc[(name, 1), "seconds"])
    # Seed 0 of the networks is what ships, whatever the recipe would train here.
    for name, step in (("network", 0), ("adversarial-debiasing", shipped.chosen)):
        shown = shipped.front["accuracy"].iloc[step]
        assert rows.loc[(name, 0), "accuracy"] == pytest.approx(shown, abs=1e-5)
    assert rows.loc[("network", 1), "accuracy"] != rows.loc[("network", 0), "accuracy"]
    board = compared(decisions, part, seeds=2)
    means = summary(found.figures)
    for row in board.rows:
        assert row.accuracy == pytest.approx(means.loc[row.method, "accuracy"], abs=1e-5)
        assert row.lower_rule == pytest.approx(means.loc[row.method, "lower_rule"], abs=1e-5)
