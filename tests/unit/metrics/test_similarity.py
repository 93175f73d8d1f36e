"""Similarity of maps, against values computed otherwise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity
from torch import Tensor

from trustai.metrics.similarity import (
    rank_correlation,
    ranking,
    ssim,
    top_overlap,
)

MEASURES = [rank_correlation, ssim, top_overlap]


def noise(n: int, side: int = 12, *, seed: int = 0) -> Tensor:
    return torch.rand((n, side, side), generator=torch.Generator().manual_seed(seed))


def test_a_ranking_falls_and_names_every_pixel_once() -> None:
    maps = (noise(3) * 4).floor()  # many ties
    order = ranking(maps)
    assert order.sort(1).values.equal(torch.arange(144).expand(3, -1))
    values = maps.flatten(1).gather(1, order)
    assert (values.diff(dim=1) <= 0).all()


def test_ties_are_not_broken_in_raster_order() -> None:
    order = ranking(torch.zeros(2, 12, 12))
    assert order[0].equal(order[1])  # fixed
    rows = order[0, :72] // 12
    counts = torch.bincount(rows, minlength=12)
    assert counts.min() >= 2  # half of the pixels, from every row: six expected
    assert counts[:6].sum() < 60


def test_rank_correlation_is_spearmans_with_ties() -> None:
    a, b = (noise(4, seed=1) * 6).floor(), (noise(4, seed=2) * 3).floor() + noise(4).round()
    expected = [
        spearmanr(x.flatten().numpy(), y.flatten().numpy()).statistic
        for x, y in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(rank_correlation(a, b).numpy(), expected, atol=1e-6)


def test_rank_correlation_sees_order_only() -> None:
    a = noise(3)
    assert rank_correlation(a, a.exp() * 7 - 2).numpy() == pytest.approx(1)
    assert rank_correlation(a, -(a**3)).numpy() == pytest.approx(-1)
    assert rank_correlation(a, noise(3, seed=9)).abs().max() < 0.3
    # By hand: ranks 1 2 3 4 against 2 1 4 3; 1 - 6 * 4 / (4 * 15).
    one, other = torch.tensor([[[1.0, 2], [3, 4]]]), torch.tensor([[[2.0, 1], [4, 3]]])
    assert rank_correlation(one, other).item() == pytest.approx(0.6)


def test_ssim_is_of_maps_brought_to_one_scale() -> None:
    a, b = noise(3), noise(3, seed=4) * 0.4
    expected = [
        structural_similarity(x / x.max(), y / y.max(), data_range=1.0)
        for x, y in zip(a.double().numpy(), b.double().numpy(), strict=True)
    ]
    np.testing.assert_allclose(ssim(a, b).numpy(), expected, atol=1e-6)
    assert ssim(a, 30 * a).numpy() == pytest.approx(1)
    assert ssim(a, (a + b).clamp(0, 1)).min() > ssim(a, b).max()


def test_ssim_of_signed_maps_keeps_zero_in_the_middle() -> None:
    a, b = noise(2) - 0.5, noise(2, seed=4) - 0.7
    expected = [
        structural_similarity(
            (1 + x / np.abs(x).max()) / 2, (1 + y / np.abs(y).max()) / 2, data_range=1.0
        )
        for x, y in zip(a.double().numpy(), b.double().numpy(), strict=True)
    ]
    np.testing.assert_allclose(ssim(a, b, signed=True).numpy(), expected, atol=1e-6)
    assert ssim(a, -a, signed=True).max() < -0.5
    with pytest.raises(ValueError, match=r"at least 0, got values down to -0\.\d+ \(did you mean"):
        ssim(a, b)


def test_overlap_by_hand() -> None:
    a, b = torch.zeros(1, 10, 10), torch.zeros(1, 10, 10)
    a[0, 2] = torch.arange(10.0) + 1  # the ten highest of a hundred
    b[0, 2, 6:] = 5
    b[0, 7, :6] = 4
    assert top_overlap(a, b).item() == pytest.approx(0.4)
    assert top_overlap(a, b, share=0.04).item() == 1  # 7 to 10 against columns 6 to 9
    assert top_overlap(-a, b, share=0.1).item() <= 0.2
    assert top_overlap(a, b, share=1).item() == 1
    assert top_overlap(a, b, share=1e-9).item() in (0, 1)  # one pixel at least


def test_every_map_overlaps_itself_even_where_it_is_flat() -> None:
    flat = torch.zeros(2, 12, 12)
    flat[:, :2, :2] = 1  # 4 pixels stand out, 14 are asked for
    assert top_overlap(flat, flat).tolist() == [1, 1]
    assert top_overlap(noise(3), 2 * noise(3) - 5).tolist() == [1, 1, 1]  # picture by picture
    assert top_overlap(noise(40), noise(40, seed=1)).mean() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_map_that_says_nothing_has_no_similarity(measure) -> None:  # type: ignore[no-untyped-def]
    a, b = noise(4), noise(4, seed=1)
    plain = measure(a, b)
    assert plain.dtype == torch.float32
    assert plain.isfinite().all()
    broken = a.clone()
    broken[0], broken[1] = 0.25, 0
    broken[2, 3, 3] = torch.inf
    for result in (measure(broken, b), measure(b, broken)):
        assert result.isnan().tolist() == [True, True, True, False]
    assert measure(broken, b)[3] == plain[3]
    assert measure(a[1:2], b[1:2])[0] == plain[1]  # whatever else is in the batch


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("a", "b"), [((2, 9, 9), (2, 9, 8)), ((9, 9), (9, 9)), ((1, 9, 9), (2, 9, 9)), ((0, 9, 9),) * 2]
)
def test_shapes_must_fit(measure, a, b) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"expected two batches of maps of one shape \(N, H, W\)"):
        measure(torch.rand(a), torch.rand(b))


def test_limits_are_said() -> None:
    with pytest.raises(ValueError, match="at least 7 x 7 pixels, got 9 x 6"):
        ssim(torch.rand(1, 9, 6), torch.rand(1, 9, 6))
    for share, words in ((0, "got 0"), (10, r"got 10 \(did you mean 0\.1\?\)"), (1.5, "got 1.5")):
        with pytest.raises(ValueError, match=rf"expected share in \(0, 1\], {words}"):
            top_overlap(noise(1), noise(1), share=share)
