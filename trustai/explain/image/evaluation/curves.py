"""Deletion and insertion curves of saliency maps.

Deletion and insertion of Petsiuk et al. 2018, RISE, https://arxiv.org/abs/1806.07421; see
`trustai.explain.image.evaluation.faithfulness` for what to set beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.explain.base import part_of
from trustai.explain.image.baselines import Baseline, baseline_pictures
from trustai.explain.image.passes import at_once, targets
from trustai.metrics.similarity import ranking
from trustai.types import OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier


@dataclass(frozen=True, eq=False)
class PerturbationCurve:
    """The target's probability while a picture's pixels go, or come, in the order of a map.

    Attributes:
        share: ``(S + 1,)`` from 0 to 1: of the pixels deleted, or inserted.
        probability: ``(N, S + 1)`` of the target.
    """

    share: Tensor
    probability: Tensor

    @property
    def area(self) -> Tensor:
        """``(N,)`` in ``[0, 1]``: the area under the curve by the trapezoid rule.

        Of a deletion curve lower is better, of an insertion curve higher.
        """
        return torch.trapezoid(self.probability, self.share, dim=1)


def deletion(
    classifier: Classifier,
    x: Tensor,
    maps: Tensor,
    *,
    target: int | Tensor,
    steps: int = 32,
    baseline: Baseline = "blur",
) -> PerturbationCurve:
    """Delete the pixels from the most important on: the sooner the probability falls, the better.

    RISE deletes to grey. Blur is the default here, because a few grey specks anywhere make a
    network of small pictures lose any class: on CIFAR-10 a random map then beats the gradient.

    Args:
        classifier: In eval mode; may be shared with other threads.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        maps: ``(N, H, W)``, finite, ranked by value: of signed maps what speaks for the target
            comes first. Ties as in `ranking`.
        target: The class whose probability is followed, one for all or ``int64 (N,)``.
        steps: Equal steps, at least 1.
        baseline: What a deleted pixel becomes, see `baseline_pictures`.

    Returns:
        A curve from the picture's own probability at share 0 to that of the baseline at share 1.

    Raises:
        ValueError: an input outside what is said above.

    >>> from trustai import data, zoo
    >>> from trustai.explain import image
    >>> classifier, x = zoo.load("signs-resnet18"), data.load("signs", n=1).pixels
    >>> found = image.explain("grad_cam", classifier, x)
    >>> curve = deletion(classifier, x, found.map, target=found.target, steps=4)
    >>> curve.share.tolist(), bool(curve.area < 0.5)
    ([0.0, 0.25, 0.5, 0.75, 1.0], True)
    """
    (curve,) = _curves(classifier, x, baseline, maps, target, steps, to_baseline=[True])
    return curve


def insertion(
    classifier: Classifier,
    x: Tensor,
    maps: Tensor,
    *,
    target: int | Tensor,
    steps: int = 32,
    baseline: Baseline = "blur",
) -> PerturbationCurve:
    """Insert the pixels from the most important on: the sooner the probability rises, the better.

    The arguments, the result and the errors are those of `deletion`; `baseline` is what it starts
    from.

    >>> from trustai import data, zoo
    >>> from trustai.explain import image
    >>> classifier, x = zoo.load("signs-resnet18"), data.load("signs", n=1).pixels
    >>> found = image.explain("grad_cam", classifier, x)
    >>> curve = insertion(classifier, x, found.map, target=found.target, steps=4)
    >>> bool(curve.area > 0.5)
    True
    """
    (curve,) = _curves(classifier, x, baseline, maps, target, steps, to_baseline=[False])
    return curve


def deletion_and_insertion(
    classifier: Classifier,
    x: Tensor,
    maps: Tensor,
    *,
    target: int | Tensor,
    steps: int = 32,
    baseline: Baseline = "blur",
    on_progress: OnProgress | None = None,
) -> tuple[PerturbationCurve, PerturbationCurve]:
    """Deletion and insertion of the same maps, which share their ends; the rest is `deletion`'s."""
    deleted, inserted = _curves(
        classifier,
        x,
        baseline,
        maps,
        target,
        steps,
        to_baseline=[True, False],
        on_progress=on_progress,
    )
    return deleted, inserted


def _curves(
    classifier: Classifier,
    x: Tensor,
    baseline: Baseline,
    maps: Tensor,
    target: int | Tensor,
    steps: int,
    *,
    to_baseline: Sequence[bool],
    on_progress: OnProgress | None = None,
) -> list[PerturbationCurve]:
    """From the pictures to the baseline, or back, the highest pixels first; one curve per way."""
    checks.pictures(classifier, x)
    checks.at_least("steps", steps, 1)
    if maps.shape != x[:, 0].shape:
        raise ValueError(f"expected maps of {tuple(x[:, 0].shape)}, got {tuple(maps.shape)}")
    wanted = targets(classifier, x, target)
    size, together = maps[0].numel(), at_once(x)
    counts = [round(step * size / steps) for step in range(steps + 1)]
    # The picture and the baseline are the ends of every curve; they are looked at once.
    moments = [(0, True), (size, True), *((k, way) for way in to_baseline for k in counts[1:-1])]
    parts = range(0, len(x), together)
    done = []
    for i, first in enumerate(parts):
        rows = slice(first, first + together)
        report = part_of(on_progress, i, len(parts))
        followed = _followed(
            classifier, x[rows], baseline, maps[rows], wanted[rows], moments, report
        )
        picture, nothing, between = followed.split([1, 1, len(moments) - 2], dim=1)
        ways = zip(to_baseline, between.chunk(len(to_baseline), dim=1), strict=True)
        done.append(
            [
                torch.cat([picture, way, nothing] if falls else [nothing, way, picture], 1)
                for falls, way in ways
            ]
        )
    share = torch.tensor(counts, device=x.device) / size
    return [PerturbationCurve(share, torch.cat(curves)) for curves in zip(*done, strict=True)]


def _followed(
    classifier: Classifier,
    x: Tensor,
    baseline: Baseline,
    maps: Tensor,
    wanted: Tensor,
    moments: Sequence[tuple[int, bool]],
    on_progress: OnProgress | None,
) -> Tensor:
    """``(N, M)``: the target's probability at every moment, some moments at a time.

    A moment is a number of pixels, and whether they went to the baseline or came back from it.
    """
    place, nothing = _places(maps), baseline_pictures(classifier, x, baseline)
    copies = max(1, at_once(x) // len(x))
    columns = []
    for start in range(0, len(moments), copies):
        some = moments[start : start + copies]
        mixed = torch.cat([torch.where((place < k) == gone, nothing, x) for k, gone in some])
        probability = classifier.predict(mixed, batch_size=len(mixed)).softmax(1)
        of_target = probability.gather(1, wanted.repeat(len(some))[:, None])
        columns.append(of_target.view(len(some), -1).T)
        if on_progress is not None:
            on_progress((start + len(some)) / len(moments))
    return torch.cat(columns, 1)


def _places(maps: Tensor) -> Tensor:
    """``int64 (N, 1, H, W)``: how many pixels of its map come before this one."""
    if not maps.isfinite().all():
        raise ValueError("expected finite maps, got one whose pixels cannot be ranked")
    order = ranking(maps)
    numbers = torch.arange(order.shape[1], device=maps.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, numbers).view(maps.shape)[:, None]
