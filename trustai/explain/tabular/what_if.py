"""Individual conditional expectation (ICE) curves: the output as one value of a row moves."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.explain.tabular.base import checked
from trustai.explain.tabular.batched import BatchedModel, Output
from trustai.types import Table
from trustai.zoo import checks
from trustai.zoo.architectures.tabular import AdditiveModel, TabularModel


@dataclass(frozen=True, eq=False)
class ICECurves:
    """One curve per column: the output as only that value moves.

    Attributes:
        grid: ``float32 (F, G)``: the values tried, ascending, in raw units; the last one repeated
            where a column has fewer.
        outputs: ``float32 (F, G)``: the output at each.
        row: ``(F,)``: the row itself, missing values filled.
        output: ``float``: the output of the row itself: the point on every curve.
    """

    columns: tuple[str, ...]
    grid: Tensor
    outputs: Tensor
    row: Tensor
    output: float


def grid_of(table: Table, *, points: int = 41) -> Tensor:
    """``float32 (F, G)``: for every column values over its known range, evenly spaced.

    Columns of whole numbers and of levels get whole numbers; where they have fewer than `points`,
    the last one is repeated.

    Args:
        table: Whose known values give the range.
        points: G, at least 2.

    Raises:
        ValueError: fewer than 2 points.
    """
    checks.at_least("points", points, 2)
    found = []
    for column, whole, levels in zip(table.rows.T, table.integer, table.levels, strict=True):
        known = column[~column.isnan()]
        values = torch.linspace(float(known.min()), float(known.max()), points)
        if whole or levels is not None:
            values = values.round().unique()
        found.append(torch.cat([values, values[-1:].expand(points - len(values))]))
    return torch.stack(found)


def ice(
    model: TabularModel, row: Tensor, *, grid: Tensor, output: Output = "probability"
) -> ICECurves:
    r"""Individual conditional expectation of every column, in one batched pass.

    :math:`g_k(v) = f(x_1, \ldots, x_k = v, \ldots, x_F)` (Goldstein et al. 2015,
    https://arxiv.org/abs/1309.6392).

    Args:
        model: In eval mode.
        row: ``float32 (F,)`` in raw units, NaN for missing.
        grid: ``float32 (F, G)``, see `grid_of`.
        output: The ``"logit"`` of class 1 or its ``"probability"``.

    Raises:
        ValueError: not a row of the model's table, or a grid of other columns.
    """
    complete = checked(model, row[None], name="row")
    n = complete.shape[1]
    if grid.ndim != 2 or len(grid) != n:
        raise ValueError(f"expected grid as ({n}, G), got {tuple(grid.shape)}")
    if isinstance(model, AdditiveModel):  # one term moves and the others stay
        terms = model.shapes(torch.cat([complete.T, grid], dim=1)).mean(0)
        here = terms[:, 0].sum() + model.bias
        logits = torch.cat([(here + terms[:, 1:] - terms[:, :1]).flatten(), here[None]]).detach()
        outputs = logits.sigmoid() if output == "probability" else logits
    else:
        rows = complete[:, None].repeat(n, grid.shape[1], 1)
        rows[torch.arange(n), :, torch.arange(n)] = grid
        outputs = BatchedModel(model, output)(torch.cat([rows.flatten(0, 1), complete]))
    return ICECurves(
        columns=model.columns,
        grid=grid,
        outputs=outputs[:-1].view(grid.shape),
        row=complete[0],
        output=float(outputs[-1]),
    )
