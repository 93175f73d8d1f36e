"""Projection of a row on a model's decision boundary, inside the range of the training rows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from trustai.types import Table
from trustai.zoo.architectures.tabular import TabularModel

# In logits: how far beyond the boundary is over it, so that no rounding can undo a flip.
OVERSHOOT = 1e-4
GRID = 256


class Boundary:
    """A row, the box it may be moved in, and the side of the decision it is to get to.

    Args:
        model: In eval mode.
        row: ``float32 (F,)``, complete.
        table: The training part; its known values are the box.
        threshold: Class 1 is decided where the probability exceeds this.

    Attributes:
        low, high: ``(F,)``: the training range, of whole numbers for whole-number columns.
        scale: ``(F,)``: the training rows' standard deviation, which makes columns comparable.
        whole: ``bool (F,)``: columns of whole numbers, levels among them.
        side: 1.0 where the row is of class 1 at first, else -1.0.
    """

    def __init__(self, model: TabularModel, row: Tensor, table: Table, *, threshold: float) -> None:
        self.model, self.row = model.replica().freeze(), row
        levels = torch.tensor([bool(names) for names in table.levels])
        self.whole = torch.tensor(table.integer) | levels
        unknown = table.rows.isnan()
        low = table.rows.masked_fill(unknown, torch.inf).amin(0)
        high = table.rows.masked_fill(unknown, -torch.inf).amax(0)
        self.low = torch.where(self.whole, low.ceil(), low)
        self.high = torch.where(self.whole, high.floor(), high)
        spread = model.filled(table.rows).std(0)
        self.scale = torch.where(spread > 0, spread, 1.0)
        self._cut = math.log(threshold / (1 - threshold))
        self.side = 1.0
        self.side = 1.0 if float(self.margin(row[None])) > 0 else -1.0

    @torch.no_grad()
    def margin(self, rows: Tensor) -> Tensor:
        """``(M,)`` logits: positive on the row's side of the boundary, negative beyond it."""
        return self.side * (self.model(rows) - self._cut)

    def beyond(self, rows: Tensor) -> Tensor:
        """``bool (M,)``: the decision is the other one."""
        return self.margin(rows) < -OVERSHOOT

    def slopes(self, rows: Tensor) -> Tensor:
        """``(M, F)``: the margin's gradient in standard deviations of the columns."""
        x = rows.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            found = torch.autograd.grad(self.model(x).sum(), x)[0]
        return self.side * found * self.scale

    def length(self, rows: Tensor) -> Tensor:
        """``(M,)``: how far from the row, in standard deviations (Euclidean)."""
        return ((rows - self.row) / self.scale).norm(dim=-1)

    def allowed(self, rows: Tensor, free: Tensor) -> Tensor:
        """The rows inside the box, the whole numbers rounded away from the row, where `free`.

        Whole numbers are rounded onwards, not to the nearest: the change has to reach the boundary.
        """
        onwards = torch.where(rows > self.row, rows.ceil(), rows.floor())
        moved = torch.where(self.whole, onwards, rows).clamp(self.low, self.high)
        same = (rows - self.row).abs() <= 1e-6 * self.scale
        return torch.where(free & ~same, moved, self.row)

    def walk(self, free: Tensor, *, steps: int) -> list[Tensor]:
        r"""Projected steps on the free columns until each row is beyond the boundary.

        :math:`z \leftarrow z - m(z) \, g_S / |g_S|^2`, the orthogonal projection on the boundary of
        the model's linear approximation, in standard deviations, then into the box. A column that
        lies on the box's wall and would be pushed through it is not counted in :math:`g_S`.

        Args:
            free: ``bool (M, F)``: which columns each of M copies of the row may change.
            steps: At most.

        Returns:
            ``(M, F)`` of the copies at first and after every step.
        """
        rows = self.row.expand(free.shape).clone()
        path, active = [rows], torch.ones(len(rows), dtype=torch.bool)
        for _ in range(steps):
            slopes = self.slopes(rows)
            stuck = torch.where(slopes > 0, rows <= self.low, rows >= self.high)
            slopes = slopes.masked_fill(~free | stuck, 0)
            length = slopes.pow(2).sum(1, keepdim=True)
            margin = self.margin(rows)[:, None].clamp_min(0) + 2 * OVERSHOOT
            step = margin * slopes / length.clamp_min(1e-12) * self.scale
            onwards = torch.where(free, (rows - step).clamp(self.low, self.high), self.row)
            active = active & (length[:, 0] > 0) & ~self.beyond(rows)
            rows = torch.where(active[:, None], onwards, rows)
            if not active.any():
                break
            path.append(rows)
        return path

    def nearest(self, ends: Tensor, free: Tensor) -> tuple[Tensor, Tensor]:
        """On the line from the row to each end beyond the boundary, the first allowed row that is.

        Returns:
            ``(M, F)`` and ``bool (M,)``: whether it is beyond, after rounding whole numbers.
        """
        near, far = torch.zeros(len(ends), 1), torch.ones(len(ends), 1)
        for _ in range(20):
            middle = (near + far) / 2
            over = self.beyond(self.row + middle * (ends - self.row))[:, None]
            near, far = torch.where(over, near, middle), torch.where(over, middle, far)
        line = self.allowed(self.row + far * (ends - self.row), free)
        ends = self.allowed(ends, free)
        found = torch.where(self.beyond(line)[:, None], line, ends)
        return found, self.beyond(found)

    def scan(self, column: int) -> Tensor:
        """``(G, F)``: the row with every allowed value of one column, up to `GRID` of them."""
        low, high = float(self.low[column]), float(self.high[column])
        values = torch.linspace(low, high, GRID)
        if self.whole[column]:
            values = values.round().unique()
        rows = self.row.repeat(len(values), 1)
        rows[:, column] = values
        return rows
