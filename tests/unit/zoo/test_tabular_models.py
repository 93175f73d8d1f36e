"""Networks for tables: what happens to a row inside, additivity, isolation, checkpoints."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trustai import zoo
from trustai.types import Table
from trustai.zoo.architectures.nam import (
    BatchedNAM,
    ExU,
    NeuralAdditiveModel,
)
from trustai.zoo.architectures.tabular import (
    TabularMLP,
    TabularModel,
    statistics,
)

Make = Callable[..., Any]
NAN = float("nan")
THREE: dict[str, Any] = {
    "columns": ["a", "b", "c"],
    "fill": [10.0, 0.5, 1.0],
    "mean": [8.0, 0.25, 1.0],
    "std": [4.0, 0.5, 1.0],
}
WITH_LEVELS = THREE | {"levels": [0, 0, 3]}


def table_of(rows: Tensor, labels: Tensor | None = None, **changes: Any) -> Table:
    fields: dict[str, Any] = {
        "name": "toy",
        "split": "train",
        "rows": rows,
        "labels": torch.zeros(len(rows), dtype=torch.int64) if labels is None else labels,
        "columns": tuple("abcdefgh"[: rows.shape[1]]),
        "classes": ("no", "yes"),
        "indices": torch.arange(len(rows)),
        "integer": (False,) * rows.shape[1],
        "synthetic": True,
    }
    return Table(**(fields | changes))


def mlp(**changes: Any) -> TabularMLP:
    """Frozen, with weights and batch norm of its own."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = TabularMLP(**(THREE | {"hidden": [8, 6, 6, 4]} | changes))
        network.train()
        for _ in range(3):  # so that batch norm has seen something
            network(rows_of(64))
    return network.freeze()


def nam(**changes: Any) -> NeuralAdditiveModel:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = NeuralAdditiveModel(
            **(THREE | {"members": 4, "hidden": [8, 5], "dropout": 0.1} | changes)
        )
    network.centre(rows_of(50))
    return network.freeze()


def rows_of(n: int, *, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, generator=generator) * torch.tensor([4.0, 0.5, 1.0]) + 1


MODELS = {"mlp": mlp, "nam": nam, "nam, exu": lambda: nam(units="exu")}
every = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())


# -- inside a row ----------------------------------------------------------------------------


def test_missing_values_are_filled_in_raw_units() -> None:
    rows = torch.tensor([[NAN, 1.0, NAN], [4.0, NAN, 2.0]])
    filled = TabularModel(**THREE).filled(rows)
    assert filled.tolist() == [[10.0, 1.0, 1.0], [4.0, 0.5, 2.0]]
    assert rows.isnan().sum() == 3, "what came in was changed"


def test_numbers_are_standardised_and_levels_one_hot() -> None:
    rows = torch.tensor([[12.0, 0.5, 2.0], [NAN, 0.0, 0.0], [8.0, 0.25, NAN]])
    encoded = TabularModel(**WITH_LEVELS).encoded(rows)
    assert encoded.tolist() == [
        [1.0, 0.5, 0.0, 0.0, 1.0],
        [0.5, -0.5, 1.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 1.0, 0.0],
    ]


def test_between_two_levels_lies_a_mixture_with_a_gradient() -> None:
    rows = torch.tensor([[8.0, 0.25, 0.75]], requires_grad=True)
    encoded = TabularModel(**WITH_LEVELS).encoded(rows)
    assert encoded.tolist() == [[0.0, 0.0, 0.25, 0.75, 0.0]]
    (gradient,) = torch.autograd.grad(encoded[0, 3], rows)
    assert gradient[0, 2] == 1


@every
def test_a_missing_value_is_its_median(make: Make) -> None:
    network, rows = make(), rows_of(5)
    missing, filled = rows.clone(), rows.clone()
    missing[:, 1], filled[:, 1] = NAN, 0.5
    assert torch.equal(network(missing), network(filled))
    assert not torch.allclose(network(missing), network(rows))


@every
def test_gradients_are_those_of_finite_differences(make: Make) -> None:
    network, rows = make().double(), rows_of(4).double()
    rows[0, 0] = NAN
    rows.requires_grad_(True)
    (gradient,) = torch.autograd.grad(network(rows).sum(), rows)
    assert gradient.isfinite().all()
    assert gradient[0, 0] == 0
    step = 1e-6
    for k in range(3):
        moved = rows.detach().clone()
        moved[:, k] += step
        slope = (network(moved) - network(rows.detach())) / step
        torch.testing.assert_close(slope, gradient[:, k], rtol=1e-3, atol=1e-5)


@every
def test_probabilities_come_in_batches_and_without_gradients(make: Make) -> None:
    network, rows = make(), rows_of(7)
    probability = network.replica().requires_grad_(True).probability(rows, batch_size=3)
    assert not probability.requires_grad
    torch.testing.assert_close(probability, network(rows).sigmoid())
    assert network.probability(rows[:0]).shape == (0,)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 2, 3)])
