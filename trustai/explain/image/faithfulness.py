"""Is a map faithful? Take away what it calls important, and see whether the network agrees.

Deletion and insertion of Petsiuk et al. 2018, RISE, https://arxiv.org/abs/1806.07421. A number of
this kind means little by itself, so `faithfulness` gives that of random maps beside it, just as
coarse as the method's own.

>>> result = explain("grad_cam", classifier, x)  # doctest: +SKIP
>>> judged = faithfulness(classifier, x, result)  # doctest: +SKIP
>>> judged.deletion.area, judged.random_deletion.area  # doctest: +SKIP
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trustai.explain.image.fills import BLUR, Fill, checked_fill, filled
from trustai.explain.image.passes import OnProgress, at_once, enlarge, part_of
from trustai.explain.image.similarity import ranking
from trustai.types import Attribution, Circumstances
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier


@dataclass(frozen=True)
class FaithfulnessParams:
    """How maps are judged.

    Attributes:
        steps: Equal steps in which the pixels go, at least 1.
        fill: What a deleted pixel becomes and insertion starts from, see `filled`.
        n_random: Random maps per picture whose curves are averaged, at least 1.
    """

    steps: int = 32
    fill: Fill = "blur"
    n_random: int = 3

    def __post_init__(self) -> None:
        checks.at_least("steps", self.steps, 1)
        checks.at_least("n_random", self.n_random, 1)
        checked_fill(self.fill)


@dataclass(frozen=True, eq=False)
class Curve:
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


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """Both curves of some maps, beside those of random maps of the same coarseness.

    Attributes:
        deletion, insertion: Of the maps.
        random_deletion, random_insertion: The mean curves of the random maps.
        circumstances: The method judged; the parameters of the judging.
    """

    deletion: Curve
    insertion: Curve
    random_deletion: Curve
    random_insertion: Curve
    circumstances: Circumstances

    @property
    def seconds(self) -> float:
        return self.circumstances.seconds


def deletion(
    classifier: Classifier,
    x: Tensor,
    maps: Tensor,
    *,
    target: int | Tensor,
    steps: int = 32,
    fill: Fill = "blur",
) -> Curve:
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
        fill: What a deleted pixel becomes, see `filled`.

    Returns:
        A curve from the picture's own probability at share 0 to that of the fill at share 1.

    Raises:
        ValueError: an input outside what is said above.
    """
    return _curve(classifier, x, fill, maps, target, steps, to_fill=True)


def insertion(
    classifier: Classifier,
    x: Tensor,
    maps: Tensor,
    *,
    target: int | Tensor,
    steps: int = 32,
    fill: Fill = "blur",
) -> Curve:
    """Insert the pixels from the most important on: the sooner the probability rises, the better.

    The arguments are those of `deletion`; `fill` is what it starts from.
    """
    return _curve(classifier, x, fill, maps, target, steps, to_fill=False)


def faithfulness(
    classifier: Classifier,
    x: Tensor,
    attribution: Attribution,
    *,
    seed: int = 0,
    params: FaithfulnessParams | None = None,
    on_progress: OnProgress | None = None,
) -> Faithfulness:
    """Deletion and insertion of a method's maps and of random maps drawn on the method's grid.

    Args:
        classifier, x: Those that `attribution` was made with.
        seed: Of the random maps.
        on_progress: Called with the share done; may raise to stop.

    Raises:
        ValueError: the maps do not fit the pictures or are not finite.
    """
    started = time.perf_counter()
    params, target, grid = params or FaithfulnessParams(), attribution.target, attribution.grid
    own, chance = part_of(on_progress, 0, 2), part_of(on_progress, 1, 2)
    deleted, inserted = both(
        classifier, x, attribution.map, target=target, params=params, on_progress=own
    )
    random_deleted, random_inserted = random_curves(
        classifier, x, grid, target=target, params=params, seed=seed, on_progress=chance
    )
    return Faithfulness(
        deletion=deleted,
        insertion=inserted,
        random_deletion=random_deleted,
        random_insertion=random_inserted,
        circumstances=classifier.circumstances(
            method=attribution.circumstances.method,
            parameters={**dataclasses.asdict(params), "blur": BLUR, "grid": grid},
            seed=seed,
            started=started,
        ),
    )


