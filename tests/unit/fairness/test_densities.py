"""Densities by group: kernel density estimates that lose nothing beyond 0 and 1."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trustai.fairness.densities import densities


def test_one_probability_gives_the_kernel_with_its_reflections() -> None:
    h, x, p = 0.1, np.linspace(0, 1, 51), 0.1
    found = densities([[p]], [0], n_groups=1, points=51, bandwidth=h)
    wanted = sum(np.exp(-0.5 * ((x - image) / h) ** 2) for image in (p, -p, 2 - p))
    assert found[0, 0] == pytest.approx(wanted / (h * math.sqrt(2 * math.pi)))


def test_every_density_holds_all_of_its_group() -> None:
    p = np.random.default_rng(0).beta(0.3, 1.0, (3, 500))
    found = densities(p, np.arange(500) % 2, n_groups=2)
    x = np.linspace(0, 1, found.shape[-1])
    assert np.trapezoid(found, x) == pytest.approx(np.ones((3, 2)), abs=2e-3)


def test_each_row_counts_in_its_own_group_only_and_unknown_ones_in_none() -> None:
    p, group = [[0.2, 0.8, 0.5]], np.array([0, 1, -1])
    found = densities(p, group, n_groups=3, points=11)
    assert found[0, :2].argmax(-1).tolist() == [2, 8]
    assert np.isnan(found[0, 2]).all(), "a group without rows"
    alone = densities([[0.2]], [0], n_groups=1, points=11)
    assert found[0, 0] == pytest.approx(alone[0, 0])


@pytest.mark.parametrize(
    ("p", "group", "how", "message"),
    [
        ([0.5], [0], {}, r"probabilities \(K, N\)"),
        ([[0.5]], [0, 1], {}, r"groups \(N,\)"),
        ([[1.5]], [0], {}, r"probabilities in \[0, 1\], got 1.5"),
        ([[0.5]], [0], {"bandwidth": 0.0}, "bandwidth above 0"),
        ([[0.5]], [0], {"points": 1}, "2 points"),
    ],
)
def test_what_does_not_fit_is_refused(
    p: list[float], group: list[int], how: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        densities(p, group, n_groups=2, **how)  # type: ignore[arg-type]
