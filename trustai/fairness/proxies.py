"""Proxies: columns that carry the group, so that leaving the group's own column out hides nothing.

A row can be moved to another group together with its proxies: every column to the same place in
the distribution of the other group, given what another column was moved to. That is the sequential
transport of Plečko and Meinshausen 2020, Fair Data Adaptation with Quantile Preservation,
https://arxiv.org/abs/1911.06685, on a tree of columns instead of a causal graph that nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from trustai import seeds
from trustai.data.census import dependence
from trustai.metrics.fairness import RARE
from trustai.types import Table

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
BINS: Final = 10
DRAWS: Final = 400


@dataclass(frozen=True, eq=False)
class Moved:
    """A row as it might be in another group: draws of it.

    Attributes:
        rows: ``float32 (draws, F)`` in raw units.
        order: The columns in the order in which they were moved, the strongest proxy first.
        given: Per column the one that it was moved given; empty for the first.
    """

    rows: Tensor
    order: tuple[str, ...]
    given: Mapping[str, str]


def mutual_information(table: Table, group: npt.ArrayLike, *, bins: int = BINS) -> dict[str, float]:
    """How much each column tells of the group, in nats.

    ``I = sum_x,g P(x, g) log(P(x, g) / (P(x) P(g)))`` (Shannon 1948).
    Numbers are cut into parts of equal size; a missing value is a level of its own. 0 where the
    column tells nothing; at most the entropy of the group.

    Args:
        table: The columns; leave out the one of the group itself.
        group: ``int (N,)``, -1 where it is not known: the row is left out.
        bins: Into how many parts numbers are cut.

    Returns:
        By column, the strongest first.

    Raises:
        ValueError: another length, or no row whose group is known.

    >>> rows = torch.tensor([[0.0, 1], [0, 2], [1, 1], [1, 2]])
    >>> table = Table("t", "whole", rows, torch.tensor([0, 1, 0, 1]), ("twin", "noise"),
    ...               ("no", "yes"), torch.arange(4), (True, True), False)
    >>> {name: round(one, 3) for name, one in mutual_information(table, [0, 0, 1, 1]).items()}
    {'twin': 0.693, 'noise': 0.0}
    """
    known, g = _known(table, group)
    values = table.rows.double().numpy()[known]
    found = {
        name: dependence.mutual_information(
            _Coding.of(values[:, k], table.levels[k], bins)(values[:, k]), g
        )
        for k, name in enumerate(table.columns)
    }
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def moved(
    table: Table,
    group: npt.ArrayLike,
    row: Tensor,
    *,
    source: int,
    target: int,
    draws: int = DRAWS,
    seed: int = 0,
) -> Moved:
    """A row moved to another group together with everything that correlates with the group.

    Columns follow each other along the tree of largest mutual information, the strongest proxy
    first. A number goes to the same quantile of the other group. A level stays with probability
    ``min(1, P(l | target) / P(l | source))`` and else becomes one that the other group has more
    often. Both given the column before, where at least 30 rows share its value.

    Args:
        table: Real rows to learn from; without the column of the group itself.
        group: ``int (N,)``, -1 where it is not known.
        row: ``(F,)`` in raw units, NaN where missing, of the group `source`.
        source, target: Groups, from which and to which.
        draws, seed: How many counterparts are drawn, and from which seed.

    Raises:
        ValueError: a group without rows, or a row of another length.

    >>> rows = torch.cat([torch.arange(100.0), 1000 + torch.arange(100.0)])[:, None]
    >>> table = Table("t", "whole", rows, torch.zeros(200).long(), ("height",), ("no", "yes"),
    ...               torch.arange(200), (True,), False)
    >>> found = moved(table, [0] * 100 + [1] * 100, torch.tensor([50.0]), source=0, target=1)
    >>> float(found.rows.mean().round())  # the same place among the others
    1050.0
    """
    known, g = _known(table, group)
    values = table.rows.double().numpy()[known]
    random = seeds.numpy_generator(seed)
    found, given = _walk(table, values, g, row.double().numpy(), (source, target), draws, random)
    return Moved(torch.from_numpy(found).float(), tuple(given), given)


def _walk(
    table: Table,
    values: Floats,
    group: Codes,
    row: Floats,
    ends: tuple[int, int],
    draws: int,
    random: np.random.Generator,
) -> tuple[Floats, dict[str, str]]:
    """The moved rows ``(draws, F)``, and by column the one that it was moved given."""
    if row.shape != (len(table.columns),):
        raise ValueError(f"expected a row ({len(table.columns)},), got {row.shape}")
    for one in ends:
        if not (group == one).any():
            raise ValueError(f"expected rows of group {one}, got none")
    columns = range(len(table.columns))
    coding = [_Coding.of(values[:, k], table.levels[k], BINS) for k in columns]
    codes = [coding[k](values[:, k]) for k in columns]
    # The root is the column that tells most of the group.
    root = max(columns, key=lambda k: dependence.mutual_information(codes[k], group))
    order = dependence.tree(codes, root=root)
    of_source, of_target = (group == one for one in ends)
    found = np.empty((draws, len(table.columns)))
    for k, parent in order:
        sides = _Sides(coding[k], codes[k], values[:, k], of_source, of_target)
        if parent is None:
            found[:, k] = sides.draw(row[k], None, draws, random)
            continue
        before = int(coding[parent](row[parent][None])[0])
        after = coding[parent](found[:, parent])
        for code in np.unique(after):
            some = after == code
            given = codes[parent] == before, codes[parent] == code
            found[some, k] = sides.draw(row[k], given, int(some.sum()), random)
    names = table.columns
    return found, {names[k]: "" if above is None else names[above] for k, above in order}


@dataclass(frozen=True, eq=False)
class _Coding:
    """Values of a column as numbers of levels or of parts; a missing one is the last."""

    levels: int  # 0 for numbers
    edges: Floats

    @classmethod
    def of(cls, values: Floats, levels: tuple[str, ...] | None, bins: int) -> _Coding:
        known = values[~np.isnan(values)]
        inner = np.linspace(0, 1, bins + 1)[1:-1]
        edges = np.unique(np.quantile(known, inner)) if len(known) and not levels else known[:0]
        return cls(len(levels or ()), edges)

    @property
    def missing(self) -> int:
        return self.levels or len(self.edges) + 1

    def __call__(self, values: Floats) -> Codes:
        parts = values if self.levels else np.searchsorted(self.edges, values)
        return np.where(np.isnan(values), self.missing, np.nan_to_num(parts)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Sides:
    """One column in both groups."""

    coding: _Coding
    codes: Codes
    values: Floats
    source: npt.NDArray[np.bool_]
    target: npt.NDArray[np.bool_]

    def draw(
        self,
        x: float,
        given: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None,
        n: int,
        random: np.random.Generator,
    ) -> Floats:
        """`n` values in the target group for the value `x` of the source group."""
        rows = [self.source, self.target]
        if given is not None:
            near = [of & one for of, one in zip(rows, given, strict=True)]
            if min(int(one.sum()) for one in near) >= RARE:
                rows = near
        if not self.coding.levels:
            return self._same_quantile(x, rows, n, random)
        return self._level(int(self.coding(np.array([x]))[0]), rows, n, random)

    def _same_quantile(
        self, x: float, rows: list[npt.NDArray[np.bool_]], n: int, random: np.random.Generator
    ) -> Floats:
        before, after = (np.sort(self.values[one & ~np.isnan(self.values)]) for one in rows)
        if np.isnan(x) or not len(before) or not len(after):
            return np.full(n, x)
        low, high = (np.searchsorted(before, x, side=side) / len(before) for side in _SIDES)
        rank = low + (high - low) * random.random(n)  # of several equal values any place
        return np.quantile(after, rank, method="inverted_cdf")

    def _level(
        self, code: int, rows: list[npt.NDArray[np.bool_]], n: int, random: np.random.Generator
    ) -> Floats:
        n_levels = self.coding.levels
        before, after = (
            np.bincount(self.codes[one], minlength=n_levels + 1) / one.sum() for one in rows
        )
        stays = min(1.0, after[code] / before[code]) if before[code] else 0.0
        surplus = np.maximum(after - before, 0)
        else_ = surplus / surplus.sum() if surplus.sum() > 0 else after
        drawn = random.choice(n_levels + 1, size=n, p=else_)
        found = np.where(random.random(n) < stays, code, drawn).astype(float)
        return np.where(found == n_levels, np.nan, found)


_SIDES: Final = ("left", "right")


def _known(table: Table, group: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], Codes]:
    g = np.asarray(group, np.int64)
    if g.shape != (len(table),):
        raise ValueError(f"expected groups ({len(table)},), got {g.shape}")
    if not (g >= 0).any():
        raise ValueError("expected rows whose group is known, got none")
    return g >= 0, g[g >= 0]
