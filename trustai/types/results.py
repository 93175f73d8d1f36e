"""Results: what an attack, a sweep or an explanation found, and how it came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

OnProgress = Callable[[float], None]
"""Called with the share of the work done, in ``[0, 1]``; may raise to stop the work."""


@dataclass(frozen=True)
class NoParameters:
    """Parameters of a method that has nothing to set."""


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
        success: ``bool (N,)``: the prediction is not the label (untargeted), or has become the
            target (targeted); what is called the target without any attack is no success.
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
