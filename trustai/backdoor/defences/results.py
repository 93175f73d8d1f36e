"""What defences found: suspicious training pictures, inputs and classes, and repaired networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from trustai.metrics import detection
from trustai.types import Circumstances
from trustai.zoo import Classifier


@dataclass(frozen=True, eq=False)
class ClassInspection:
    """The training pictures of one label, as a defence sees them.

    Attributes:
        label: The label that they have, true or not.
        rows: ``int64 (n,)``: their positions among all pictures.
        scores: ``float64 (n,)``, higher is more suspicious.
        group: ``int64 (n,)``: 1 for the part that the defence tells from the rest, else 0: the
            smaller cluster, or the pictures with the highest scores.
        flagged: ``bool (n,)``: what the defence would remove.
        points: ``float32 (n, 2)``: the features on their first two principal axes.
        variance: Share of the variance along each of the two axes.
        figures: What the verdict rests on, by name, for instance ``"silhouette"``.
    """

    label: int
    rows: Tensor
    scores: Tensor
    group: Tensor
    flagged: Tensor
    points: Tensor
    variance: tuple[float, float]
    figures: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class TrainingDataInspection:
    """Which training pictures look poisoned.

    Attributes:
        scores: ``float64 (N,)``, higher is more suspicious; 0 in classes of too few pictures.
        flagged: ``bool (N,)``: what the defence would remove.
        classes: Every label of enough pictures, ascending.
        circumstances: Model, parameters, seed and seconds.
    """

    scores: Tensor
    flagged: Tensor
    classes: tuple[ClassInspection, ...]
    circumstances: Circumstances

    def of_label(self, label: int) -> ClassInspection:
        """The pictures with that label.

        Raises:
            ValueError: there are none, or too few.
        """
        for one in self.classes:
            if one.label == label:
                return one
        known = ", ".join(str(one.label) for one in self.classes)
        raise ValueError(f"expected a label among {known}, got {label}")


@dataclass(frozen=True, eq=False)
class InputInspection:
    """Which inputs look as if they carried a trigger.

    Attributes:
        scores: ``float64 (N,)`` of the inputs, higher is more suspicious.
        reference: ``float64 (M,)`` of clean pictures, on which thresholds are chosen.
        false_alarms: Share of clean pictures that `threshold` may flag.
        threshold: An input is flagged where its score is larger.
        circumstances: Model, parameters, seed and seconds.
    """

    scores: Tensor
    reference: Tensor
    false_alarms: float
    threshold: float
    circumstances: Circumstances

    @property
    def flagged(self) -> Tensor:
        """``bool (N,)``."""
        return self.scores > self.threshold

    def threshold_at(self, *, false_alarms: float) -> float:
        """The smallest threshold that flags at most such a share of the clean pictures.

        Args:
            false_alarms: In ``[0, 1)``.

        Raises:
            ValueError: a share outside that range.
        """
        return threshold_at(self.reference, false_alarms=false_alarms)


def threshold_at(reference: Tensor, *, false_alarms: float) -> float:
    """The smallest threshold that at most such a share of `reference` ``(M,)`` exceeds.

    >>> import torch
    >>> threshold_at(torch.arange(100.0), false_alarms=0.05)
    94.0
    """
    if not 0 <= false_alarms < 1:
        raise ValueError(f"expected false_alarms in [0, 1), got {false_alarms:g}")
    return detection.threshold_at(reference, keep=1 - false_alarms)


@dataclass(frozen=True, eq=False)
class NetworkInspection:
    """Whether a network has a backdoor: the smallest trigger found for every class.

    Attributes:
        masks: ``float32 (C, H, W)`` in ``[0, 1]``: how much of each pixel is replaced.
        patterns: ``float32 (C, 3, H, W)`` in ``[0, 1]``: by what.
        norms: ``float64 (C,)``: L1 norm of the masks, in pixels.
        success: ``float64 (C,)``: share of the clean pictures of other classes that the network
            names so once they carry the reconstructed trigger.
        index: ``float64 (C,)``: the anomaly index of the norms, at least 0.
        flagged: ``bool (C,)``: classes with a trigger that is much smaller than the others'.
        circumstances: Model, parameters, seed and seconds.
    """

    masks: Tensor
    patterns: Tensor
    norms: Tensor
    success: Tensor
    index: Tensor
    flagged: Tensor
    circumstances: Circumstances

    @property
    def suspects(self) -> tuple[int, ...]:
        """The flagged classes, the smallest trigger first."""
        order = self.norms.argsort(stable=True)
        return tuple(order[self.flagged[order]].tolist())

    def stamp(self, x: Tensor, label: int) -> Tensor:
        """Pictures ``(N, 3, H, W)`` with the trigger found for a class: ``(1 - m) x + m t``."""
        mask = self.masks[label]
        return (1 - mask) * x + mask * self.patterns[label]


@dataclass(frozen=True, eq=False)
class Repaired:
    """A network after a repair.

    Attributes:
        classifier: A new one, frozen; the one that was given is as before. Its card has no metrics,
            because nothing was measured again.
        figures: What the repair did, by name, for instance ``"pruned"``.
        history: By column one number per epoch, such as the training loss.
        circumstances: Model before the repair, parameters, seed and seconds.
    """

    classifier: Classifier
    figures: Mapping[str, float]
    history: Mapping[str, tuple[float, ...]]
    circumstances: Circumstances
    reconstructed: NetworkInspection | None = field(default=None)
    """The triggers that it was repaired with, where it was."""
