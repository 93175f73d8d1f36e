"""GRACE over a whole table: fidelity, number and size of changes."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from trustai.explain.tabular.counterfactual.grace import GraceParams, contrast
from trustai.types import Circumstances, OnProgress, Table
from trustai.zoo import Metric
from trustai.zoo.architectures.tabular import TabularModel

PREFIX = "grace"


@dataclass(frozen=True, eq=False)
class TableContrasts:
    """What GRACE found for every row of a table.

    Attributes:
        found: ``bool (N,)``: whether the decision turned.
        changed: ``int64 (N,)``: how many values were changed; 0 where none was found.
        size: ``float32 (N,)``: Euclidean length of the change in standard deviations.
        largest: Per row the column of the largest change, or None.
        contrastive: ``float32 (N, F)``: the contrastive rows; the rows themselves where none was
            found.
    """

    found: Tensor
    changed: Tensor
    size: Tensor
    largest: tuple[str | None, ...]
    contrastive: Tensor
    circumstances: Circumstances

    @property
    def fidelity(self) -> float:
        """Share of the rows whose decision turned."""
        return self.found.float().mean().item()

    @property
    def mean_changed(self) -> float:
        """Mean number of values changed where the decision turned; nan if it never did."""
        return self.changed[self.found].float().mean().item()

    @property
    def counts(self) -> dict[int, int]:
        """How many rows needed how many changes, ascending."""
        values, counts = self.changed[self.found].unique(return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))


def contrast_all(
    model: TabularModel,
    rows: Tensor,
    *,
    table: Table,
    params: GraceParams | None = None,
    on_progress: OnProgress | None = None,
) -> TableContrasts:
    """`contrast` for every row.

    Args:
        model: In eval mode.
        rows: ``float32 (N, F)`` in raw units, NaN for missing.
        table: The training part.
        params: Of GRACE; None for its defaults.
        on_progress: Called with the share of the rows done; may raise to stop.

    Raises:
        ValueError: as `contrast`.
    """
    started = time.perf_counter()
    results = []
    for i, row in enumerate(rows, start=1):
        results.append(contrast(model, row, table=table, params=params))
        if on_progress is not None:
            on_progress(i / len(rows))
    sizes = [sum(change.size**2 for change in one.changes) ** 0.5 for one in results]
    return TableContrasts(
        found=torch.tensor([one.found for one in results]),
        changed=torch.tensor([len(one.changes) for one in results]),
        size=torch.tensor(sizes),
        largest=tuple(one.largest.column if one.largest else None for one in results),
        contrastive=torch.stack([one.rows[1] for one in results]),
        circumstances=model.circumstances(
            method="grace",
            parameters=dataclasses.asdict(params or GraceParams()),
            seed=0,
            started=started,
        ),
    )


def as_metrics(result: TableContrasts, *, how: Mapping[str, Any]) -> dict[str, Metric]:
    """As metrics of a card, ``grace/<search>/<figure>``.

    ``fidelity``, ``mean_changed``, ``mean_size``, and ``changed/<k>``, the number of rows that
    needed k changes.

    Args:
        result: As `contrast_all` gives it.
        how: The data set and its split.
    """
    parameters = dict(result.circumstances.parameters)
    prefix = f"{PREFIX}/{parameters['search']}"
    how = {**how, "n": len(result.found), "parameters": parameters}
    short = {"as": f"{prefix}/fidelity"}
    found = {f"{prefix}/fidelity": Metric(result.fidelity, how)}
    if result.found.any():
        mean_size = result.size[result.found].mean().item()
        found[f"{prefix}/mean_changed"] = Metric(round(result.mean_changed, 5), short)
        found[f"{prefix}/mean_size"] = Metric(round(mean_size, 5), short)
    for k, count in result.counts.items():
        found[f"{prefix}/changed/{k}"] = Metric(float(count), short)
    return found
