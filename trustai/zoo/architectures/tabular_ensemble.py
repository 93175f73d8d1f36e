"""An ensemble of small networks for a table beside a linear part: made for few rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trustai.zoo.architectures.tabular import TabularModel


class TabularEnsemble(TabularModel):
    r""":math:`\mathrm{logit}(z) = w z + b + \frac{1}{M} \sum_m g_m(z)`: a logistic regression, and
    the mean of M networks D-H1-H2-1 with ReLUs for what it misses.

    The networks begin at zero, so that training starts from the linear part. They are computed in
    one batched pass.

    Args:
        columns, fill, mean, std, levels: See `TabularModel`.
        members: M, at least 1.
        hidden: H1 and H2.
    """

    def __init__(
        self,
        *,
        columns: Sequence[str],
        fill: Sequence[float],
        mean: Sequence[float],
        std: Sequence[float],
        levels: Sequence[int] = (),
        members: int = 5,
        hidden: Sequence[int] = (32, 16),
    ) -> None:
        super().__init__(columns=columns, fill=fill, mean=mean, std=std, levels=levels)
        if members < 1 or len(hidden) != 2 or min(hidden) < 1:
            raise ValueError(
                f"expected at least one member and hidden as two positive widths, got {members} "
                f"and {list(hidden)}"
            )
        self.linear = nn.Linear(self.n_inputs, 1)
        sizes = (self.n_inputs, *hidden, 1)
        shapes = list(itertools.pairwise(sizes))
        self.weights = nn.ParameterList(torch.zeros(members, m, n) for m, n in shapes)
        self.biases = nn.ParameterList(torch.zeros(members, 1, n) for _, n in shapes)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the hidden layers as `torch.nn.Linear` does; the last layer stays zero."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            bound = 1 / math.sqrt(weight.shape[1])
            nn.init.uniform_(weight, -bound, bound, generator=generator)
            nn.init.uniform_(bias, -bound, bound, generator=generator)

    @property
    def members(self) -> int:
        """M."""
        return len(self.weights[0])

    def silence(self) -> None:
        """Leave the linear part alone: every member says 0."""
        with torch.no_grad():
            for last in (self.weights[-1], self.biases[-1]):
                last.zero_()

    def corrections(self, encoded: Tensor) -> Tensor:
        """Each member's :math:`g_m`.

        Args:
            encoded: ``(M, N, D)``, rows of each member's own; or ``(N, D)``, the same for all.

        Returns:
            ``(M, N)``.
        """
        h = encoded
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = h @ weight + bias
            h = h.relu() if i < len(self.weights) - 1 else h
        return h.squeeze(-1)

    def score(self, encoded: Tensor) -> Tensor:
        return self.linear(encoded).squeeze(1) + self.corrections(encoded).mean(0)
