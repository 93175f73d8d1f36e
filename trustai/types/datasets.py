"""Data sets in memory: labelled pictures, pictures with captions, and rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Labelled pictures of one data set, kept in memory as bytes.

    Attributes:
        name: Data set, for instance ``"cifar10"``.
        split: ``"train"``, ``"validation"`` or ``"test"``.
        images: ``uint8 (N, 3, H, W)``.
        labels: ``int64 (N,)``, indices into `classes`.
        classes: Class names in label order.
        masks: ``bool (N, H, W)``, True on the object, where the truth is known.
        indices: ``int64 (N,)``, each picture's number within its whole split, so that a stored
            measurement of picture ``k`` can be matched to it.
    """

    name: str
    split: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    indices: Tensor
    masks: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def pixels(self) -> Tensor:
        """``float32 (N, 3, H, W)`` in ``[0, 1]``."""
        return self.images.to(torch.float32) / 255

    def take(self, rows: Tensor) -> ImageSet:
        """The pictures at `rows` (positions in this set), in that order."""
        return ImageSet(
            name=self.name,
            split=self.split,
            images=self.images[rows],
            labels=self.labels[rows],
            classes=self.classes,
            indices=self.indices[rows],
            masks=None if self.masks is None else self.masks[rows],
        )

    def without(self, name: str) -> ImageSet:
        """The pictures of all other classes, whose labels then count without this one.

        Raises:
            ValueError: no such class.
        """
        left_out = self._number(name)
        others = self.take((self.labels != left_out).nonzero()[:, 0])
        return replace(
            others,
            labels=others.labels - (others.labels > left_out).long(),
            classes=tuple(c for c in self.classes if c != name),
        )

    def only(self, name: str) -> ImageSet:
        """The pictures of one class, with labels and classes as before.

        Raises:
            ValueError: no such class.
        """
        return self.take((self.labels == self._number(name)).nonzero()[:, 0])

    def _number(self, name: str) -> int:
        if name not in self.classes:
            raise ValueError(f"expected a class among {', '.join(self.classes)}, got {name!r}")
        return self.classes.index(name)


@dataclass(frozen=True, eq=False)
class SceneObject:
    """Something in a drawn scene: its kind, for instance a class of ``signs``, per language the
    normalised words that name it, and ``bool (H, W)``, True where it is seen."""

    name: str
    words: Mapping[str, tuple[str, ...]]
    mask: Tensor


@dataclass(frozen=True, eq=False)
class CaptionSet:
    """Pictures of one size with sentences about them, kept in memory as bytes.

    Attributes:
        name, split, images: As in `ImageSet`.
        captions: Per language and picture the sentences about it, which may be none.
        indices: ``int64 (N,)``, each picture's number within its whole split.
        objects: Per picture what is in it, where the truth is known.
    """

    name: str
    split: str
    images: Tensor
    captions: Mapping[str, tuple[tuple[str, ...], ...]]
    indices: Tensor
    objects: tuple[tuple[SceneObject, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def pixels(self) -> Tensor:
        """``float32 (N, 3, H, W)`` in ``[0, 1]``."""
        return self.images.to(torch.float32) / 255

    def take(self, rows: Tensor) -> CaptionSet:
        """The pictures at `rows` (positions in this set), in that order."""
        places = rows.tolist()
        return replace(
            self,
            images=self.images[rows],
            captions={name: tuple(all_[i] for i in places) for name, all_ in self.captions.items()},
            indices=self.indices[rows],
            objects=None if self.objects is None else tuple(self.objects[i] for i in places),
        )


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of a table with a binary target, in the units in which they were measured.

    Attributes:
        name: Data set, for instance ``"diabetes"``.
        split: ``"train"``, ``"validation"``, ``"test"``, or ``"whole"`` before it is split.
        rows: ``float32 (N, F)``; NaN where a value is missing. In a column with `levels` the
            value is the number of the level.
        labels: ``int64 (N,)``, 0 or 1, indices into `classes`.
        columns: Names of the F columns.
        classes: Names of the two classes in label order.
        indices: ``int64 (N,)``, each row's number within the whole table.
        integer: Per column, whether it holds whole numbers only.
        synthetic: Whether the rows are drawn and nobody was ever measured. Say so on screen.
        levels: Per column, None for numbers, else the names of its levels.
        target: Name of the column that `labels` come from.
        test_share: Of the rows, kept for the test when a whole table is split; a tenth of all rows
            is for validation.
        strata: Columns with levels of which every part holds the same shares, beside the labels.
    """

    name: str
    split: str
    rows: Tensor
    labels: Tensor
    columns: tuple[str, ...]
    classes: tuple[str, str]
    indices: Tensor
    integer: tuple[bool, ...]
    synthetic: bool
    levels: tuple[tuple[str, ...] | None, ...] = ()
    target: str = "Outcome"
    test_share: float = 0.2
    strata: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.levels:  # most tables hold numbers only
            object.__setattr__(self, "levels", (None,) * len(self.columns))

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Tensor) -> Table:
        """The rows at `rows` (positions in this table), in that order."""
        return replace(
            self, rows=self.rows[rows], labels=self.labels[rows], indices=self.indices[rows]
        )

    def select(self, columns: Sequence[str]) -> Table:
        """The same rows with only these columns, in that order.

        Raises:
            ValueError: a column that the table does not have.
        """
        unknown = [name for name in columns if name not in self.columns]
        if unknown:
            raise ValueError(
                f"expected columns among {', '.join(self.columns)}, got {', '.join(unknown)}"
            )
        at = [self.columns.index(name) for name in columns]
        return replace(
            self,
            rows=self.rows[:, at],
            columns=tuple(columns),
            integer=tuple(self.integer[i] for i in at),
            levels=tuple(self.levels[i] for i in at),
            strata=tuple(name for name in self.strata if name in columns),
        )
