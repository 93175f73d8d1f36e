"""What is wrong with a map that must not be drawn."""

from __future__ import annotations

from torch import Tensor

ROUNDING = 1e-5


def diagnosis(one: Tensor) -> str | None:
    """What is wrong with a map ``(H, W)`` that must not be drawn, in one sentence, or None.

    A spread of less than `ROUNDING` of the largest value is that of float32, not of the picture.

    >>> import torch
    >>> diagnosis(torch.ones(2, 2))
    'The map has the same value everywhere, so it points at nothing.'
    """
    if not one.isfinite().all():
        return "The map holds values that are not finite, so it says nothing."
    if one.abs().max() == 0:
        return (
            "The map is zero everywhere: as far as this method can see, nothing in the picture "
            "speaks for this class."
        )
    if one.max() - one.min() <= ROUNDING * one.abs().max():
        return "The map has the same value everywhere, so it points at nothing."
    return None
