"""The ensemble for tables of few rows: a linear part and the mean of small networks, by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.toys.tables import rows_of
from trustai import zoo
from trustai.explain import tabular
from trustai.zoo.architectures.tabular_ensemble import TabularEnsemble

COLUMNS: dict[str, Any] = {
    "columns": ["a", "b", "c"],
    "fill": [0.0, 0.0, 1.0],
    "mean": [0.0, 0.0, 0.0],
    "std": [1.0, 1.0, 1.0],
    "levels": [0, 0, 3],
}


def ensemble(**changes: Any) -> TabularEnsemble:
    network = TabularEnsemble(**(COLUMNS | {"members": 2, "hidden": [4, 3]} | changes))
    network.initialise(torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.weights[-1].normal_(generator=torch.Generator().manual_seed(1))
    return network


def test_the_logit_is_a_line_and_the_mean_of_the_members() -> None:
    network = ensemble()
    z = rows_of(7, 5)
    said = []
    for m in range(2):
        layers: list[nn.Module] = []
        for weight, bias in zip(network.weights, network.biases, strict=True):
            layer = nn.Linear(*weight.shape[1:])
            layer.weight.data, layer.bias.data = weight[m].T, bias[m, 0]
            layers += [layer, nn.ReLU()]
        said.append(nn.Sequential(*layers[:-1])(z).squeeze(1))
    expected = network.linear(z).squeeze(1) + (said[0] + said[1]) / 2
    torch.testing.assert_close(network.score(z), expected)
    # Rows of each member's own.
    own = torch.stack([z, z.flip(0)])
    torch.testing.assert_close(network.corrections(own)[1], said[1].flip(0))


def test_it_begins_as_the_line_and_can_be_that_again() -> None:
    network = TabularEnsemble(**COLUMNS)
    network.initialise(torch.Generator().manual_seed(0))
    z = rows_of(7, 5)
    torch.testing.assert_close(network.score(z), network.linear(z).squeeze(1))
    assert network.members == 5
    changed = ensemble()
    assert not torch.allclose(changed.score(z), changed.linear(z).squeeze(1))
    changed.silence()
    torch.testing.assert_close(changed.score(z), changed.linear(z).squeeze(1))


@pytest.mark.parametrize("changes", [{"members": 0}, {"hidden": [4]}, {"hidden": [4, 0]}])
def test_shapes_that_are_none(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected at least one member and hidden as two positive"):
        TabularEnsemble(**(COLUMNS | changes))


def test_it_is_built_by_its_name() -> None:
    built = zoo.build("tabular-ensemble", **COLUMNS)
    assert isinstance(built, TabularEnsemble)
    assert set(built.state_dict()) == {
        "linear.weight", "linear.bias", "weights.0", "weights.1", "weights.2",
        "biases.0", "biases.1", "biases.2",
    }  # fmt: skip


def test_shapley_values_of_it_are_complete() -> None:
    network = ensemble()
    network.freeze()
    rows = rows_of(3, 3)
    rows[:, 2] = torch.tensor([0.0, 1.0, 2.0])
    found = tabular.explain("shapley", network, rows, background=rows)
    assert found.facts["additivity_gap"].max() < 1e-5
