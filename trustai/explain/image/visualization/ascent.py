"""Feature visualization: a picture made from nothing that a class, a channel or a neuron likes.

Gradient ascent on the picture instead of the weights. Without help it ends in grain that only the
network sees (Szegedy et al. 2014): every pixel is free, and a network is linear enough for many
tiny agreements of pixels to add up to more than any shape. The rest of `Visualization` is what has
been found to help.

>>> from trustai.explain.image import objectives, visualize
>>> stop = objectives.class_named(classifier, "stop")  # doctest: +SKIP
>>> for frame in visualize.climb(classifier, stop, params=visualize.GOOD):  # doctest: +SKIP
...     print(frame.step, frame.score, frame.picture.shape)
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.explain.image.visualization.canvas import Canvas, canvas
from trustai.explain.image.visualization.gradient import Guide
from trustai.explain.image.visualization.jitter import Jitter
from trustai.explain.image.visualization.objectives import (
    Objective,
    Probe,
    total_variation,
)
from trustai.explain.image.visualization.params import (
    COURSE,
    GOOD,
    PLAIN,
    Visualization,
)
from trustai.types import Circumstances
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

__all__ = ["COURSE", "GOOD", "PLAIN", "Frame", "Visualization", "climb", "final"]

# Adam remembers how large gradients are for 100 steps instead of its usual 1,000: those at the
# start, while the class is not yet the likeliest, would shorten the steps of the whole climb.
_BETAS = (0.9, 0.99)


@dataclass(frozen=True, eq=False)
class Frame:
    """The climb so far.

    Scores and probabilities are those of the picture as it is: neither moved nor regularised.

    Attributes:
        picture: ``float32 (1, 3, size, size)`` in ``[0, 1]``.
        score: The objective of `picture`, a logit or an activation.
        probability: Of the class, in ``[0, 1]``; None where the objective is not a class.
        picture_step: After how many steps the picture was this one.
        step: Steps made so far.
        curve: The score after 0, 1, ... `step` steps.
        finished: True for the last frame only. It shows the best picture: of all steps, the start
            included, the one of the highest score (the first such).
        circumstances: Model, parameters, seed and seconds so far.
    """

    picture: Tensor
    score: float
    probability: float | None
    picture_step: int
    step: int
    curve: tuple[float, ...]
    finished: bool
    circumstances: Circumstances


@dataclass(frozen=True, eq=False)
class _Sight:
    """A picture as measured after some step."""

    picture: Tensor
    score: float
    probability: float | None
    step: int


def climb(
    classifier: Classifier,
    objective: Objective,
    *,
    params: Visualization = GOOD,
    seed: int = 0,
    every: int = 8,
) -> Iterator[Frame]:
    """Make a picture that `objective` likes; a generator of the climb so far.

    The first frame is the start, noise around grey. The generator may be closed between any two
    frames; nothing of it stays on `classifier`, which may be shared with other threads.

    Args:
        classifier: In eval mode.
        objective: `ClassLogit`, `Channel` or `Neuron`.
        seed: Of the start and of all movements. Same inputs and seed, same bytes out.
        every: A frame after every so many steps; changes nothing about the climb.

    Raises:
        ValueError: at the call, before the first frame is asked for: the network is in training
            mode or has not what the objective looks at, no size is known, or the shift is not
            smaller than the picture.
    """
    checks.at_least("every", every, 1)
    if classifier.training:
        raise ValueError("expected a classifier in eval mode, got one in training mode")
    size = _size(classifier, params)
    generator = torch.Generator().manual_seed(seed)
    judge = Probe(classifier.replica(), objective)
    start = canvas(
        params.parameterisation,
        size=size,
        decorrelate=params.decorrelate,
        generator=generator,
        device=classifier.mean.device,
    )
    with torch.no_grad():
        objective.check(judge.found(start.picture())[1])
    guide = Guide(classifier, objective, log_probability=params.log_probability)
    run = _Climb(guide, judge, start, dataclasses.replace(params, size=size), generator)
    return _frames(classifier, objective, run, seed, every)


def final(
    classifier: Classifier,
    objective: Objective,
    *,
    params: Visualization = GOOD,
    seed: int = 0,
) -> Frame:
    """The last frame of `climb`, the best picture, without those before it."""
    *_, last = climb(classifier, objective, params=params, seed=seed, every=params.steps)
    return last


def _size(classifier: Classifier, params: Visualization) -> int:
    if params.size is not None:
        size = params.size
    elif classifier.card is not None:
        size = classifier.card.input_size
    else:
        raise ValueError("expected size in pixels for a network without a card, got None")
    if params.shift >= size:
        raise ValueError(
            f"expected shift to be smaller than the picture of {size} pixels, got {params.shift}"
        )
    return size


class _Climb:
    """One canvas on its way up."""

    def __init__(
        self,
        guide: Guide,
        judge: Probe,
        start: Canvas,
        params: Visualization,
        generator: torch.Generator,
    ) -> None:
        self._guide, self._judge = guide, judge
        self.canvas, self.params = start, params
        self._generator = generator
        self._jitter = Jitter(params.shift, params.rotation, params.scale)
        self._optimizer = torch.optim.Adam([start.leaf], lr=params.learning_rate, betas=_BETAS)

    def step(self, number: int) -> None:
        """Step `number`, counted from 1."""
        params = self.params
        with torch.enable_grad():
            moved = self._jitter(self.canvas.picture(), generator=self._generator)
        self.canvas.leaf.grad = -self._guide.uphill(moved, leaf=self.canvas.leaf)
        self._optimizer.step()
        if params.total_variation > 0:
            self._smooth()
        if params.blur_every and number % params.blur_every == 0:
            self.canvas.blur(params.blur_sigma)
        self.canvas.project()

    def _smooth(self) -> None:
        raw = self.canvas.raw().detach().requires_grad_(True)
        with torch.enable_grad():
            variation = total_variation(self.canvas.painted(raw)).sum()
            (gradient,) = torch.autograd.grad(variation, raw)
        self.canvas.move(-self.params.learning_rate * self.params.total_variation * gradient)

    def sight(self, step: int) -> _Sight:
        with torch.no_grad():
            picture = self.canvas.picture().clone()  # the next step writes into it
        score, probability = self._judge.measure(picture)
        return _Sight(picture, score, probability, step)


def _frames(
    classifier: Classifier, objective: Objective, run: _Climb, seed: int, every: int
) -> Iterator[Frame]:
    started = time.perf_counter()
    parameters = dataclasses.asdict(run.params) | {
        "objective": type(objective).__name__,
        **dataclasses.asdict(objective),  # type: ignore[call-overload]
    }
    best = shown = run.sight(0)
    curve = [best.score]

    def frame(of: _Sight, *, finished: bool) -> Frame:
        return Frame(
            picture=of.picture,
            score=of.score,
            probability=of.probability,
            picture_step=of.step,
            step=len(curve) - 1,
            curve=tuple(curve),
            finished=finished,
            circumstances=classifier.circumstances(
                method="feature_visualization", parameters=parameters, seed=seed, started=started
            ),
        )

    yield frame(shown, finished=False)
    for number in range(1, run.params.steps + 1):
        run.step(number)
        shown = run.sight(number)
        curve.append(shown.score)
        if shown.score > best.score:
            best = shown
        if number % every == 0 and number < run.params.steps:
            yield frame(shown, finished=False)
    yield frame(best, finished=True)
