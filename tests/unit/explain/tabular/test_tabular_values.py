"""The values of each method, by hand on functions simple enough for it."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from tests.toys.tables import Formula, Linear, Squares, mlp, rows_of, table_of
from trustai.explain import tabular
from trustai.explain.tabular import coalitions
from trustai.explain.tabular.batched import BatchedModel, folded
from trustai.explain.tabular.coalitions import coalition_values, members, shapley_weights
from trustai.explain.tabular.methods.integrated_gradients import IntegratedGradientsParams
from trustai.explain.tabular.methods.lime import LimeParams
from trustai.zoo.architectures.tabular import statistics

ZERO = torch.zeros(1, 3)


def shapley(model: Formula, row: list[float], background: torch.Tensor) -> list[float]:
    found = tabular.explain("shapley", model.freeze(), torch.tensor([row]), background=background)
    return [round(v, 6) for v in found.values[0].tolist()]


def test_shapley_of_a_sum_are_its_terms() -> None:
    model = Formula(lambda x: 2 * x[:, 0] - x[:, 1] + 0 * x[:, 2] + 7, n=3)
    assert shapley(model, [1.0, 5.0, 9.0], ZERO) == [2, -5, 0]
    # Against a background of mean 3 in x1.
    assert shapley(model, [1.0, 5.0, 9.0], torch.tensor([[0, 2, 0], [0, 4.0, 0]])) == [2, -2, 0]


def test_shapley_of_a_product_are_shared_equally() -> None:
    model = Formula(lambda x: x[:, 0] * x[:, 1] * x[:, 2], n=3)
    assert shapley(model, [2.0, 3.0, 4.0], ZERO) == [8, 8, 8]
    # With others 1: v({0})=2, v({1})=3, v({0,1})=6, so x0 gets (1 + 3) / 2.
    two = Formula(lambda x: x[:, 0] * x[:, 1], n=2)
    assert shapley(two, [2.0, 3.0], torch.ones(1, 2)) == [2, 3]


def test_shapley_of_a_maximum() -> None:
    model = Formula(lambda x: x.amax(1), n=3)
    # The airport game: each shares the stretch of runway that it needs.
    assert shapley(model, [1.0, 2.0, 4.0], ZERO) == pytest.approx([1 / 3, 5 / 6, 17 / 6], abs=1e-6)


def by_orders(model: Formula, row: torch.Tensor, background: torch.Tensor) -> list[float]:
    """The definition: the mean gain over all orders, one forward pass a time."""
    n = len(row)

    def value(known: set[int]) -> float:
        mixed = background.clone()
        for k in known:
            mixed[:, k] = row[k]
        return float(model(mixed).double().mean())

    gains = [0.0] * n
    for order in itertools.permutations(range(n)):
        for i, k in enumerate(order):
            gains[k] += value(set(order[: i + 1])) - value(set(order[:i]))
    return [g / math.factorial(n) for g in gains]


@pytest.mark.parametrize("portion", [2**18, 40])
def test_shapley_is_its_definition(portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalitions, "MIXED_AT_ONCE", portion)
    model, row, background = mlp(), rows_of(1, seed=3), rows_of(5, seed=4)
    background[1, 2], background[3] = row[0, 2], row[0]  # shared values are asked for once
    found = tabular.explain("shapley", model, row, background=background)
    expected = by_orders(model, row[0], background)
    assert found.values[0].tolist() == pytest.approx(expected, abs=1e-6)
    assert float(found.base) == pytest.approx(float(model(background).mean()), abs=1e-6)


def test_shared_values_are_asked_for_once() -> None:
    asked: list[int] = []

    class Counting(BatchedModel):
        def score(self, encoded: torch.Tensor) -> torch.Tensor:
            asked.append(len(encoded))
            return super().score(encoded)

    row, background = rows_of(1, seed=1), rows_of(2, seed=2)
    background[0, :2] = row[0, :2]
    values = coalition_values(Counting(mlp()), row, background)
    assert asked == [16 // 4 + 16]
    background[0, :2] += 1e-7
    again = coalition_values(BatchedModel(mlp()), row, background)
    torch.testing.assert_close(values, again, rtol=1e-5, atol=1e-5)


def test_weights_of_two_players() -> None:
    assert members(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]
    expected = [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    assert shapley_weights(2).tolist() == expected


@pytest.mark.parametrize("levels", [(), (0, 3, 0, 2)])
def test_the_fast_function_is_the_model(levels: tuple[int, ...]) -> None:
    model = mlp(levels=levels)
    rows = rows_of(5000).abs().floor() if levels else rows_of(5000)
    assert folded(model.layers) is not None
    torch.testing.assert_close(BatchedModel(model)(rows), model(rows), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        BatchedModel(model, "probability")(rows), model(rows).sigmoid(), rtol=1e-5, atol=1e-6
    )


def test_the_fast_function_knows_what_it_cannot_fold() -> None:
    model = mlp()
    model.layers[1] = torch.nn.GELU()
    assert folded(model.layers) is None
    rows = rows_of(10)
    assert torch.equal(BatchedModel(model)(rows), model(rows))


def test_levels_belong_to_one_player() -> None:
    model = mlp(levels=(0, 3, 0, 2))
    row, background = torch.tensor([[0.5, 2.0, -1.0, 1.0]]), rows_of(4).abs().floor().clamp_max(1)
    found = tabular.explain("shapley", model, row, background=background)
    expected = by_orders(model, row[0], background)
    assert found.values[0].tolist() == pytest.approx(expected, abs=1e-6)


def test_lime_gets_the_weights_of_a_linear_model() -> None:
    weights = [2.0, -1.0, 0.0, 0.5]
    model, rows, background = (
        Linear(weights, 3.0).freeze(),
        rows_of(4),
        rows_of(200, seed=9) * 3 + 1,
    )
    found = tabular.explain("lime", model, rows, background=background)
    expected = (torch.tensor(weights) * (rows - background.mean(0))).double()
    torch.testing.assert_close(found.values, expected, rtol=0.02, atol=0.02)
    middle = model(background.mean(0, keepdim=True)).double()
    torch.testing.assert_close(found.base, middle.expand(4), rtol=0.02, atol=0.02)
    assert found.facts["r2"].min() > 0.99
    assert found.spread is not None
    assert found.spread.max() < 0.003
    # A model that is not linear depends on what is drawn.
    other = tabular.explain("lime", mlp(), rows, background=background, params=LimeParams(200, 5))
    assert other.spread is not None
    assert other.spread.mean() > 0.003


def test_lime_counts_a_level_as_the_deviation_from_its_share() -> None:
    model = mlp(levels=(0, 0, 0, 2))
    for layer in model.layers:
        if isinstance(layer, torch.nn.Linear):
            layer.weight.zero_()
            layer.bias.zero_()

    class Level(type(model)):  # type: ignore[misc]
        def score(self, encoded: torch.Tensor) -> torch.Tensor:
            return 3 * encoded[:, -1]  # level 1 of x3

    model.__class__ = Level
    model.layers.append(torch.nn.GELU())  # not to be folded
    background = rows_of(100)
    background[:, 3] = (torch.arange(100) < 20).float()
    rows = rows_of(2)
    rows[:, 3] = torch.tensor([1.0, 0.0])
    found = tabular.explain("lime", model, rows, background=background)
    assert found.values[:, 3].tolist() == pytest.approx([3 * 0.8, -3 * 0.2], abs=0.03)
    assert found.base.tolist() == pytest.approx([0.6, 0.6], abs=0.03)


def test_nam_is_its_terms() -> None:
    model, rows = Squares().freeze(), rows_of(4, 3)
    found = tabular.explain("nam", model, rows, background=rows)
    factor = torch.tensor([2.5, 3.5, 4.5])
    expected = (factor * (rows**2 - 1)).double()
    torch.testing.assert_close(found.values, expected, rtol=1e-5, atol=1e-5)
    assert found.base.tolist() == [1.25] * 4
    assert found.facts["additivity_gap"].max() < 1e-5
    exact = tabular.explain("shapley", model, rows, background=rows)
    centred = found.values - found.values.mean(0)
    torch.testing.assert_close(exact.values, centred, rtol=1e-5, atol=1e-5)


def test_integrated_gradients_of_a_square() -> None:
    model = Formula(lambda x: x[:, 0] ** 2 + 3 * x[:, 1], n=2).freeze()
    background = torch.tensor([[0.0, 1.0], [2.0, 1.0], [7.0, 1.0]])
    for baseline, middle in (("mean", 3.0), ("median", 2.0)):
        params = IntegratedGradientsParams(steps=4, baseline=baseline)  # type: ignore[arg-type]
        found = tabular.explain(
            "integrated_gradients", model, torch.tensor([[5.0, 2.0]]), background=background,
            params=params,
        )  # fmt: skip
        assert found.values[0].tolist() == pytest.approx([25 - middle**2, 3.0], abs=1e-4)
        assert float(found.base) == pytest.approx(middle**2 + 3, abs=1e-5)


def test_integrated_gradients_are_complete() -> None:
    rows = rows_of(6)

    def gap(steps: int) -> float:
        params = IntegratedGradientsParams(steps=steps)
        found = tabular.explain(
            "integrated_gradients", mlp(), rows, background=rows_of(9, seed=3), params=params
        )
        return float(found.facts["additivity_gap"].max())

    assert gap(300) < 0.01
    assert gap(300) < gap(3)


def test_gradient_x_input_is_the_tangent() -> None:
    model = Formula(lambda x: x[:, 0] ** 2 + 3 * x[:, 1], n=2).freeze()
    background = torch.tensor([[1.0, 1.0], [3.0, 1.0]])
    found = tabular.explain(
        "gradient_x_input", model, torch.tensor([[5.0, 2.0]]), background=background
    )
    assert found.values[0].tolist() == [(5 - 2) * 2 * 5, 3]
    assert found.base.tolist() == [7]


def test_kernel_shap_with_all_coalitions_is_exact() -> None:
    model, rows, background = mlp(), rows_of(3), rows_of(20, seed=5)
    kernel, exact = (
        tabular.explain(name, model, rows, background=background, output="probability")
        for name in ("kernel_shap", "shapley")
    )
    torch.testing.assert_close(kernel.values, exact.values, rtol=0, atol=1e-6)
    torch.testing.assert_close(kernel.base, exact.base, rtol=0, atol=1e-6)


def test_an_additive_model_is_asked_for_its_terms_once() -> None:
    asked: list[int] = []

    class Counting(Squares):
        def member_terms(self, encoded: torch.Tensor) -> torch.Tensor:
            asked.append(len(encoded))
            return super().member_terms(encoded)

    rows, background = rows_of(4, 3), rows_of(9, 3, seed=1)
    batched = BatchedModel(Counting().freeze(), "probability")
    values = coalition_values(batched, rows, background)
    assert asked == [4, 9]
    model = Squares().freeze()
    for row, found in zip(rows, values, strict=True):
        for inside, value in zip(members(3), found, strict=True):
            expected = model(torch.where(inside, row, background)).sigmoid().mean()
            assert value.item() == pytest.approx(expected.item(), abs=1e-6)


def test_what_is_not_finite_is_refused_as_input_is() -> None:
    steep = Formula(lambda x: x[:, 0] * 1e30 * 1e20, n=1).freeze()
    rows = torch.tensor([[1e-40]])
    for name in ("integrated_gradients", "gradient_x_input"):
        with pytest.raises(ValueError, match=r"expected .* to find finite values, got .*'x0'"):
            tabular.explain(name, steep, rows, background=torch.zeros(2, 1))
    with pytest.raises(ValueError, match="network that answers with finite numbers"):
        tabular.explain("lime", steep, torch.tensor([[1e10]]), background=torch.zeros(2, 1))


def test_a_column_of_tiny_numbers_is_no_column_to_learn_from() -> None:
    rows = torch.tensor([[1e-40], [2e-40]])
    with pytest.raises(ValueError, match="to vary by more than 1e-30, got 5e-41"):
        statistics(table_of(rows))
