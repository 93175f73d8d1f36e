"""Networks for rows of a table: raw units in, the logit of class 1 out.

Filling what is missing, standardising and one-hot encoding happen inside, with statistics of the
training part, so that nobody does it twice and explanations stay on the columns of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from trustai.types import Table
from trustai.zoo.network import Network

MIN_STD = 1e-30
"""Of a column: slopes per raw unit are divided by it, and float32 ends at 3.4e38."""


class TabularModel(Network):
    r"""Base class: ``(N, F)`` in raw units, NaN for missing -> logit ``(N,)`` of class 1.

    Sub-classes implement `score`. A number is encoded as :math:`z = (x - \mathrm{mean}) /
    \mathrm{std}`. A column of L levels, whose value is the number of the level, becomes L
    columns :math:`\max(0, 1 - |x - l|)`: exactly one-hot at a level, and between two levels,
    where only an explanation's path leads, a mixture of both, so that gradients exist.

    Args:
        columns: Names of the F columns.
        fill: Per column what stands for a missing value: the median of the training part, or of
            a column with levels the commonest one.
        mean, std: Per column, of the filled training part; std greater than 0. Not used where
            there are levels.
        levels: Per column the number of its levels, 0 for numbers. Empty: numbers only.
    """

    stored = torch.float32  # they are tiny
    fill: Tensor
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *,
        columns: Sequence[str],
        fill: Sequence[float],
        mean: Sequence[float],
        std: Sequence[float],
        levels: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.levels = tuple(levels) or (0,) * len(self.columns)
        lengths = {len(part) for part in (self.columns, fill, mean, std, self.levels)}
        if len(lengths) > 1 or not self.columns:
            raise ValueError(
                f"expected fill, mean, std and levels for each of {len(self.columns)} columns, "
                f"got {len(fill)}, {len(mean)}, {len(std)} and {len(self.levels)}"
            )
        if min(std) <= 0 or min(self.levels) < 0:
            raise ValueError(f"expected positive stds and no negative levels, got {std}, {levels}")
        # Not persistent: they are part of the card, and one truth is enough.
        for name, values in (("fill", fill), ("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(list(values)).float(), persistent=False)

    @property
    def n_inputs(self) -> int:
        """Width D of what `encoded` gives."""
        return sum(n or 1 for n in self.levels)

    def filled(self, rows: Tensor) -> Tensor:
        """The rows, in raw units, with every NaN replaced.

        Args:
            rows: ``(N, F)`` in raw units, NaN for missing.

        Raises:
            ValueError: not a matrix with one column per name.
        """
        if rows.ndim != 2 or rows.shape[1] != len(self.columns):
            raise ValueError(f"expected rows as (N, {len(self.columns)}), got {tuple(rows.shape)}")
        return torch.where(rows.isnan(), self.fill, rows)

    def encoded(self, rows: Tensor) -> Tensor:
        """``(N, F)`` in raw units -> ``(N, D)``: standardised numbers and one-hot levels.

        Args:
            rows: ``(N, F)`` in raw units, without NaN.
        """
        filled = self.filled(rows)
        z = (filled - self.mean) / self.std
        if not any(self.levels):
            return z
        parts = [
            (1 - (filled[:, [k]] - torch.arange(n, device=rows.device)).abs()).clamp_min(0)
            if n
            else z[:, [k]]
            for k, n in enumerate(self.levels)
        ]
        return torch.cat(parts, dim=1)

    def score(self, encoded: Tensor) -> Tensor:
        """``(N, D)`` as `encoded` gives it -> logit ``(N,)``.

        Args:
            encoded: ``(N, D)`` as `encoded` gives it.
        """
        raise NotImplementedError

    def forward(self, rows: Tensor) -> Tensor:
        """``(N, F)`` in raw units, NaN for missing -> logit ``(N,)`` of class 1.

        Args:
            rows: ``(N, F)`` in raw units, NaN for missing.
        """
        return self.score(self.encoded(rows))

    @torch.no_grad()
    def probability(self, rows: Tensor, *, batch_size: int = 8192) -> Tensor:
        """``(N,)`` in ``[0, 1]``: the probability of class 1, without gradients, in batches.

        Args:
            rows: ``(N, F)`` in raw units, NaN for missing.
            batch_size: Rows in one pass.
        """
        return torch.cat([self(part).sigmoid() for part in rows.split(batch_size)])


class TabularMLP(TabularModel):
    """The course's network: D-100 ReLU, batch norm, 50 ReLU, dropout, 50 ReLU, 20 ReLU, 1.

    Args:
        columns, fill, mean, std, levels: See `TabularModel`.
        hidden: Widths of the four hidden layers.
        dropout: Share of the second layer's units that are silent in training.
    """

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
    ) -> None:
        super().__init__(columns=columns, fill=fill, mean=mean, std=std, levels=levels)
        if len(hidden) != 4 or min(hidden) < 1:
            raise ValueError(f"expected hidden as four positive widths, got {list(hidden)}")
        first, second, third, fourth = hidden
        self.layers = nn.Sequential(
            nn.Linear(self.n_inputs, first),
            nn.ReLU(),
            nn.BatchNorm1d(first),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(second, third),
            nn.ReLU(),
            nn.Linear(third, fourth),
            nn.ReLU(),
            nn.Linear(fourth, 1),
        )

    def score(self, encoded: Tensor) -> Tensor:
        return self.layers(encoded).squeeze(1)


class AdditiveModel(TabularModel):
    r"""A sum of one function per column: :math:`\mathrm{logit}(x) = b + \sum_k f_k(x_k)`.

    It may be the mean of several such sums (an ensemble), which is one again. Sub-classes
    implement `member_terms` and `member_bias`.
    """

    def member_terms(self, encoded: Tensor) -> Tensor:
        """``(N, F)`` standardised -> ``(M, N, F)``: each member's terms, each of mean 0 over the
        training part.

        Args:
            encoded: ``(N, F)`` as `encoded` gives it.
        """
        raise NotImplementedError

    @property
    def member_bias(self) -> Tensor:
        """``(M,)``: each member's logit minus its terms."""
        raise NotImplementedError

    @property
    def bias(self) -> Tensor:
        """A scalar: the mean logit over the training part."""
        return self.member_bias.mean()

    def terms(self, rows: Tensor) -> Tensor:
        """``(N, F)``: what each column adds to the logit; ``terms.sum(1) + bias == logit``.

        Args:
            rows: ``(N, F)`` in raw units, NaN for missing.
        """
        return self.member_terms(self.encoded(rows)).mean(0)

    def forward(self, rows: Tensor) -> Tensor:
        return self.terms(rows).sum(1) + self.bias

    @torch.no_grad()
    def shapes(self, grid: Tensor) -> Tensor:
        """Each member's shape functions ``(M, F, G)`` at the raw values ``(F, G)`` of a grid.

        Their mean over the members is what the model uses, their spread how sure it is of it.

        Args:
            grid: ``(F, G)``: raw values of every column.
        """
        return self.member_terms(self.encoded(grid.T)).transpose(1, 2)


def statistics(table: Table) -> dict[str, Any]:
    """The arguments of a `TabularModel` that describe the rows of `table`, the training part.

    Args:
        table: The training part.

    Raises:
        ValueError: a column holds no value at all, or its values are too close to each other.
    """
    numbers: dict[str, list[float]] = {"fill": [], "mean": [], "std": []}
    levels = [len(names or ()) for names in table.levels]
    for name, column, n in zip(table.columns, table.rows.double().T, levels, strict=True):
        known = column[~column.isnan()]
        if len(known) == 0:
            raise ValueError(f"expected values in column {name!r}, got none that is not missing")
        middle = known.quantile(0.5) if n == 0 else known.mode().values
        filled = torch.where(column.isnan(), middle, column)
        std = float(filled.std(correction=0))
        if 0 < std < MIN_STD:
            raise ValueError(
                f"expected column {name!r} to vary by more than {MIN_STD:g}, got {std:.1g} "
                "(use another unit)"
            )
        numbers["fill"].append(float(middle))
        numbers["mean"].append(float(filled.mean()))
        numbers["std"].append(std if std > 0 else 1.0)
    return {"columns": list(table.columns), **numbers, "levels": levels}
