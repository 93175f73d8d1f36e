"""GRACE: contrastive samples, the smallest change of the fewest values that turns a decision.

For k = 1, 2, ... up to `GraceParams.max_features` a set S of k columns is freed and the row
projected on the boundary again and again, :math:`z <- z - m(z) g_S / |g_S|^2` with m the margin and
g its gradient (see `Boundary.walk`), until the decision turns; the first k that succeeds ends the
search. Changed values lie in the training range, and whole numbers stay whole; an unchanged value
stays as it is even where it lies outside that range.

Columns are ordered by the size of the gradient at the row, in standard deviations of the column,
and pruned by symmetrical uncertainty, as in the paper.

With ``search="subsets"`` two things are ours, not the paper's: all sets of k columns are tried
instead of the k steepest, and the first turn found is then moved back along its line to the
boundary; for k = 1 every value of the range is tried as well, because a projected step may leap
over a narrow turn.

Le, Wang, Lee: GRACE: Generating Concise and Informative Contrastive Sample to Explain Neural
Network Model's Prediction. KDD 2020, https://arxiv.org/abs/1911.02042.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from trustai.explain.tabular.base import checked, explain
from trustai.explain.tabular.coalitions import MAX_FEATURES
from trustai.explain.tabular.counterfactual.boundary import Boundary
from trustai.explain.tabular.counterfactual.contrast import (
    Attempt,
    Contrast,
    ContrastStep,
    changes_between,
)
from trustai.explain.tabular.exploration.redundancy import pruned, symmetrical_uncertainty
from trustai.types import Circumstances, Table, TabularAttribution
from trustai.zoo import checks
from trustai.zoo.architectures.tabular import TabularModel

Search = Literal["subsets", "gradient"]
SEARCHES: tuple[Search, ...] = ("subsets", "gradient")


@dataclass(frozen=True)
class GraceParams:
    """Parameters of GRACE.

    Attributes:
        max_features: The largest number of values to change, at least 1: the paper's K.
        gamma: A column is left out if its symmetrical uncertainty with a more important one
            exceeds this, in ``[0, 1]``.
        search: ``"gradient"``, the paper's: of each number k the k steepest columns.
            ``"subsets"``, ours: of each k every set of k columns, and of those that turn the
            decision the one with the smallest change.
        steps: Projected steps per set, at least 1.
        threshold: Class 1 is decided where its probability exceeds this, in ``(0, 1)``.
    """

    max_features: int = 5
    gamma: float = 0.5
    search: Search = "subsets"
    steps: int = 50
    threshold: float = 0.5

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("max_features", self.max_features, 1)
        checks.at_least("steps", self.steps, 1)
        if not 0 <= self.gamma <= 1:
            raise ValueError(f"expected gamma in [0, 1], got {self.gamma:g}")
        if not 0 < self.threshold < 1:
            raise ValueError(f"expected threshold in (0, 1), got {self.threshold:g}")
        if self.search not in SEARCHES:
            raise ValueError(f"expected search among {', '.join(SEARCHES)}, got {self.search!r}")


# No more sets than this are tried of one number of columns: all of them up to 11 columns.
MAX_SETS = 500


def contrast(
    model: TabularModel,
    row: Tensor,
    *,
    table: Table,
    background: Tensor | None = None,
    params: GraceParams | None = None,
) -> Contrast:
    """The contrastive row of one row: of the other class, with the fewest values changed.

    Args:
        model: In eval mode.
        row: ``float32 (F,)`` in raw units, NaN for missing (explained as the model fills it).
        table: The training part: ranges, whole-number columns, redundancy.
        background: ``float32 (B, F)``: if given, the Shapley values before and after are computed.
        params: Of GRACE; None for its defaults.

    Raises:
        ValueError: an input outside what is said above.
    """
    started = time.perf_counter()
    params = checks.params("grace", params, GraceParams)
    _check_columns(model, table)
    complete = checked(model, row[None], name="row")[0]
    found = _search(model, complete, table, params)
    rows, missing = torch.stack([complete, found.path[-1]]), row.isnan()
    return Contrast(
        rows=rows,
        missing=missing,
        found=found.turned,
        probability=model.probability(rows),
        changes=changes_between(model, rows, missing=missing, scale=found.scale, table=table),
        trace=_trace(model, found.path),
        attempts=found.attempts,
        left_out=found.left_out,
        table=table.take(torch.arange(0)),
        attribution=None if background is None else _attribution(model, rows, background),
        circumstances=_circumstances(model, params, started),
    )


def _circumstances(model: TabularModel, params: GraceParams, started: float) -> Circumstances:
    parameters = dataclasses.asdict(params)
    return model.circumstances(method="grace", parameters=parameters, seed=0, started=started)


def _check_columns(model: TabularModel, table: Table) -> None:
    if table.columns != model.columns:
        raise ValueError(
            f"expected a table of the columns {', '.join(model.columns)}, got "
            f"{', '.join(table.columns)}"
        )


@dataclass(frozen=True, eq=False)
class _Found:
    """The way ``(F,)`` by row from the row to the contrastive one, and what was tried."""

    turned: bool
    path: list[Tensor]
    attempts: tuple[Attempt, ...]
    left_out: tuple[str, ...]
    scale: Tensor


def _search(model: TabularModel, complete: Tensor, table: Table, params: GraceParams) -> _Found:
    boundary = Boundary(model, complete, table, threshold=params.threshold)
    order = boundary.slopes(complete[None])[0].abs().argsort(descending=True).tolist()
    kept = pruned(order, symmetrical_uncertainty(model.filled(table.rows)), gamma=params.gamma)
    attempts: list[Attempt] = []
    path: list[Tensor] | None = None
    for k in range(1, min(params.max_features, len(kept)) + 1):
        path, attempt = _tried(boundary, _sets(kept, k, params.search), params)
        attempts.append(attempt)
        if path is not None:
            break
    left_out = tuple(table.columns[i] for i in order if i not in kept)
    return _Found(path is not None, path or [complete], tuple(attempts), left_out, boundary.scale)


def _attribution(model: TabularModel, rows: Tensor, background: Tensor) -> TabularAttribution:
    name = "shapley" if rows.shape[1] <= MAX_FEATURES else "kernel_shap"
    return explain(name, model, rows, background=background, output="probability")


def _sets(kept: Sequence[int], k: int, search: Search) -> list[tuple[int, ...]]:
    if search == "gradient":
        return [tuple(kept[:k])]
    return list(itertools.islice(itertools.combinations(kept, k), MAX_SETS))


def _tried(
    boundary: Boundary, sets: list[tuple[int, ...]], params: GraceParams
) -> tuple[list[Tensor] | None, Attempt]:
    """The way to the smallest change among some sets of columns, and what was tried."""
    free = torch.zeros((len(sets), len(boundary.row)), dtype=torch.bool)
    for i, columns in enumerate(sets):
        free[i, list(columns)] = True
    path = boundary.walk(free, steps=params.steps)
    ways = [torch.stack([rows[i] for rows in path]) for i in range(len(sets))]
    ends = path[-1]
    if params.search == "gradient":
        rows = boundary.allowed(ends, free)
        over = boundary.beyond(rows)
    else:
        ends, free = _with_scans(boundary, ends, free)
        rows, over = boundary.nearest(ends, free)
        over &= boundary.beyond(rows)
    margins = boundary.margin(torch.cat([rows, *path]))
    closest = boundary.model.probability(torch.cat([rows, *path])[margins.argmin()][None])
    attempt = Attempt(len(sets[0]), len(sets), float(closest))
    if not over.any():
        return None, attempt
    best = int(boundary.length(rows).masked_fill(~over, torch.inf).argmin())
    way = ways[best] if best < len(ways) else boundary.row[None]
    return _distinct([*way, rows[best]]), attempt


def _with_scans(boundary: Boundary, ends: Tensor, free: Tensor) -> tuple[Tensor, Tensor]:
    """For sets of one column, also every value of the column's range."""
    if int(free[0].sum()) > 1:
        return ends, free
    scans = [boundary.scan(int(one.nonzero())) for one in free]
    more = torch.cat([one.expand(len(scan), -1) for one, scan in zip(free, scans, strict=True)])
    return torch.cat([ends, *scans]), torch.cat([free, more])


def _distinct(rows: list[Tensor]) -> list[Tensor]:
    """Without repeats: a copy that has arrived stands still while the others walk on."""
    return [row for i, row in enumerate(rows) if i == 0 or not torch.equal(row, rows[i - 1])]


def _trace(model: TabularModel, path: list[Tensor]) -> tuple[ContrastStep, ...]:
    rows = torch.stack(path)
    probabilities = model.probability(rows).tolist()
    return tuple(ContrastStep(row, p) for row, p in zip(rows, probabilities, strict=True))