def both(
    classifier: Classifier,
    x: Tensor,
    maps: Tensor,
    *,
    target: int | Tensor,
    params: FaithfulnessParams,
    on_progress: OnProgress | None = None,
) -> tuple[Curve, Curve]:
    """Deletion and insertion curves of the same maps; the arguments are those of `deletion`."""
    same = (classifier, x, params.fill, maps, target, params.steps)
    first, second = part_of(on_progress, 0, 2), part_of(on_progress, 1, 2)
    deleted = _curve(*same, to_fill=True, on_progress=first)
    return deleted, _curve(*same, to_fill=False, on_progress=second)


def random_curves(
    classifier: Classifier,
    x: Tensor,
    grid: tuple[int, int],
    *,
    target: int | Tensor,
    params: FaithfulnessParams,
    seed: int,
    first: int = 0,
    on_progress: OnProgress | None = None,
) -> tuple[Curve, Curve]:
    """The mean deletion and insertion curves of `random_maps`, whose arguments these are."""
    maps = random_maps(x, grid, n=params.n_random, seed=seed, first=first)
    parts = [part_of(on_progress, i, len(maps)) for i in range(len(maps))]
    curves = [
        both(classifier, x, one, target=target, params=params, on_progress=part)
        for one, part in zip(maps, parts, strict=True)
    ]
    share = curves[0][0].share
    deleted = torch.stack([deleted.probability for deleted, _ in curves]).mean(0)
    inserted = torch.stack([inserted.probability for _, inserted in curves]).mean(0)
    return Curve(share, deleted), Curve(share, inserted)


def random_maps(
    x: Tensor, grid: tuple[int, int], *, n: int, seed: int, first: int = 0
) -> list[Tensor]:
    """`n` batches of maps ``(N, H, W)``, uniform in ``[0, 1]`` on `grid`, enlarged bilinearly.

    Every picture meets random maps of its own, which depend on `seed` and its number
    ``first + i`` only, not on the batch it stands in.
    """
    dice = [np.random.default_rng([seed, first + i]) for i in range(len(x))]
    drawn = np.stack([one.random((n, *grid), dtype=np.float32) for one in dice], axis=1)
    return [enlarge(one.to(x.device), x) for one in torch.from_numpy(drawn)]


def _curve(
    classifier: Classifier,
    x: Tensor,
    fill: Fill,
    maps: Tensor,
    target: int | Tensor,
    steps: int,
    *,
    to_fill: bool,
    on_progress: OnProgress | None = None,
) -> Curve:
    """From the pictures to the fill or back, the highest pixels first, `at_once` at a time."""
    checks.pictures(classifier, x)
    checks.at_least("steps", steps, 1)
    if maps.shape != x[:, 0].shape:
        raise ValueError(f"expected maps of {tuple(x[:, 0].shape)}, got {tuple(maps.shape)}")
    n_classes = classifier.predict(x[:1]).shape[1]
    wanted = checks.targets(target, n=len(x), n_classes=n_classes).to(x.device)
    size, together = maps[0].numel(), at_once(x)
    counts = [round(step * size / steps) for step in range(steps + 1)]
    done = []
    for first in range(0, len(x), together):
        rows = slice(first, first + together)
        place, ends = _places(maps[rows]), (x[rows], filled(classifier, x[rows], fill))
        before, after = ends if to_fill else ends[::-1]
        copies = max(1, together // len(place))
        columns = []
        for start in range(0, len(counts), copies):
            some = counts[start : start + copies]
            mixed = torch.cat([torch.where(place < k, after, before) for k in some])
            probability = classifier.predict(mixed, batch_size=together).softmax(1)
            of_target = probability.gather(1, wanted[rows].repeat(len(some))[:, None])
            columns.append(of_target.view(len(some), -1).T)
            if on_progress is not None:
                share = (start + len(some)) / len(counts)
                on_progress((first + share * len(place)) / len(x))
        done.append(torch.cat(columns, 1))
    return Curve(torch.tensor(counts, device=x.device) / size, torch.cat(done))


def _places(maps: Tensor) -> Tensor:
    """``int64 (N, 1, H, W)``: how many pixels of its map come before this one."""
    if not maps.isfinite().all():
        raise ValueError("expected finite maps, got one whose pixels cannot be ranked")
    order = ranking(maps)
    numbers = torch.arange(order.shape[1], device=maps.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, numbers).view(maps.shape)[:, None]
