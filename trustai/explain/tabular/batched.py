"""A network as a fast function of large batches of complete rows.

Exact Shapley values of 50 patients are 1.28 million passes through a small network: the passes are
all of the cost. So batch norms are folded into the layers behind them, a layer and its ReLU are one
step that writes no intermediate, and rows go through in portions that stay in a processor's cache.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.zoo.architectures.tabular import (
    AdditiveModel,
    TabularMLP,
    TabularModel,
)

Output = Literal["logit", "probability"]
OUTPUTS: tuple[Output, ...] = ("logit", "probability")

# 4,096 rows of 100 units are 1.6 MB: with twice as many, each layer takes twice as long per row.
ROWS_AT_ONCE = 4096

# oneDNN compiles itself anew for every number of rows, a millisecond each time: so the last portion
# is filled up to a multiple of this.
ROUND = 256

# One call for a linear layer and its ReLU, twice as fast as two; where torch comes without oneDNN
# there is none. It gives the same bits.
_FUSED: Any = getattr(torch.ops.mkldnn, "_linear_pointwise", None)

Layer = tuple[Tensor, Tensor, bool]
"""Weight, bias, and whether a ReLU follows."""


class BatchedModel:
    """The function of `model`, in eval mode, up to float rounding (about 1e-7), without gradients.

    An additive model is asked for its terms once, and mixtures of rows are sums of mixed terms.
    Networks of other kinds go through their own `forward`, in the same portions.

    Attributes:
        widths: ``int64 (F,)``: how many columns of what `encode` gives belong to each feature.
    """

    def __init__(self, model: TabularModel, output: Output = "logit") -> None:
        self.model, self.output = model, output
        self._layers = folded(model.layers) if isinstance(model, TabularMLP) else None
        plain = self._layers is None
        self.widths = torch.tensor([1 if plain else max(n, 1) for n in model.levels])

    def encode(self, rows: Tensor) -> Tensor:
        """Complete rows ``(M, F)`` -> ``(M, D)``, the input of `score`, feature by feature."""
        if isinstance(self.model, AdditiveModel):
            with torch.inference_mode():
                return torch.cat([self.model.terms(part) for part in rows.split(ROWS_AT_ONCE)])
        return rows if self._layers is None else self.model.encoded(rows)

    @torch.inference_mode()
    def score(self, encoded: Tensor) -> Tensor:
        """``(M, D)`` -> ``float32 (M,)``: logits or probabilities of class 1."""
        found = encoded.new_empty(len(encoded))
        for first in range(0, len(encoded), ROWS_AT_ONCE):
            part = encoded[first : first + ROWS_AT_ONCE]
            n = len(part)
            if isinstance(self.model, AdditiveModel):
                logits = part.sum(1) + self.model.bias
            elif self._layers is None:
                logits = self.model(part)
            else:
                part = F.pad(part, (0, 0, 0, -n % ROUND)) if n % ROUND else part
                logits = _through(self._layers, part)[:n]
            found[first : first + n] = logits
        return found.sigmoid_() if self.output == "probability" else found

    def __call__(self, rows: Tensor) -> Tensor:
        """Complete rows ``float32 (M, F)`` -> ``float32 (M,)``."""
        return self.score(self.encode(rows))


def folded(network: nn.Sequential) -> list[Layer] | None:
    """The linear layers that a network in eval mode amounts to, or None where it is more.

    Behind a batch norm ``y = s x + t`` a layer ``W y + b`` is ``(W s) x + (W t + b)``.
    """
    layers: list[Layer] = []
    scale = shift = None
    for module in network:
        if isinstance(module, nn.Linear):
            weight, bias = module.weight.detach(), module.bias.detach()
            if scale is not None and shift is not None:
                weight, bias = weight * scale, bias + weight @ shift
                scale = shift = None
            layers.append((weight.contiguous(), bias, False))
        elif isinstance(module, nn.ReLU) and layers and scale is None:
            layers[-1] = (*layers[-1][:2], True)
        elif isinstance(module, nn.BatchNorm1d) and scale is None and module.affine:
            if module.running_var is None or module.running_mean is None:
                return None
            scale = (module.weight / (module.running_var + module.eps).sqrt()).detach()
            shift = module.bias.detach() - module.running_mean * scale
        elif not isinstance(module, nn.Dropout):
            return None
    return layers if scale is None else None


def _through(layers: list[Layer], x: Tensor) -> Tensor:
    for weight, bias, relu in layers:
        if relu and _FUSED is not None and x.device.type == "cpu":
            x = _FUSED(x, weight, bias, "relu", [], "")
        else:
            x = F.linear(x, weight, bias)
            x = x.relu_() if relu else x
    return x.squeeze(1)
