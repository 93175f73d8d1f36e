"""Models of tables small enough to be computed by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from trustai.types import Table
from trustai.zoo.architectures.tabular import (
    AdditiveModel,
    TabularMLP,
    TabularModel,
)


class Formula(TabularModel):
    """The logit is a function of the complete raw rows ``(N, F)``."""

    def __init__(self, formula: Callable[[Tensor], Tensor], *, n: int, fill: float = 0.0) -> None:
        names = [f"x{i}" for i in range(n)]
        super().__init__(columns=names, fill=[fill] * n, mean=[0.0] * n, std=[1.0] * n)
        self.formula = formula

    def forward(self, rows: Tensor) -> Tensor:
        return self.formula(self.filled(rows))


class Linear(TabularModel):
    """``logit = w x + b`` in raw units."""

    def __init__(self, weight: Sequence[float], bias: float = 0.0) -> None:
        n = len(weight)
        names = [f"x{i}" for i in range(n)]
        super().__init__(columns=names, fill=[0.0] * n, mean=[0.0] * n, std=[1.0] * n)
        self.linear = nn.Linear(n, 1)
        self.linear.weight.data.copy_(torch.tensor([list(weight)]))
        self.linear.bias.data.fill_(bias)

    def score(self, encoded: Tensor) -> Tensor:
        return self.linear(encoded).squeeze(1)


class Squares(AdditiveModel):
    """Two members whose terms are ``a_k (x_k^2 - 1)`` with other factors."""

    def __init__(self, n: int = 3) -> None:
        names = [f"x{i}" for i in range(n)]
        super().__init__(columns=names, fill=[0.0] * n, mean=[0.0] * n, std=[1.0] * n)
        self.factor = nn.Parameter(torch.arange(1.0, 2 * n + 1).view(2, n))

    def member_terms(self, encoded: Tensor) -> Tensor:
        return self.factor[:, None] * (encoded**2 - 1)

    @property
    def member_bias(self) -> Tensor:
        return self.factor[:, 0] / 2


def mlp(*, n: int = 4, seed: int = 0, levels: Sequence[int] = ()) -> TabularMLP:
    """The course's network, narrow, with every weight and statistic drawn, not just begun."""
    names = [f"x{i}" for i in range(n)]
    model = TabularMLP(
        columns=names,
        fill=[0.1 * i for i in range(n)],
        mean=[0.2] * n,
        std=[1.5] * n,
        levels=levels,
        hidden=(12, 8, 8, 5),
    )
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.copy_(0.5 + torch.rand(value.shape, generator=generator))
            elif value.is_floating_point():
                fan_in = value[0].numel() if value.ndim > 1 else 10
                value.copy_(torch.randn(value.shape, generator=generator) * (3 / fan_in) ** 0.5)
        for layer in model.layers:
            if isinstance(layer, nn.Linear):
                layer.bias.abs_()  # no layer is silent everywhere
        model.eval()
        model.layers[-1].bias -= model(
            rows_of(201, n)
        ).median()  # as many of one class as of the other
    return model.freeze()


def rows_of(n: int, columns: int = 4, *, seed: int = 0) -> Tensor:
    """``float32 (n, columns)``, standard normal."""
    return torch.randn((n, columns), generator=torch.Generator().manual_seed(seed))


def table_of(rows: Tensor, labels: Tensor | None = None, *, integer: Sequence[bool] = ()) -> Table:
    """A training table of these rows, with columns x0, x1, ..."""
    n = rows.shape[1]
    return Table(
        name="toys",
        split="train",
        rows=rows,
        labels=(rows[:, 0] > 0).long() if labels is None else labels,
        columns=tuple(f"x{i}" for i in range(n)),
        classes=("no", "yes"),
        indices=torch.arange(len(rows)),
        integer=tuple(integer) or (False,) * n,
        synthetic=True,
    )
