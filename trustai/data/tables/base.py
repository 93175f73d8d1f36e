"""Data sets of tables: their source, the split, and its hash."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai import seeds
from trustai.data.splits import SPLITS
from trustai.types import Table

VALIDATION_SHARE = 0.1
SPLIT_SEED = 0
WHOLE = "whole"


@dataclass(frozen=True)
class TableSet:
    """What the rest of trustai may know of a table before it is read.

    Attributes:
        title: For people.
        columns: In the order of `Table.rows`.
        classes: In label order.
        source: Returns where it would be read from: ``"prepared"``, ``"cache"`` or ``"embedded"``.
        read: The whole table, not split yet.
        download: Generator of the share done, or None where there is nothing to download.
        download_size: For people, for instance ``"24 KB"``.
    """

    title: str
    columns: tuple[str, ...]
    classes: tuple[str, str]
    source: Callable[[], str | None]
    read: Callable[[], Table]
    download: Callable[[], Iterator[float]] | None = None
    download_size: str = ""


def split_rows(table: Table, *, seed: int = SPLIT_SEED) -> dict[str, Tensor]:
    """Positions of the rows of each split, drawn within each stratum: 70/10/20 by default.

    Strata are the classes, and within them the levels of the table's `strata`.

    Args:
        table: Whole; its `test_share` is for the test, a tenth for validation.
        seed: Of the draw. What ships was trained and measured on seed 0.

    Returns:
        ``"train"``, ``"validation"`` and ``"test"``, each ``int64`` and ascending.
    """
    random = seeds.numpy_generator(seed)
    parts: dict[str, list[Tensor]] = {split: [] for split in SPLITS}
    for rows in _strata(table):
        rows = rows[torch.from_numpy(random.permutation(len(rows)))]
        n_test, n_validation = (
            int(share * len(rows) + 0.5) for share in (table.test_share, VALIDATION_SHARE)
        )
        parts["test"].append(rows[:n_test])
        parts["validation"].append(rows[n_test : n_test + n_validation])
        parts["train"].append(rows[n_test + n_validation :])
    return {split: torch.cat(rows).sort().values for split, rows in parts.items()}


def _strata(table: Table) -> list[Tensor]:
    """Positions of the rows of every class, and within it of every combination of levels."""
    levels = table.rows[:, [table.columns.index(name) for name in table.strata]]
    keys = torch.cat([table.labels[:, None], levels.nan_to_num(-1).long()], dim=1)
    _, number = keys.unique(dim=0, return_inverse=True)
    return [(number == k).nonzero()[:, 0] for k in range(int(number.max()) + 1)]


def part(table: Table, split: str) -> Table:
    """The rows of one split of a whole table; ``"whole"`` gives all of them.

    Args:
        table: Whole.
        split: ``"train"``, ``"validation"``, ``"test"`` or ``"whole"``.

    Raises:
        ValueError: unknown split, or the table is a split already.
    """
    if split not in (*SPLITS, WHOLE):
        known = ", ".join((*SPLITS, WHOLE))
        raise ValueError(f"expected split to be one of {known}, got {split!r}")
    if table.split != WHOLE:
        raise ValueError(f"expected a whole table to split, got its part {table.split!r}")
    if split == WHOLE:
        return table
    return dataclasses.replace(table.take(split_rows(table)[split]), split=split)


def split_sha(table: Table) -> str:
    """Hex sha256 of columns, values, labels and row numbers: the same rows, the same hash."""
    digest = hashlib.sha256("\n".join((*table.columns, *table.classes)).encode())
    # Every NaN is written as the same one; there are many bit patterns of it.
    values = table.rows.masked_fill(table.rows.isnan(), torch.nan)
    for tensor, dtype in ((values, "<f4"), (table.labels, "<i8"), (table.indices, "<i8")):
        digest.update(tensor.cpu().numpy().astype(dtype).tobytes())
    return digest.hexdigest()
