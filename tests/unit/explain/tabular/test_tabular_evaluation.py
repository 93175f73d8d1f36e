"""Who is right: agreement, swapping, deletion and the leaderboard, each by hand."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import pytest
import torch

from tests.toys.tables import Formula, Linear, Squares, mlp, rows_of, table_of
from trustai.explain import tabular
from trustai.explain.tabular import base
from trustai.explain.tabular.evaluation.deletion import deletion, random_deletion
from trustai.explain.tabular.evaluation.leaderboard import leaderboard
from trustai.explain.tabular.evaluation.rows import TabularLeaderboardRow
from trustai.explain.tabular.evaluation.swap import (
    swap,
    swap_rank,
    swap_sign,
)
from trustai.explain.tabular.methods.lime import LimeParams
from trustai.explain.tabular.what_if import grid_of, ice
from trustai.metrics.agreement import (
    agreement,
    importance,
    label_correlation,
)
from trustai.types import NoParameters
from trustai.zoo import Card
from trustai.zoo.leaderboard import Leaderboard

FIGURES = TabularLeaderboardRow.figures()


def test_agreement_by_hand() -> None:
    a = torch.tensor([[4.0, -3, 2, 1], [1.0, 2, 3, 4]])
    b = torch.tensor([[-40.0, -30, 20, 10], [4.0, 3, 2, -1]])
    found = agreement(a, b, k=2)
    assert found.rank.tolist() == pytest.approx([1, -1])
    assert found.sign.tolist() == [0.75, 0.75]
    assert found.top.tolist() == [1, 0]
    assert found.mean() == pytest.approx({"rank": 0, "sign": 0.75, "top": 0.5})
    constant = agreement(torch.ones(1, 4), b[:1])
    assert constant.rank.isnan().all()
    with pytest.raises(ValueError, match=r"expected k in 1..4, got 5"):
        agreement(a, b, k=5)
    with pytest.raises(ValueError, match="expected two explanations of one shape"):
        agreement(a, b[:1])


def test_importance_by_hand() -> None:
    rows = torch.tensor([[1.0, 4, 7], [2.0, torch.nan, 7], [3.0, 1, 7], [4.0, 2, 7]])
    table = table_of(rows, torch.tensor([0, 0, 1, 1]))
    correlation = label_correlation(table)
    assert correlation[0].item() == pytest.approx(0.8944, abs=1e-4)
    known = torch.corrcoef(torch.tensor([[4.0, 1, 2], [0.0, 1, 1]]))[0, 1]
    assert correlation[1].item() == pytest.approx(known.item())
    assert correlation[2] == 0
    explained = tabular.explain(
        "gradient_x_input", Linear([3.0, 0.5, 0.1]).freeze(), rows, background=torch.zeros(1, 3)
    )
    found = importance(explained, table=table)
    # Means of |w x|, the missing value being 0: 7.5, 0.875, 0.7.
    assert found.mean_size.tolist() == pytest.approx([7.5, 0.875, 0.7], abs=1e-5)
    assert found.local.tolist() == pytest.approx([1, 0.5, 0.5, 1])
    assert found.with_correlation == pytest.approx(0.5)  # 0.89, 0.94, 0
    with pytest.raises(ValueError, match="expected a table of the columns x0, x1, x2"):
        importance(explained, table=table_of(rows[:, :2]))


def test_swap_by_hand() -> None:
    model = Linear([1.0, -2.0, 0.0]).freeze()
    rows = torch.tensor([[1.0, 1, 5]])
    donors = table_of(
        torch.tensor([[0.0, 2, 9], [3.0, torch.nan, 8], [100.0, 100, 100]]), torch.tensor([1, 1, 0])
    )
    found = swap(model, rows, torch.tensor([0]), donors=donors)

    def p(logit: float) -> float:
        return torch.tensor(logit).sigmoid().item()

    # Own logit -1; x0 from the donors: -2 and 1; x1 from them: -3 and, missing filled by 0, 1.
    expected = [p(-1) - (p(-2) + p(1)) / 2, p(-1) - (p(-3) + p(1)) / 2, 0]
    assert found.change[0].tolist() == pytest.approx(expected, abs=1e-6)
    assert found.donors.tolist() == [2]
    assert swap_rank(torch.tensor([[-2.0, 1, 0]]), found).tolist() == pytest.approx([1])
    assert swap_rank(torch.tensor([[1.0, 2, 3]]), found).tolist() == pytest.approx([-1])
    assert swap_sign(torch.tensor([[-2.0, 1, 0]]), found).tolist() == pytest.approx([2 / 3])
    with pytest.raises(ValueError, match="expected donors of another class than 1, got none"):
        swap(model, rows, torch.tensor([1]), donors=donors.take(torch.tensor([0, 1])))
    with pytest.raises(ValueError, match=r"expected labels as \(1,\)"):
        swap(model, rows, torch.tensor([1, 0]), donors=donors)


def test_deletion_by_hand() -> None:
    model = Linear([2.0, 1.0]).freeze()
    rows, fill = torch.tensor([[1.0, 1], [-1.0, -1]]), torch.zeros(2)
    values = torch.tensor([[2.0, 1], [-2.0, -1]])
    found = deletion(model, rows, values, fill=fill)
    p3, p1 = torch.tensor([3.0, 1.0]).sigmoid().tolist()
    # Of the row of class 0 what speaks most against class 1 goes first.
    for row in range(2):
        assert found.order[row].tolist() == [0, 1]
        assert found.outputs[row].tolist() == pytest.approx([p3, p1, 0.5])
        assert found.area[row].item() == pytest.approx((p3 / 2 + p1 + 0.25) / 2)
    worse = deletion(model, rows, values.flip(1), fill=fill)
    chance = random_deletion(model, rows, fill=fill, n=200)
    assert (found.area < chance).all()
    assert (chance < worse.area).all()
    torch.testing.assert_close(chance, (found.area + worse.area) / 2, rtol=0, atol=0.01)
    with pytest.raises(ValueError, match=r"expected values as \(2, 2\) and fill as \(2,\)"):
        deletion(model, rows, values[:1], fill=fill)


def test_ice_by_hand() -> None:
    model = Formula(lambda x: x[:, 0] * x[:, 1], n=2, fill=3.0).freeze()
    grid = torch.tensor([[0.0, 1, 2], [5.0, 6, 7]])
    found = ice(model, torch.tensor([2.0, torch.nan]), grid=grid, output="logit")
    assert found.outputs.tolist() == [[0, 3, 6], [10, 12, 14]]
    assert found.output == 6
    assert found.row.tolist() == [2, 3]
    probable = ice(model, torch.tensor([2.0, torch.nan]), grid=grid)
    torch.testing.assert_close(probable.outputs, found.outputs.sigmoid())
    with pytest.raises(ValueError, match=r"expected grid as \(2, G\), got \(3, 3\)"):
        ice(model, torch.zeros(2), grid=torch.zeros(3, 3))


def test_ice_of_an_additive_model_is_that_of_any_other() -> None:
    model, row = Squares().freeze(), torch.tensor([1.0, torch.nan, -2.0])
    grid = rows_of(3, 7)
    moved = model.filled(row[None])[:, None].repeat(3, 7, 1)
    moved[torch.arange(3), :, torch.arange(3)] = grid
    found = ice(model, row, grid=grid)
    expected = model(moved.flatten(0, 1)).sigmoid().view(3, 7)
    torch.testing.assert_close(found.outputs, expected)
    assert found.output == pytest.approx(model(row[None]).sigmoid().item(), abs=1e-6)


def test_the_grid_covers_the_known_range_in_whole_numbers_where_they_are_whole() -> None:
    rows = torch.tensor([[0.0, 1], [3.0, torch.nan], [1.0, 2]])
    grid = grid_of(table_of(rows, integer=(True, False)), points=5)
    assert grid.tolist() == [[0, 1, 2, 3, 3], [1, 1.25, 1.5, 1.75, 2]]
    with pytest.raises(ValueError, match="expected points to be at least 2, got 1"):
        grid_of(table_of(rows), points=1)


def test_a_slider_move_is_answered_in_a_tenth_of_a_second_of_computing() -> None:
    model, row = mlp(n=8), rows_of(1, 8)
    background = rows_of(100, 8, seed=1)
    grid = grid_of(table_of(background))
    best = []
    for call in (
        lambda: tabular.explain("shapley", model, row, background=background),
        lambda: ice(model, row[0], grid=grid),
    ):
        seconds = []
        for _ in range(5):
            started = time.process_time()
            call()
            seconds.append(time.process_time() - started)
        best.append(min(seconds))
    assert best[0] < 0.1
    assert best[1] < 0.02


def test_the_leaderboard_is_its_parts() -> None:
    model, test, train = mlp(), table_of(rows_of(9)), table_of(rows_of(30, seed=8))
    background = rows_of(12, seed=4)
    shares: list[float] = []
    params = {"lime": LimeParams(n_samples=200, seeds=1)}
    result = leaderboard(
        model,
        test,
        train=train,
        background=background,
        methods=["shapley", "lime", "nam"],
        settings=params,
        on_progress=shares.append,
    )
    assert [row.method for row in result.rows] == ["shapley", "lime", "nam"]
    assert shares == sorted(shares)
    exact = tabular.explain("shapley", model, test.rows, background=background)
    swaps = swap(model, test.rows, test.labels, donors=train)
    fill = background.quantile(0.5, dim=0)
    chance = random_deletion(model, test.rows, fill=fill)
    for row in result.rows[:2]:
        name = row.method
        found = tabular.explain(
            name, model, test.rows, background=background, params=params.get(name)
        )
        area = deletion(model, test.rows, found.values, fill=fill).area
        alike = agreement(found.values, exact.values).mean()
        expected: dict[str, float] = {
            "swap_rank": swap_rank(found.values, swaps).mean().item(),
            "swap_sign": swap_sign(found.values, swaps).mean().item(),
            "deletion": area.mean().item(),
            "random_deletion": chance.mean().item(),
            **{f"shapley_{key}": value for key, value in alike.items()},
        }
        assert {key: getattr(row, key) for key in expected} == pytest.approx(expected, abs=1e-6)
        assert set(expected) | {"seconds"} == set(FIGURES)
        assert row.n == 9
        np.testing.assert_allclose(result.values[name]["deletion"], area, atol=1e-9)
        assert set(result.values[name]) == set(expected)
        assert set(row.intervals) == {"swap_rank", "swap_sign", "deletion", "shapley_rank"}
        assert row.intervals["deletion"].low <= row.deletion <= row.intervals["deletion"].high
        assert row.reason is None
        assert row.seconds > 0
    assert result.rows[0].shapley_rank == pytest.approx(1)
    assert result.rows[1].parameters["n_samples"] == 200
    reason = result.rows[2].reason
    assert reason is not None
    assert "additive" in reason
    assert result.table().loc["nam", "n"] == 0


def test_a_card_keeps_the_leaderboard(make_card: Any) -> None:
    test, train = table_of(rows_of(6, 3)), table_of(rows_of(20, 3, seed=8))
    result = leaderboard(
        Squares().freeze(), test, train=train, background=train.rows, methods=["nam", "shapley"]
    )
    metrics = result.as_metrics(how={"dataset": "toys", "split": "test"})
    card: Card = make_card(metrics=metrics)
    rows = Leaderboard.from_card(Card.from_json(card.to_json()), TabularLeaderboardRow).rows
    assert [row.method for row in rows] == ["shapley", "nam"]  # the order of the menus
    for row in rows:
        (before,) = (one for one in result.rows if one.method == row.method)
        for figure in FIGURES:
            assert getattr(row, figure) == pytest.approx(getattr(before, figure), abs=1e-6)
        assert (row.n, row.title, row.reason) == (before.n, before.title, before.reason)
        assert row.parameters == before.parameters
    assert metrics["tabular/rows"].how["background"] == 20
    assert Leaderboard.from_card(make_card(), TabularLeaderboardRow).rows == ()


def test_a_card_keeps_why_a_method_cannot_apply(make_card: Any) -> None:
    test, train = table_of(rows_of(6)), table_of(rows_of(20, seed=8))
    result = leaderboard(mlp(), test, train=train, background=train.rows, methods=["nam"])
    card = make_card(metrics=result.as_metrics())
    (row,) = Leaderboard.from_card(card, TabularLeaderboardRow).rows
    assert row.reason is not None
    assert "expected a neural additive model" in row.reason


def test_two_equal_methods_tie_and_a_worse_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a sum, exact Shapley values and integrated gradients are the same numbers; the third
    method takes the smallest of them for the largest."""

    class Reversed(base.Method[NoParameters]):
        name, title, params = "reversed", "Reversed", NoParameters

        def attribute(self, task: base.Task[NoParameters]) -> base.Contributions:
            exact = tabular.get("integrated_gradients").attribute(task_of(task))
            return dataclasses.replace(exact, values=exact.values.flip(1))

    def task_of(task: base.Task[Any]) -> base.Task[Any]:
        return dataclasses.replace(task, params=tabular.get("integrated_gradients").params())

    monkeypatch.setitem(base.METHODS._entries, "reversed", Reversed())
    model = Linear([2.0, 1.0, 0.5, 0.1]).freeze()
    test, train = table_of(rows_of(60, 4)), table_of(rows_of(80, 4, seed=8))
    result = leaderboard(
        model, test, train=train, background=rows_of(12, 4, seed=4),
        methods=["shapley", "integrated_gradients", "reversed"],
    )  # fmt: skip
    for figure in ("deletion", "swap_rank"):
        sure = {row.method: row.intervals[figure] for row in result.rows}
        assert sure["shapley"].tied
        assert sure["integrated_gradients"].tied
        assert not sure["reversed"].tied, figure
    assert result.rows[0].deletion < result.rows[0].random_deletion - 0.02
