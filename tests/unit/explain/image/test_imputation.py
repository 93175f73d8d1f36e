"""Pixels taken away leave no hole: every missing one is the weighted mean of its neighbours."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.toys.images import TinyCNN, pictures
from trustai.explain.image.imputation import NEIGHBOURS, imputed, removal


def mask_of(*places: tuple[int, int], side: int = 6) -> Tensor:
    gone = torch.zeros(1, side, side, dtype=torch.bool)
    for row, column in places:
        gone[0, row, column] = True
    return gone


def test_a_single_pixel_by_hand() -> None:
    x = pictures(1, side=6)
    found = imputed(x, mask_of((2, 3)), noise=0)
    beside = x[0, :, 2, 2] + x[0, :, 2, 4] + x[0, :, 1, 3] + x[0, :, 3, 3]
    across = x[0, :, 1, 2] + x[0, :, 1, 4] + x[0, :, 3, 2] + x[0, :, 3, 4]
    torch.testing.assert_close(found[0, :, 2, 3], beside / 6 + across / 12)
    rest = ~mask_of((2, 3))[0]
    assert torch.equal(found[0][:, rest], x[0][:, rest])


def test_a_corner_has_three_neighbours() -> None:
    x = pictures(1, side=6)
    found = imputed(x, mask_of((0, 0)), noise=0)
    expected = (x[0, :, 0, 1] + x[0, :, 1, 0]) / 6 + x[0, :, 1, 1] / 12
    torch.testing.assert_close(found[0, :, 0, 0], expected / (1 / 6 + 1 / 6 + 1 / 12))


def test_every_missing_pixel_is_the_mean_of_its_neighbours() -> None:
    x = pictures(2, side=9)
    gone = torch.rand(2, 9, 9, generator=torch.Generator().manual_seed(1)) < 0.6
    found = imputed(x, gone, noise=0).double()
    for picture, row, column in gone.nonzero().tolist():
        total, weights = torch.zeros(3, dtype=torch.float64), 0.0
        for down, right, weight in NEIGHBOURS:
            r, c = row + down, column + right
            if 0 <= r < 9 and 0 <= c < 9:
                total += weight * found[picture, :, r, c]
                weights += weight
        torch.testing.assert_close(
            found[picture, :, row, column], total / weights, atol=1e-6, rtol=0
        )


def test_a_plane_of_grey_comes_back() -> None:
    ramp = torch.linspace(0.2, 0.8, 12).expand(1, 3, 12, 12).contiguous()
    gone = torch.zeros(1, 12, 12, dtype=torch.bool)
    gone[0, 3:9, 4:8] = True
    torch.testing.assert_close(imputed(ramp, gone, noise=0), ramp, atol=1e-5, rtol=0)


def test_noise_is_of_its_size_and_seeded() -> None:
    x = torch.full((1, 3, 40, 40), 0.5)
    gone = torch.rand(1, 40, 40, generator=torch.Generator().manual_seed(0)) < 0.5
    found = imputed(x, gone, noise=0.05, seed=3)
    assert torch.equal(found, imputed(x, gone, noise=0.05, seed=3))
    assert not torch.equal(found, imputed(x, gone, noise=0.05, seed=4))
    assert (found - 0.5)[0][:, gone[0]].std() == pytest.approx(0.05, rel=0.1)


def test_the_removal_of_what_counts_costs_the_probability() -> None:
    network, x = TinyCNN().freeze(), pictures(3)
    maps = torch.rand(3, *x.shape[2:], generator=torch.Generator().manual_seed(0))
    k = round(0.3 * maps[0].numel())
    gone = torch.zeros_like(maps, dtype=torch.bool)
    for i, one in enumerate(maps):
        gone[i].view(-1)[one.flatten().argsort(descending=True)[:k]] = True
    without = network.predict(imputed(x, gone, seed=5)).softmax(1)[:, 1]
    expected = network.predict(x).softmax(1)[:, 1] - without
    torch.testing.assert_close(removal(network, x, maps, target=1, share=0.3, seed=5), expected)


def test_what_cannot_be_removed_is_refused() -> None:
    network, x = TinyCNN().freeze(), pictures(2)
    maps = torch.rand(2, *x.shape[2:])
    for words, call in (
        ("bool", lambda: imputed(x, maps)),
        ("leave pixels to impute from", lambda: imputed(x, torch.ones_like(maps).bool())),
        ("finite maps", lambda: removal(network, x, maps / 0, target=0)),
        ("finite maps", lambda: removal(network, x, maps[:1], target=0)),
        (r"share in \(0, 1\), got 1", lambda: removal(network, x, maps, target=0, share=1.0)),
    ):
        with pytest.raises(ValueError, match=f"expected .*{words}"):
            call()
