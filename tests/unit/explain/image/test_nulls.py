"""Null maps: as smooth as the map, in the middle, of another picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from trustai.explain.image.evaluation.nulls import blob, partners, random_fields, smoothness
from trustai.explain.image.passes import enlarge


def maps_of(grid: int, *, n: int = 3, side: int = 32) -> torch.Tensor:
    drawn = torch.rand(n, grid, grid, generator=torch.Generator().manual_seed(grid))
    return enlarge(drawn, torch.zeros(n, 3, side, side))


def test_smoothness_is_spearmans_correlation_of_neighbours() -> None:
    """Scipy ranks the pairs; ours ranks the whole map, which differs by its border only."""
    maps = maps_of(9, n=2)
    for one, found in zip(maps.numpy(), smoothness(maps).tolist(), strict=True):
        right = spearmanr(one[:, :-1].ravel(), one[:, 1:].ravel()).statistic
        down = spearmanr(one[:-1].ravel(), one[1:].ravel()).statistic
        assert found == pytest.approx((right + down) / 2, abs=0.02)
    assert smoothness(maps.exp()).tolist() == pytest.approx(smoothness(maps).tolist(), abs=1e-4)


@pytest.mark.parametrize("grid", [4, 8, 16, 32])
def test_a_field_is_as_smooth_as_its_map(grid: int) -> None:
    """A map of random pixels is not: its neighbours have nothing to do with each other."""
    maps = maps_of(grid)
    (one, other) = random_fields(maps, n=2, seed=3)
    for field in (one, other):
        # Noise cannot be made rougher than it came: there its own chance remains.
        atol = 0.01 if grid < 32 else 0.1
        np.testing.assert_allclose(smoothness(field), smoothness(maps), atol=atol)
    assert not one.equal(other)
    if grid < 32:
        assert smoothness(maps).min() > 0.5
        assert smoothness(maps_of(32)).abs().max() < 0.1


def test_fields_depend_on_seed_map_and_number_only() -> None:
    maps = maps_of(8, n=4)
    (whole,) = random_fields(maps, seed=5)
    (part,) = random_fields(maps[1:3], seed=5, first=1)
    assert whole[1:3].equal(part)
    assert not whole.equal(random_fields(maps, seed=6)[0])
    (again,) = random_fields(maps * 7 + 1, seed=5)  # the same order of the pixels
    torch.testing.assert_close(again, whole)


def test_fields_have_no_preferred_place() -> None:
    """Over many draws the highest pixel is in the middle ninth as often as chance says."""
    (fields,) = random_fields(maps_of(6, n=1).expand(400, -1, -1), seed=1)
    peak = fields.flatten(1).argmax(1)
    inside = (peak // 32 - 15.5).abs().lt(5.5) & (peak % 32 - 15.5).abs().lt(5.5)
    assert inside.float().mean().item() == pytest.approx((10 / 32) ** 2, abs=0.06)


def test_the_blob_is_centred() -> None:
    one = blob(torch.zeros(2, 3, 9, 9))
    assert one.shape == (2, 9, 9)
    assert int(one[0].argmax()) == 4 * 9 + 4
    for turned in (one.flip(1), one.flip(2), one.transpose(1, 2)):
        torch.testing.assert_close(one, turned)
    assert one[0, 4].diff()[:4].min() > 0


def test_partners_are_of_another_class() -> None:
    labels = torch.tensor([2, 2, 0, 1, 1])
    found = partners(labels)
    assert found is not None
    assert (labels[found] != labels).all()
    same = partners(torch.tensor([3, 3, 3]))
    assert same is not None
    assert same.tolist() == [1, 2, 0]
    assert partners(torch.tensor([0])) is None