def test_rows_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected rows as \(N, 3\), got \("):
        mlp()(torch.zeros(shape))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"std": [1.0, 0.0, 1.0]}, "expected positive stds"),
        ({"fill": [1.0]}, "expected fill, mean, std and levels for each of 3 columns"),
        ({"levels": [0, 3]}, "expected fill, mean, std and levels for each of 3 columns"),
        ({"hidden": [8]}, "expected hidden as four positive widths"),
    ],
)
def test_impossible_networks_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TabularMLP(**(THREE | changes))


# -- statistics of the training part ---------------------------------------------------------


def test_statistics_by_hand() -> None:
    rows = torch.tensor([[1.0, 5.0, 0.0], [2.0, 5.0, 2.0], [NAN, 5.0, 2.0], [6.0, 5.0, NAN]])
    found = statistics(table_of(rows, levels=(None, None, ("x", "y", "z"))))
    assert found["columns"] == ["a", "b", "c"]
    assert found["levels"] == [0, 0, 3]
    assert found["fill"] == [2.0, 5.0, 2.0]  # of levels the commonest
    assert found["mean"] == [2.75, 5.0, 1.5]
    # (1, 2, 2, 6) about 2.75; a constant column is not divided by 0.
    assert found["std"] == pytest.approx([(14.75 / 4) ** 0.5, 1.0, 0.75**0.5])
    TabularMLP(**found)


def test_a_column_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="expected values in column 'b', got none"):
        statistics(table_of(torch.tensor([[1.0, NAN], [2.0, NAN]])))


# -- the course's network --------------------------------------------------------------------


def test_the_course_architecture() -> None:
    network = TabularMLP(columns=list("abcdefgh"), fill=[0] * 8, mean=[0] * 8, std=[1] * 8)
    kinds = [
        (type(m).__name__, getattr(m, "out_features", getattr(m, "num_features", None)))
        for m in network.layers
    ]
    assert kinds == [
        ("Linear", 100),
        ("ReLU", None),
        ("BatchNorm1d", 100),
        ("Linear", 50),
        ("ReLU", None),
        ("Dropout", None),
        ("Linear", 50),
        ("ReLU", None),
        ("Linear", 20),
        ("ReLU", None),
        ("Linear", 1),
    ]
    assert network.layers[5].p == 0.2
    assert sum(p.numel() for p in network.parameters()) == 900 + 200 + 5050 + 2550 + 1020 + 21
    assert len({id(m) for m in network.modules() if isinstance(m, nn.ReLU)}) == 4


# -- additive models -------------------------------------------------------------------------


@pytest.mark.parametrize("units", ["relu", "exu"])
def test_terms_and_bias_are_the_logit(units: str) -> None:
    network, rows = nam(units=units), rows_of(20)
    rows[3, 1] = NAN
    assert torch.equal(network.terms(rows).sum(1) + network.bias, network(rows))
    # And it is the ensemble's mean logit, each member through its own forward.
    z = network.encoded(rows)
    logits = torch.stack([torch.logit(m(z)[:, 0]) for m in network.members]).mean(0)
    torch.testing.assert_close(network(rows), logits, rtol=1e-4, atol=1e-4)


def test_a_term_depends_on_its_own_column_only() -> None:
    network, rows = nam(), rows_of(6)
    moved = rows.clone()
    moved[:, 1] += 1
    before, after = network.terms(rows), network.terms(moved)
    assert torch.equal(before[:, [0, 2]], after[:, [0, 2]])
    assert (before[:, 1] - after[:, 1]).abs().min() > 1e-6


def test_every_member_is_centred_on_the_training_part() -> None:
    network, rows = nam(), rows_of(50)
    means = network.member_terms(network.encoded(rows)).mean(1)
    torch.testing.assert_close(means, torch.zeros_like(means), rtol=0, atol=1e-6)
    torch.testing.assert_close(network(rows).mean(), network.bias)
    before = network(rows)
    again = network.replica()
    again.centre(rows + 3)
    assert not torch.allclose(again.offsets, network.offsets, atol=1e-3)
    torch.testing.assert_close(again(rows), before, rtol=1e-5, atol=1e-5)


def test_shapes_are_the_terms_on_a_grid() -> None:
    network, grid = nam(), rows_of(11).T
    shapes = network.shapes(grid)
    assert shapes.shape == (4, 3, 11)
    assert torch.equal(shapes.mean(0).T, network.terms(grid.T))
    assert shapes.std(0).min() > 0


def test_dropout_is_for_training_only() -> None:
    network, rows = nam(dropout=0.5), rows_of(5)
    assert torch.equal(network(rows), network(rows))
    network.train()
    with torch.random.fork_rng():
        assert not torch.equal(network(rows), network(rows))


