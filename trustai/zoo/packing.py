"""Packing of weights in a file: vectors in float32, everything else in 16 or in 8 bits."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

_SCALE = ".scale"


def packed(weights: Mapping[str, Tensor], stored: torch.dtype) -> dict[str, Tensor]:
    """Tensors for a file, on the CPU.

    Vectors (biases, batch norm) stay as they are: they are few, and a running variance may be
    smaller than float16 can hold. With ``int8`` a weight is ``scale q``, ``q`` in [-127, 127], one
    ``scale = max |w| / 127`` per output channel beside it: half of float16, each weight off by at
    most half a scale (Krishnamoorthi 2018, https://arxiv.org/abs/1806.08342).

    Args:
        weights: State of a network, by name.
        stored: ``torch.float16`` or ``torch.int8``.
    """
    found: dict[str, Tensor] = {}
    for name, value in weights.items():
        value = value.detach().cpu()
        if not value.is_floating_point() or value.ndim < 2:
            found[name] = value.contiguous()
        elif stored != torch.int8:
            found[name] = value.to(stored).contiguous()
        else:
            scale = value.float().flatten(1).abs().amax(1).clamp_min(1e-12) / 127
            rounded = (value.float() / _across(scale, value)).round()
            found[name] = rounded.to(torch.int8).contiguous()
            found[name + _SCALE] = scale
    return found


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights again, in float32.

    Args:
        tensors: As `packed` gives them.
    """
    found: dict[str, Tensor] = {}
    for name, value in tensors.items():
        scale = tensors.get(name + _SCALE)
        if scale is not None:
            found[name] = value.float() * _across(scale, value)
        elif not (name.endswith(_SCALE) and name.removesuffix(_SCALE) in tensors):
            found[name] = value.float() if value.is_floating_point() else value
    return found


def _across(scale: Tensor, value: Tensor) -> Tensor:
    """``(C,)`` for a weight ``(C, ...)``."""
    return scale.view(-1, *[1] * (value.ndim - 1))
