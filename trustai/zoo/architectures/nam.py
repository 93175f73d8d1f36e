"""Neural additive models (Agarwal et al. 2021, https://arxiv.org/abs/2004.13912).

Built on ``nam_pytorch.NAM``: its constructor, its parameters and its result, which it computes one
row and one feature at a time and we in one batched pass; and what it lacks of the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from nam_pytorch import NAM
from torch import Tensor, nn

from trustai.zoo.architectures.tabular import AdditiveModel

HIDDEN = (64, 128, 256, 128, 64)
"""Widths of a feature network of ``nam_pytorch``."""
UNITS = ("relu", "exu")


class ExU(nn.Linear):
    r"""Exp-centred units (section 3 of the paper): :math:`\min(1, \max(0, e^{w} (x - b)))`.

    A small change of a weight can make a steep step, which a standardised input otherwise needs
    many ReLUs for. `weight` is ``(K, 1)`` and starts near 4, `bias` ``(K,)`` is the centre.
    """

    def __init__(self, units: int) -> None:
        super().__init__(1, units)
        nn.init.trunc_normal_(self.weight, mean=4.0, std=0.5, a=3.0, b=5.0)
        nn.init.trunc_normal_(self.bias, std=0.5)

    def forward(self, input: Tensor) -> Tensor:
        return ((input - self.bias) * self.weight.exp().squeeze(1)).clamp(0, 1)


class FeatureNetwork(nn.Module):
    """One feature's function, as in ``nam_pytorch`` but with `hidden` widths and `units`."""

    def __init__(self, hidden: Sequence[int], units: str) -> None:
        super().__init__()
        widths = (1, *hidden, 1)
        for i in range(1, len(widths)):
            exu = units == "exu" and i == 1
            layer = ExU(widths[1]) if exu else nn.Linear(widths[i - 1], widths[i])
            self.add_module(f"l{i}", layer)

    def forward(self, x: Tensor) -> Tensor:
        """``(..., 1)`` -> ``(..., 1)``."""
        *inner, last = self.children()
        for layer in inner:
            x = F.relu(layer(x))  # changes nothing after an ExU
        return last(x)


def batched(networks: Iterable[nn.Module], x: Tensor, *, dropout: float = 0.0) -> Tensor:
    """What K feature networks of one shape give for their K columns, in one pass.

    Args:
        networks: K modules whose children are their layers.
        x: ``(K, N)``.
        dropout: Share of the hidden units that are silent.

    Returns:
        ``(K, N)``.
    """
    layers = list(zip(*(network.children() for network in networks), strict=True))
    h = x[:, :, None]
    for i, same in enumerate(layers):
        weight = torch.stack([layer.weight for layer in same])  # (K, out, in)
        bias = torch.stack([layer.bias for layer in same])[:, None]
        if isinstance(same[0], ExU):
            h = ((h - bias) * weight.exp().transpose(1, 2)).clamp(0, 1)
        else:
            h = torch.baddbmm(bias, h, weight.transpose(1, 2))
        if i < len(layers) - 1:
            h = F.dropout(F.relu(h, inplace=True), dropout, training=dropout > 0)
    return h.squeeze(2)


class BatchedNAM(NAM):
    """``nam_pytorch.NAM`` in one batched pass: the same arguments, state dict and result.

    >>> nam = BatchedNAM(num_features=8)
    >>> nam(torch.rand(4, 8)).shape
    torch.Size([4, 1])

    Args:
        num_features, link_func: As in ``nam_pytorch``; ``"sigmoid"`` or ``"tanh"``.
        hidden: Widths of each feature network; ``nam_pytorch`` knows the default only.
        units: ``"relu"``, or ``"exu"`` for a first layer of `ExU`.
    """

    def __init__(
        self,
        num_features: int,
        link_func: str = "sigmoid",
        *,
        hidden: Sequence[int] = HIDDEN,
        units: str = "relu",
    ) -> None:
        if link_func not in ("sigmoid", "tanh"):
            raise ValueError(f"expected link_func among sigmoid, tanh, got {link_func!r}")
        if units not in UNITS:
            raise ValueError(f"expected units among {', '.join(UNITS)}, got {units!r}")
        if not hidden or min(hidden) < 1:
            raise ValueError(f"expected at least one positive width, got {list(hidden)}")
        super().__init__(num_features, link_func)
        if (tuple(hidden), units) != (HIDDEN, "relu"):
            self.networks = nn.ModuleList(
                FeatureNetwork(hidden, units) for _ in range(num_features)
            )

    def terms(self, x: Tensor) -> Tensor:
        """``(N, F)`` -> ``(N, F)``: each feature network's output."""
        return batched(self.networks, x.T).T

    def forward(self, x: Tensor) -> Tensor:
        """``(N, F)`` -> ``(N, 1)``: the link of the sum of the terms and the bias."""
        total = self.terms(x).sum(1, keepdim=True) + self.bias
        return total.sigmoid() if self.link_func == "sigmoid" else total.tanh()


class NeuralAdditiveModel(AdditiveModel):
    """An ensemble of `BatchedNAM` on standardised columns, every shape centred.

    Args:
        columns, fill, mean, std: See `TabularModel`; columns with levels are refused.
        members: Number of networks that are averaged.
        hidden, units: See `BatchedNAM`.
        dropout: Share of hidden units that are silent in training.
    """

    offsets: Tensor

    def __init__(
        self,
        *,
        columns: Sequence[str],
        fill: Sequence[float],
        mean: Sequence[float],
        std: Sequence[float],
        levels: Sequence[int] = (),
        members: int = 10,
        hidden: Sequence[int] = (32, 16),
        units: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__(columns=columns, fill=fill, mean=mean, std=std, levels=levels)
        if any(self.levels):
            raise ValueError(f"expected columns of numbers only, got levels {list(levels)}")
        if members < 1:
            raise ValueError(f"expected at least one member, got {members}")
        self.dropout = dropout
        self.members = nn.ModuleList(
            BatchedNAM(len(self.columns), hidden=hidden, units=units) for _ in range(members)
        )
        # Learned, unlike the other statistics: it changes with the networks.
        self.register_buffer("offsets", torch.zeros(members, len(self.columns)))

    def _members(self) -> list[BatchedNAM]:
        return list(self.members)  # type: ignore[arg-type]  # a ModuleList forgets of what

    def raw_terms(self, encoded: Tensor) -> Tensor:
        """``(N, F)`` standardised -> ``(M, N, F)`` before centring."""
        m, k = self.offsets.shape
        networks = [network for member in self._members() for network in member.networks]
        found = batched(
            networks, encoded.T.repeat(m, 1), dropout=self.dropout if self.training else 0.0
        )
        return found.view(m, k, -1).transpose(1, 2)

    def member_terms(self, encoded: Tensor) -> Tensor:
        return self.raw_terms(encoded) - self.offsets[:, None]

    @property
    def member_bias(self) -> Tensor:
        biases = torch.cat([member.bias for member in self._members()])
        return biases + self.offsets.sum(1)

    @torch.no_grad()
    def centre(self, rows: Tensor) -> None:
        """Move each shape's mean over `rows`, the training part, into the bias; same logits.

        Leaves the model in eval mode, because dropout would move the means.
        """
        self.eval()
        self.offsets.copy_(self.raw_terms(self.encoded(rows)).mean(1))
