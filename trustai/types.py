"""Frozen results and data that travel between the rooms of trustai."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

OnProgress = Callable[[float], None]
"""Called with the share of the work done, in ``[0, 1]``; may raise to stop the work."""


@dataclass(frozen=True)
class NoParameters:
    """The method has nothing to set."""


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


@dataclass(frozen=True)
class Circumstances:
    """How a result came about: what to state beside it and what repeats it."""

    model_id: str
    weights_sha: str
    method: str
    parameters: Mapping[str, Any]
    seed: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain Python values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class AttackResult:
    """What one attack did to a batch, as re-measured after it finished.

    Attributes:
        adversarial: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        success: ``bool (N,)``: the prediction is not the label (untargeted) or is the target.
        logits: ``(N, C)`` of the adversarial pictures.
        clean_logits: ``(N, C)`` of the pictures before the attack.
        linf: ``(N,)``, ``max |adversarial - x|`` in pixel units of ``[0, 1]``.
        l2: ``(N,)``, Euclidean norm of ``adversarial - x``.
        circumstances: Model, parameters, seed and seconds.
    """

    adversarial: Tensor
    success: Tensor
    logits: Tensor
    clean_logits: Tensor
    linf: Tensor
    l2: Tensor
    circumstances: Circumstances

    @property
    def seconds(self) -> float:
        return self.circumstances.seconds


@dataclass(frozen=True, eq=False)
class RobustnessCurve:
    """Accuracy as the allowed perturbation grows.

    Attributes:
        eps: ``(E,)``, ascending, pixel units of ``[0, 1]`` (or L2 units for an L2 attack).
        accuracy: ``(E,)`` in ``[0, 1]``: the share of all pictures that no tried perturbation of
            size at most ``eps`` has fooled. Never rises.
        smallest_eps: ``(N,)``: the smallest tried eps that fooled each picture; 0 where the clean
            prediction was wrong already, ``inf`` where none fooled it.
        fooled_label: ``int64 (N,)``: the prediction at `smallest_eps`; the true label where none
            fooled it.
        finished: False for a partial result of a sweep that still runs or was stopped.
    """

    eps: Tensor
    accuracy: Tensor
    smallest_eps: Tensor
    fooled_label: Tensor
    circumstances: Circumstances
    finished: bool = field(default=True)

    @property
    def seconds(self) -> float:
        return self.circumstances.seconds


@dataclass(frozen=True, eq=False)
class Attribution:
    """Why a network gives a picture a class, pixel by pixel.

    Attributes:
        map: ``float32 (N, H, W)``: how much each pixel counts for `target`; signed or at least 0
            as `signed` says.
        signed: Whether a negative value speaks against the target.
        target: ``int64 (N,)``: the class explained.
        layer: The layer looked at, or None for a method that looks at none.
        grid: Rows and columns the method itself tells apart: ``(H, W)`` for pixel methods, the
            layer's or the tiling's for others, whose map is enlarged from there; for superpixels
            the square grid of as many cells.
        pixels: ``(N, 3, H, W)``, one value per colour, for the methods that have them.
        facts: Further numbers per picture ``(N,)``, such as ``completeness_gap``.
        problems: One sentence per picture whose map says nothing (all zero, not finite), else None.
    """

    map: Tensor
    signed: bool
    target: Tensor
    layer: str | None
    grid: tuple[int, int]
    pixels: Tensor | None
    facts: Mapping[str, Tensor]
    problems: tuple[str | None, ...]
    circumstances: Circumstances

    @property
    def seconds(self) -> float:
        return self.circumstances.seconds


@dataclass(frozen=True, eq=False)
class TabularAttribution:
    """Why a model gives rows of a table their output, column by column.

    ``base + values.sum(1)`` is the output as the method sees it; by how much that misses
    `predictions` stands in ``facts["additivity_gap"]``.

    Attributes:
        values: ``float64 (N, F)``: what each column adds to the output; signed.
        base: ``float64 (N,)``: where the sum begins, in most methods what the model says of the
            background.
        predictions: ``float64 (N,)``: the model's own output for the rows.
        spread: ``float64 (N, F)``: by how much chance moves the values, or None where nothing is
            drawn.
        rows: ``float32 (N, F)`` in raw units: the rows explained, missing values filled.
        columns: Names of the F columns.
        output: ``"logit"`` or ``"probability"`` of class 1: the unit of all values.
        facts: Further numbers per row ``(N,)``, such as ``additivity_gap``.
    """

    values: Tensor
    base: Tensor
    predictions: Tensor
    spread: Tensor | None
    rows: Tensor
    columns: tuple[str, ...]
    output: str
    facts: Mapping[str, Tensor]
    circumstances: Circumstances

    @property
    def seconds(self) -> float:
        return self.circumstances.seconds
