"""RISE: its masks, its formula mask by mask, and where it looks."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.toys.images import FOLDED_ROUNDING, pictures
from trustai.explain import image
from trustai.explain.image.methods.rise import RiseParams, random_masks
from trustai.zoo.classifier import Classifier


@pytest.mark.parametrize("baseline", ["grey", "black"])
def test_the_formula_mask_by_mask(network: Classifier, x: Tensor, baseline: Any) -> None:
    params = RiseParams(n=30, s=4, p=0.3, baseline=baseline)
    found = image.explain("rise", network, x[:2], target=3, seed=5, params=params)
    for i in range(2):
        total = torch.zeros(16, 16)
        for mask in random_masks(params, height=16, width=16, seed=5):
            seen = x[i : i + 1] * mask
            if baseline == "grey":  # the normalised picture is multiplied, as in the paper
                seen = network.normalise(x[i : i + 1]) * mask * network.std + network.mean
            total += network.predict(seen).softmax(1)[0, 3] * mask[0]
        torch.testing.assert_close(
            found.map[i], total / (30 * 0.3), rtol=1e-4, atol=20 * FOLDED_ROUNDING
        )
    assert found.grid == (4, 4)
    assert found.layer is None


def test_masks_are_enlarged_grids_of_mean_p() -> None:
    params = RiseParams(n=3000, s=5, p=0.3)
    masks = torch.cat(list(random_masks(params, height=21, width=34, seed=1)))
    assert masks.shape == (3000, 21, 34)
    assert masks.min() >= 0
    assert masks.max() <= 1
    mean = masks.mean(0)
    assert mean.sub(0.3).abs().max() < 0.05, "at every pixel, also at the edges"
    # Bilinear: from one pixel to the next a mask moves by at most one cell's share.
    assert masks.diff(dim=1).abs().max() <= 1 / 5 + 1e-6
    assert masks.diff(dim=2).abs().max() <= 1 / 7 + 1e-6
    assert ((masks > 0) & (masks < 1)).any()
    # The grid is shifted: whole cells begin at any pixel, not at multiples of a cell.
    other = torch.cat(list(random_masks(params, height=21, width=34, seed=2)))
    assert not torch.equal(masks, other)
    again = torch.cat(list(random_masks(params, height=21, width=34, seed=1)))
    assert torch.equal(masks, again)


def test_where_masks_begin_is_drawn_evenly() -> None:
    """The first line of a mask of two cells tells by how much it was shifted."""
    params = RiseParams(n=400, s=2, p=0.5)
    rows = set()
    for mask in random_masks(params, height=8, width=8, seed=0):
        lines = mask[0].mean(1)
        if lines.std() > 0.05:
            rows.add(round(float(lines[0]), 4))
    assert len(rows) >= 4, "one for each shift of a cell of four pixels"


class Corner(Classifier):
    """Sure of class 1 as far as the upper left corner is bright."""

    def __init__(self) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        self.linear = nn.Linear(1, 2)
        self.linear.weight.data.copy_(torch.tensor([[0.0], [6.0]]))
        self.linear.bias.data.copy_(torch.tensor([3.0, 0.0]))

    def features(self, x: Tensor) -> Tensor:
        return self.normalise(x)[:, :, :8, :8].mean((1, 2, 3))[:, None]

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


def test_it_finds_what_the_network_looks_at() -> None:
    x = torch.ones(1, 3, 32, 32)
    found = image.explain("rise", Corner().freeze(), x, target=1, params=RiseParams(n=600)).map[0]
    corner, rest = found[:8, :8].mean(), found[16:, 16:].mean()
    assert corner > 1.2 * rest
    row, column = divmod(int(found.argmax()), 32)
    assert row < 8
    assert column < 8


def test_never_all_masks_are_in_memory(network: Classifier, x: Tensor) -> None:
    """A million masks cost nothing until they are asked for, and a run can be stopped at once."""
    masks = random_masks(RiseParams(n=1_000_000), height=224, width=224, seed=0)
    assert next(masks).shape == (1, 224, 224)

    class Stop(Exception):
        pass

    def stop(share: float) -> None:
        assert 0 < share < 0.01
        raise Stop

    with pytest.raises(Stop):
        image.explain("rise", network, x, params=RiseParams(n=1_000_000), on_progress=stop)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n": 0}, "n to be at least 1, got 0"),
        ({"s": 0}, "s to be at least 1, got 0"),
        ({"p": 0.0}, "p between 0 and 1, got 0"),
        ({"p": 1.0}, "p between 0 and 1, got 1"),
        ({"baseline": "pink"}, "baseline among grey, blur, mean, black, white, got 'pink'"),
    ],
)
def test_bad_parameters_get_one_clear_sentence(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"expected {message}"):
        RiseParams(**wrong)


def test_a_grid_finer_than_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="expected s of at most 8 cells, got 9"):
        image.explain("rise", Corner().freeze(), pictures(1, side=8), params=RiseParams(s=9))
