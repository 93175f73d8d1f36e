"""Several networks for a table, trained alike but for a weight: one repair, from none to strong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from trustai.zoo.architectures.tabular import TabularMLP
from trustai.zoo.network import Network


class TabularPath(Network):
    """K networks for the same rows, in the order of the weights they were trained with.

    Args:
        columns, fill, mean, std, levels, hidden, dropout: See `TabularMLP`; all K have the same.
        lambdas: Per attribute its K weights, of which the first is 0.

    Raises:
        ValueError: no attribute, or not the same number of weights for each.
    """

    stored = torch.float32  # they are tiny

    def __init__(
        self,
        *,
        columns: Sequence[str],
        fill: Sequence[float],
        mean: Sequence[float],
        std: Sequence[float],
        levels: Sequence[int] = (),
        hidden: Sequence[int] = (100, 50, 50, 20),
        dropout: float = 0.2,
        lambdas: Mapping[str, Sequence[float]],
    ) -> None:
        super().__init__()
        lengths = {len(weights) for weights in lambdas.values()}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(
                f"expected as many weights for each attribute, got {sorted(lengths) or 'none'}"
            )
        self.lambdas = {name: tuple(weights) for name, weights in lambdas.items()}
        self.members = nn.ModuleList(
            TabularMLP(
                columns=columns, fill=fill, mean=mean, std=std, levels=levels, hidden=hidden,
                dropout=dropout,
            )
            for _ in range(lengths.pop())
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.members)

    def at(self, step: int) -> TabularMLP:
        """The network of one step.

        Args:
            step: In ``[0, K)``; 0 was trained without the repair.
        """
        if not 0 <= step < len(self):
            raise ValueError(f"expected a step in [0, {len(self)}), got {step}")
        member = self.members[step]
        assert isinstance(member, TabularMLP)  # as all members are
        return member

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that all K look at."""
        return self.at(0).columns

    def forward(self, rows: Tensor) -> Tensor:
        """``(N, F)`` in raw units -> logits ``(K, N)`` of class 1.

        Args:
            rows: ``(N, F)`` in raw units, NaN for missing.
        """
        return torch.stack([member(rows) for member in self.members])

    @torch.no_grad()
    def probability(self, rows: Tensor, *, batch_size: int = 8192) -> Tensor:
        """``(K, N)`` in ``[0, 1]``: the probability of class 1, without gradients, in batches.

        Args:
            rows: ``(N, F)`` in raw units, NaN for missing.
            batch_size: Rows in one pass.
        """
        return torch.cat([self(part).sigmoid() for part in rows.split(batch_size)], dim=1)
