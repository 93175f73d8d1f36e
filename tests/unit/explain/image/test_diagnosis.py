"""Maps that must not be drawn are named, also where rounding hides that they are constant."""

from __future__ import annotations

import pytest
import torch

from trustai.explain.image.diagnosis import diagnosis

FLAT = "same value everywhere"


@pytest.mark.parametrize("value", [1.0, -3.0, 1e-20, 1e20])
def test_a_constant_map_with_rounding_is_constant(value: float) -> None:
    noise = 1 + 1e-7 * torch.randn((8, 8), generator=torch.Generator().manual_seed(0))
    found = diagnosis(value * noise)
    assert found is not None
    assert FLAT in found


def test_a_weak_but_real_difference_is_drawn() -> None:
    values = torch.ones(8, 8)
    values[3, 3] = 1.001
    assert diagnosis(values) is None


def test_a_small_map_is_judged_by_its_own_size() -> None:
    values = torch.zeros(8, 8)
    values[3, 3] = 1e-12
    assert diagnosis(values) is None
