"""Several networks of one repair stored together."""

from __future__ import annotations

import pytest
import torch

from trustai import zoo
from trustai.zoo import TabularPath

ARGUMENTS = {
    "columns": ["a", "b"], "fill": [0.0, 0.0], "mean": [0.0, 1.0], "std": [1.0, 2.0],
    "hidden": [4, 4, 4, 4],
}  # fmt: skip


def path(steps: int = 3) -> TabularPath:
    torch.manual_seed(0)
    lambdas = {"sex": [float(k) for k in range(steps)], "race": [2.0 * k for k in range(steps)]}
    found = zoo.build("tabular-path", **ARGUMENTS, lambdas=lambdas)
    assert isinstance(found, TabularPath)
    return found.freeze()


def test_a_step_is_a_network_of_its_own() -> None:
    found, rows = path(), torch.randn(7, 2)
    together = found.probability(rows)
    assert together.shape == (3, 7)
    for k in range(3):
        assert torch.equal(together[k], found.at(k).probability(rows))
    assert not torch.equal(together[0], together[1])
    assert found.columns == ("a", "b")
    assert found.lambdas == {"sex": (0.0, 1.0, 2.0), "race": (0.0, 2.0, 4.0)}


@pytest.mark.parametrize("step", [-1, 3])
def test_a_step_that_is_not_there_is_one_sentence(step: int) -> None:
    with pytest.raises(ValueError, match=rf"expected a step in \[0, 3\), got {step}"):
        path().at(step)


@pytest.mark.parametrize("lambdas", [{}, {"sex": [0.0], "race": [0.0, 1.0]}, {"sex": []}])
def test_weights_that_do_not_fit_are_refused(lambdas: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="expected as many weights for each attribute"):
        zoo.build("tabular-path", **ARGUMENTS, lambdas=lambdas)


def test_it_is_neither_a_table_network_nor_one_of_pictures() -> None:
    assert zoo.ARCHITECTURES.get("tabular-path").kind == "path"
