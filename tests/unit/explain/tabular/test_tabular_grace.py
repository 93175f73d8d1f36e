"""GRACE: what it promises, by hand on straight boundaries and drawn at random."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.toys.tables import Formula, Linear, mlp, rows_of, table_of
from trustai.explain.tabular.counterfactual.boundary import Boundary
from trustai.explain.tabular.counterfactual.contrast import described
from trustai.explain.tabular.counterfactual.grace import (
    SEARCHES,
    GraceParams,
    contrast,
)
from trustai.explain.tabular.counterfactual.grace_table import as_metrics, contrast_all
from trustai.explain.tabular.exploration.redundancy import pruned, symmetrical_uncertainty
from trustai.types import Table

CORNERS = torch.tensor([[-2.0, -2, -2], [2.0, 2, 2], [-2.0, 2, -2], [2.0, -2, 2]])
TABLE = table_of(CORNERS)


@pytest.mark.parametrize("search", SEARCHES)
def test_the_steepest_column_alone_if_that_is_enough(search: str) -> None:
    # logit = 2 x0 + x1 - 1, at the origin -1: x0 has to rise to 0.5.
    model = Linear([2.0, 1.0, 0.0], -1.0).freeze()
    params = GraceParams(search=search, gamma=1)  # type: ignore[arg-type]
    found = contrast(model, torch.zeros(3), table=TABLE, params=params)
    assert found.found
    assert found.rows[1].tolist() == pytest.approx([0.5, 0, 0], abs=1e-3)
    assert [change.column for change in found.changes] == ["x0"]
    assert found.probability[0] < 0.5 < found.probability[1]
    assert found.attempts[0].k == 1
    assert len(found.attempts) == 1


@pytest.mark.parametrize("search", SEARCHES)
def test_two_columns_if_one_cannot(search: str) -> None:
    # Inside the box one column gives at most 2 * 2 of the 5 that are missing.
    model = Linear([2.0, 1.9, 0.1], -5.0).freeze()
    params = GraceParams(search=search, gamma=1)  # type: ignore[arg-type]
    found = contrast(model, torch.zeros(3), table=TABLE, params=params)
    assert found.found
    assert {change.column for change in found.changes} == {"x0", "x1"}
    assert [attempt.k for attempt in found.attempts] == [1, 2]
    assert found.attempts[0].closest == pytest.approx(torch.sigmoid(torch.tensor(-1.0)).item())
    # The nearest point of the boundary is along the gradient.
    assert float(found.rows[1, 0] / found.rows[1, 1]) == pytest.approx(2 / 1.9, abs=0.01)
    probabilities = [step.probability for step in found.trace]
    assert probabilities[0] == pytest.approx(found.probability[0].item())
    assert probabilities[-1] == pytest.approx(found.probability[1].item())
    assert found.changes[0].in_turn < 0.5 < found.changes[1].in_turn


def test_why_there_is_none() -> None:
    model = Linear([1.0, 0.0, 0.0], -9.0).freeze()
    found = contrast(
        model, torch.zeros(3), table=TABLE, params=GraceParams(max_features=2, gamma=1)
    )
    assert not found.found
    assert found.changes == ()
    assert found.largest is None
    assert torch.equal(found.rows[0], found.rows[1])
    sentence = found.sentence(called="the risk")
    assert sentence.startswith("The search found no change of up to 2 values that turns the")
    assert "from 0.0% to 0.1%" in sentence
    assert "best of 6 sets of columns" in sentence


def test_the_sentence() -> None:
    rows = torch.tensor([[50.0, 1.0], [200.0, 2.0]])
    table = dataclasses.replace(
        table_of(rows, integer=(True, False)), columns=("Glucose", "BMI"), classes=("well", "ill")
    )
    model = Linear([0.1, 0.0], -11.65).freeze()
    model.columns = table.columns
    found = contrast(model, torch.tensor([148.0, 1.0]), table=table, params=GraceParams(gamma=1))
    assert found.rows[1].tolist() == [116, 1]  # 116.5 is the boundary
    expected = "If Glucose were 32 lower, the probability of ill would fall from 95.9% to 48.8%."
    assert found.sentence() == expected
    assert "32 lower, the risk would fall" in found.sentence(called="the risk")
    assert found.largest is not None
    assert (found.largest.before, found.largest.after) == (148, 116)


def test_levels_are_named() -> None:
    table = dataclasses.replace(TABLE, levels=(None, ("female", "male"), None))
    assert described(table, 1, 0.0, 1.0) == "x1 were male instead of female"
    assert described(table, 0, 1.0, 3.25) == "x0 were 2.25 higher"


def test_a_narrow_turn_that_a_step_leaps_over_is_found() -> None:
    # Class 1 only for x0 in (0.5, 0.6): the step from 0 lands behind it.
    model = Formula(lambda x: (0.05 - (x[:, 0] - 0.55).abs()) * 4 - 0 * x[:, 1], n=2).freeze()
    table = table_of(CORNERS[:, :2])
    row = torch.tensor([-1.0, 0.0])
    found = contrast(model, row, table=table)
    assert found.found
    assert found.rows[1, 0] == pytest.approx(0.5, abs=0.02)


def test_a_missing_value_can_be_what_changes() -> None:
    model = Linear([2.0, 0.0, 0.0], -1.0).freeze()
    found = contrast(model, torch.tensor([torch.nan, 0, 0]), table=TABLE)
    assert found.found
    assert found.changes[0].was_missing
    assert found.missing.tolist() == [True, False, False]


def test_shapley_values_before_and_after() -> None:
    model, background = mlp(), rows_of(10, seed=1)
    rows = rows_of(1)
    found = contrast(model, rows[0], table=table_of(rows_of(60)), background=background)
    assert found.attribution is not None
    torch.testing.assert_close(found.attribution.predictions, found.probability.double())
    sums = found.attribution.base + found.attribution.values.sum(1)
    torch.testing.assert_close(sums, found.attribution.predictions, rtol=0, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    search=st.sampled_from(SEARCHES),
    integer=st.lists(st.booleans(), min_size=4, max_size=4),
    threshold=st.floats(0.2, 0.8),
)
def test_bounds_and_whole_numbers(
    seed: int, search: str, integer: list[bool], threshold: float
) -> None:
    model = mlp(seed=seed % 7)
    train = rows_of(40, seed=seed) * 3
    train[:, torch.tensor(integer)] = train[:, torch.tensor(integer)].round()
    train[0, 1] = torch.nan
    table = table_of(train, integer=integer)
    row = rows_of(1, seed=seed + 1)[0] * 2
    row[torch.tensor(integer)] = row[torch.tensor(integer)].round()
    params = GraceParams(search=search, threshold=threshold)  # type: ignore[arg-type]
    found = contrast(model, row, table=table, params=params)
    before, after = found.rows
    moved = after != before
    assert torch.equal(before, row)
    assert int(moved.sum()) == len(found.changes) <= 5
    low, high = (train[:, moved].nan_to_num(v) for v in (torch.inf, -torch.inf))
    assert (after[moved] >= low.amin(0)).all()
    assert (after[moved] <= high.amax(0)).all()
    whole = after[moved & torch.tensor(integer)]
    assert torch.equal(whole, whole.round())
    turned = (model.probability(found.rows) > threshold).tolist()
    assert found.found == (turned[0] != turned[1])


def test_fewer_changes_than_the_papers_order() -> None:
    model, table, rows = mlp(seed=3), table_of(rows_of(80) * 2), rows_of(20, seed=5)
    ours, papers = (
        contrast_all(model, rows, table=table, params=GraceParams(search=search))
        for search in SEARCHES
    )
    assert ours.fidelity >= papers.fidelity
    assert ours.mean_changed <= papers.mean_changed
    assert sum(ours.counts.values()) == int(ours.found.sum())
    assert (model(ours.contrastive[ours.found]) > 0).tolist() != (model(rows) > 0).tolist()
    figures = as_metrics(ours, how={"split": "test"})
    assert figures["grace/subsets/fidelity"].value == ours.fidelity
    assert figures["grace/subsets/fidelity"].how["parameters"]["search"] == "subsets"
    assert figures["grace/subsets/mean_changed"].value == pytest.approx(ours.mean_changed, abs=1e-5)
    counted = {int(k[-1]): m.value for k, m in figures.items() if "/changed/" in k}
    assert counted == ours.counts


def test_symmetrical_uncertainty_by_hand() -> None:
    a = torch.tensor([0.0, 0, 1, 1])
    rows = torch.stack([a, 1 - a, torch.tensor([0.0, 1, 0, 1]), torch.zeros(4)], 1)
    found = symmetrical_uncertainty(rows)
    assert found[0].tolist() == pytest.approx([1, 1, 0, 0], abs=1e-12)
    assert found[3, 3] == 0
    # H(X) = ln 2, H(Y) = ln 4, Y tells all of X: 2 ln 2 / (ln 2 + ln 4) = 2/3.
    pair = torch.stack([a, torch.arange(4.0)], 1)
    assert found.shape == (4, 4)
    assert symmetrical_uncertainty(pair)[0, 1] == pytest.approx(2 / 3)


def test_many_values_are_binned_first() -> None:
    rows = rows_of(2000, 2)
    found = symmetrical_uncertainty(rows)
    assert found[0, 1] < 0.05, "independent columns, though every value names its row"
    copied = symmetrical_uncertainty(torch.stack([rows[:, 0], rows[:, 0].exp()], 1))
    assert copied[0, 1] == pytest.approx(1.0)


def test_pruning_keeps_the_more_important_of_two() -> None:
    uncertainty = torch.tensor([[1.0, 0.9, 0.1], [0.9, 1.0, 0.1], [0.1, 0.1, 1.0]])
    assert pruned([1, 0, 2], uncertainty, gamma=0.5) == [1, 2]
    assert pruned([0, 1, 2], uncertainty, gamma=0.5) == [0, 2]
    assert pruned([1, 0, 2], uncertainty, gamma=0.95) == [1, 0, 2]
    train = rows_of(300, 3)
    train[:, 1] = train[:, 0] * 2
    model = Linear([1.0, 1.5, 0.1], 0.3).freeze()
    found = contrast(model, torch.zeros(3), table=table_of(train))
    assert found.left_out == ("x0",)


def test_the_first_step_is_the_papers_projection() -> None:
    model, row = Linear([3.0, 4.0], 5.0).freeze(), torch.zeros(2)
    table = Table(**(vars(table_of(torch.tensor([[-9.0, -9], [9.0, 9]]))) | {"synthetic": True}))
    boundary = Boundary(model, row, table, threshold=0.5)
    path = boundary.walk(torch.ones(1, 2, dtype=torch.bool), steps=5)
    assert len(path) == 2  # one step is enough for a straight boundary
    # |m| / |g|: the distance from the origin to 3 x + 4 y + 5 = 0 is 1.
    assert path[1].norm().item() == pytest.approx(1, abs=1e-3)
    assert boundary.length(path[1]).item() == pytest.approx(1 / boundary.scale[0].item(), abs=1e-3)
    assert math.isclose(float(path[1][0, 0] / path[1][0, 1]), 0.75, rel_tol=1e-3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_features": 0}, "expected max_features to be at least 1, got 0"),
        ({"gamma": 2}, r"expected gamma in \[0, 1\], got 2"),
        ({"threshold": 1}, r"expected threshold in \(0, 1\), got 1"),
        ({"search": "all"}, "expected search among subsets, gradient, got 'all'"),
        ({"steps": 0}, "expected steps to be at least 1, got 0"),
    ],
)
def test_bad_parameters_are_rejected(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GraceParams(**wrong)  # type: ignore[arg-type]


def test_a_table_of_other_columns_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"expected a table of the columns x0, x1"):
        contrast(Linear([1.0, 1.0]).freeze(), torch.zeros(2), table=TABLE)
