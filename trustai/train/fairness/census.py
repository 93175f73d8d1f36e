"""The parts of a census for training: rows without the attributes, and the groups beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trustai.fairness.groups import COMPARED, Groups, groups_of
from trustai.train.tables.fit import parts_of
from trustai.types import Table


@dataclass(frozen=True, eq=False)
class Census:
    """A census that is split.

    Attributes:
        parts: By split its rows, without the attributes.
        groups: By split and attribute.
    """

    parts: Mapping[str, Table]
    groups: Mapping[str, Mapping[str, Groups]]

    def membership(self, split: str) -> Tensor:
        """``float32 (N, A)``: 1 for the second of the two compared groups, 0 for the first, nan
        for everybody else."""
        codes = [groups.binary() for groups in self.groups[split].values()]
        found = torch.from_numpy(np.stack(codes, axis=1)).float()
        return torch.where(found < 0, torch.nan, found)


def census_of(whole: Table, *, n_train: int | None = None) -> Census:
    """The census split 60/10/30 by its labels, training, validation and test.

    Args:
        whole: A census of `trustai.data`.
        n_train: Only so many training rows, for tests.
    """
    parts = parts_of(whole, split_seed=0, n_train=n_train)
    inputs = [name for name in whole.columns if name not in COMPARED]
    return Census(
        {
            split: dataclasses.replace(part.select(inputs), split=split)
            for split, part in parts.items()
        },
        {split: groups_of(part) for split, part in parts.items()},
    )