def test_exu_by_hand() -> None:
    unit = ExU(3)
    with torch.no_grad():
        unit.weight.copy_(torch.tensor([[0.0], [1.0], [2.0]]))
        unit.bias.copy_(torch.tensor([0.5, 1.0, 0.9]))
    # (1 - 0.5) e^0, (1 - 1) e^1, and (1 - 0.9) e^2 = 0.739
    assert unit(torch.ones(1, 1)).tolist()[0] == pytest.approx([0.5, 0.0, 0.7389], abs=1e-4)
    assert unit(torch.full((1, 1), 2.0)).tolist()[0] == [1.0, 1.0, 1.0]
    assert unit(torch.zeros(1, 1)).tolist()[0] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": "elu"}, "expected units among relu, exu, got 'elu'"),
        ({"link_func": "softmax"}, "expected link_func among sigmoid, tanh, got 'softmax'"),
        ({"hidden": ()}, "expected at least one positive width"),
    ],
)
def test_impossible_nams_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BatchedNAM(3, **arguments)


def test_nams_of_levels_or_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="expected columns of numbers only"):
        NeuralAdditiveModel(**WITH_LEVELS)
    with pytest.raises(ValueError, match="expected at least one member, got 0"):
        NeuralAdditiveModel(**THREE, members=0)


def test_the_zoo_says_what_is_missing_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "trustai.zoo.architectures.nam", raising=False)
    monkeypatch.setitem(sys.modules, "nam_pytorch", None)
    with pytest.raises(ValueError, match=r"expected the package nam-pytorch .*: pip install"):
        zoo.build("nam", **THREE)


# -- isolation -------------------------------------------------------------------------------


@every
def test_replicas_share_weights_and_nothing_else(make: Make) -> None:
    network, rows = make(), rows_of(5)
    before = network(rows)
    replica = network.replica()
    assert [p.data_ptr() for p in replica.parameters()] == [
        p.data_ptr() for p in network.parameters()
    ]
    assert torch.equal(replica(rows), before)
    replica.requires_grad_(True).train()
    for module in replica.modules():
        module.register_forward_hook(lambda *a: None)
    replica(rows).sum().backward()
    assert not any(p.requires_grad or p.grad is not None for p in network.parameters())
    assert not any(m.training or m._forward_hooks for m in network.modules())
    assert torch.equal(network(rows), before)
    replica.double()
    assert network.fill.dtype == torch.float32


@every
def test_eight_threads_get_the_bytes_of_one(make: Make) -> None:
    network, rows = make(), rows_of(9)
    alone = network.probability(rows)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: network.replica().probability(rows), range(16)):
            assert torch.equal(found, alone)


# -- checkpoints -----------------------------------------------------------------------------


def card_of(make_card: Make, model_id: str, network: TabularModel, **arguments: Any) -> zoo.Card:
    architecture = "nam" if isinstance(network, NeuralAdditiveModel) else "tabular-mlp"
    return make_card(
        model_id,
        architecture=architecture,
        arguments=THREE | arguments,
        classes=("no", "yes"),
        input_size=3,
    )


def test_round_trip_to_the_bit(models: Path, make_card: Make) -> None:
    rows = rows_of(30)
    saved = {
        "some-mlp": (mlp(), {"hidden": [8, 6, 6, 4]}),
        "some-nam": (nam(), {"members": 4, "hidden": [8, 5], "dropout": 0.1}),
    }
    for model_id, (network, arguments) in saved.items():
        card = zoo.save(network, card_of(make_card, model_id, network, **arguments))
        loaded = zoo.load(model_id, kind=TabularModel)
        assert loaded.card == card
        assert type(loaded) is type(network)
        assert torch.equal(loaded(rows), network(rows))
        assert not any(p.requires_grad for p in loaded.parameters())
    additive = zoo.load("some-nam", kind=zoo.AdditiveModel)
    assert torch.equal(additive.terms(rows), saved["some-nam"][0].terms(rows))


def test_the_zoo_tells_pictures_from_tables(
    models: Path, make_card: Make, make_network: Make
) -> None:
    network = mlp()
    zoo.save(network, card_of(make_card, "some-mlp", network, hidden=[8, 6, 6, 4]))
    zoo.save(make_network(), make_card("some-picture"))
    assert [card.id for card in zoo.catalog()] == ["some-mlp", "some-picture"]
    assert [card.id for card in zoo.catalog(kind="table")] == ["some-mlp"]
    assert [card.id for card in zoo.catalog(kind="picture")] == ["some-picture"]
    assert isinstance(zoo.load("some-mlp"), TabularMLP)
    for model_id, kind in (("some-mlp", zoo.Classifier), ("some-picture", TabularModel)):
        with pytest.raises(ValueError, match=f"a {kind.__name__}, got '{model_id}', a "):
            zoo.load(model_id, kind=kind)
