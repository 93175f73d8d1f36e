"""Where maps point, on masks small enough to be counted."""

from __future__ import annotations

import pytest
import torch

from trustai import data
from trustai.explain.image.evaluation.localisation import (
    controls,
    hits,
    inside_share,
    mask_share,
    pointing_game,
)

MASK = torch.zeros(1, 8, 8, dtype=torch.bool)
MASK[0, 2:4, 2:6] = True


def peak(row: int, column: int, *, side: int = 8) -> torch.Tensor:
    maps = torch.linspace(0, 1, side * side).view(1, side, side).clone()
    maps[0, row, column] = 2
    return maps


@pytest.mark.parametrize(
    ("row", "column", "tolerance", "hit"),
    [
        (2, 2, 0, 1),
        (3, 5, 0, 1),
        (4, 5, 0, 0),
        (4, 5, 1, 1),
        (5, 7, 2, 0),  # two down and two right of the nearest: 2.83 pixels
        (5, 7, 2.8, 0),
        (5, 7, 2.9, 1),
        (0, 0, 100, 1),
    ],
)
def test_the_pointing_game(row: int, column: int, tolerance: float, hit: int) -> None:
    assert pointing_game(peak(row, column), MASK, tolerance=tolerance).tolist() == [hit]


def test_rows_and_columns_are_not_mixed_up() -> None:
    maps, mask = torch.zeros(1, 4, 9), torch.zeros(1, 4, 9, dtype=torch.bool)
    maps[0, 1, 7] = 1
    mask[0, 1, 7] = True
    assert pointing_game(maps, mask).item() == 1
    assert pointing_game(maps, mask.roll(1, 2)).item() == 0
    assert pointing_game(maps, mask.roll(1, 2), tolerance=1).item() == 1


def test_a_negative_map_points_at_its_highest_value() -> None:
    assert pointing_game(peak(2, 3) - 10, MASK).item() == 1
    assert pointing_game(-peak(2, 3), MASK).item() == 0


def test_where_there_is_nothing_to_point_at() -> None:
    maps = torch.cat([peak(2, 2), torch.ones(1, 8, 8), peak(2, 2) * torch.nan, peak(2, 2)])
    masks = torch.cat([MASK, MASK, MASK, torch.zeros_like(MASK)])
    assert pointing_game(maps, masks).isnan().tolist() == [False, True, True, True]


def test_inside_share_by_hand() -> None:
    maps = torch.zeros(4, 8, 8)
    maps[0, 2, 2], maps[0, 7, 7] = 3, 1  # three quarters inside
    maps[1] = 0.5  # the same everywhere
    maps[2, 2, 2], maps[2, 7, 7], maps[2, 0, 0] = 1, 1, -6  # what speaks against does not count
    maps[3, 3, 3] = 1e38  # neither sum may overflow
    maps[3, 3, 4] = maps[3, 7, 0] = maps[3, 7, 1] = 1e38
    maps[3] *= 3
    share = inside_share(maps, MASK.expand(4, -1, -1))
    assert share.tolist() == pytest.approx([0.75, 8 / 64, 0.5, 0.5])
    assert share[1] == mask_share(MASK)[0]
    assert mask_share(MASK).tolist() == [0.125]


def test_inside_share_of_nothing_is_not_a_number() -> None:
    maps = torch.cat([torch.zeros(1, 8, 8), -torch.ones(1, 8, 8), peak(1, 1), peak(1, 1)])
    maps[2, 0, 0] = torch.inf
    masks = torch.cat([MASK, MASK, MASK, torch.zeros_like(MASK)])
    assert inside_share(maps, masks).isnan().all()


def test_shapes_and_types_must_fit() -> None:
    for maps, masks in (
        (torch.rand(1, 8, 8), MASK.float()),
        (torch.rand(2, 8, 8), MASK),
        (torch.rand(8, 8), MASK[0]),
    ):
        for measure in (pointing_game, inside_share):
            with pytest.raises(ValueError, match=r"expected maps .* and bool masks of the same"):
                measure(maps, masks)
    with pytest.raises(ValueError, match="expected tolerance to be at least 0, got -1"):
        pointing_game(torch.rand(1, 8, 8), MASK, tolerance=-1)


@pytest.mark.parametrize("tolerance", [0, 1, 1.5, 2.9, 40])
def test_chance_is_the_share_of_the_pixels_that_hit(tolerance: float) -> None:
    """Every pixel in turn is made the maximum."""
    masks = MASK.expand(64, -1, -1)
    maps = torch.eye(64).view(64, 8, 8) + torch.linspace(0, 0.5, 64).view(1, 8, 8)
    every = pointing_game(maps, masks, tolerance=tolerance)
    assert every.bool().equal(hits(MASK, tolerance=tolerance).flatten())
    found = controls(MASK, tolerance=tolerance)
    assert found["chance_pointing"].item() == pytest.approx(every.mean().item())
    flat = torch.ones(1, 8, 8)
    assert found["mask_share"].item() == pytest.approx(inside_share(flat, MASK).item())


def test_an_empty_mask_has_no_chance_level() -> None:
    for name, value in controls(torch.zeros_like(MASK)).items():
        assert value.isnan().all(), name


def test_the_middle_finds_signs_in_the_middle_only() -> None:
    """The reason for the control: a guess that knows nothing is right on nearly every sign."""
    centred, beside = (data.load(name, n=80).masks for name in ("signs", "signs-off-centre"))
    assert centred is not None
    assert beside is not None
    found, off = (controls(masks, tolerance=2) for masks in (centred, beside))
    assert found["centre_pointing"].mean() > 0.8 > 2 * found["chance_pointing"].mean()
    assert found["centre_inside"].mean() > 1.5 * found["mask_share"].mean()
    assert off["centre_pointing"].max() == 0
    assert 0.05 < off["chance_pointing"].mean() < 0.2
