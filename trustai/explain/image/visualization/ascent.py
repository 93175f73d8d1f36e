"""Feature visualization: gradient ascent on a picture until a class, channel or neuron answers.

The picture is changed instead of the weights. Without regularisation the ascent ends in
high-frequency noise (Szegedy et al. 2014): every pixel is free, and a network is linear enough for
many tiny agreements of pixels to add up to more than any shape. The rest of
`VisualizationParams` is what has been found to help.

>>> import dataclasses
>>> from trustai import zoo
>>> from trustai.explain.image.visualization.objectives import ClassLogit
>>> classifier = zoo.load("signs-resnet18")
>>> stop = ClassLogit(classifier.card.classes.index("stop"))
>>> params = dataclasses.replace(GOOD, steps=4)
>>> for frame in ascend(classifier, stop, params=params, every=2):
...     print(frame.step, tuple(frame.picture.shape), frame.finished)
0 (1, 3, 64, 64) False
2 (1, 3, 64, 64) False
4 (1, 3, 64, 64) True
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai import seeds
from trustai.explain.image.visualization.gradient import ObjectiveGradient
from trustai.explain.image.visualization.objectives import (
    Objective,
    Probe,
    total_variation,
)
from trustai.explain.image.visualization.parameterisation import initial_parameterisation
from trustai.explain.image.visualization.params import (
    COURSE,
    GOOD,
    PLAIN,
    VisualizationParams,
)
from trustai.explain.image.visualization.transforms import RandomTransform
from trustai.types import Circumstances
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

__all__ = ["COURSE", "GOOD", "PLAIN", "Frame", "VisualizationParams", "ascend"]

# Adam remembers how large gradients are for 100 steps instead of its usual 1,000: those at the
# start, while the class is not yet the likeliest, would shorten all later steps.
_BETAS = (0.9, 0.99)


@dataclass(frozen=True, eq=False)
class Frame:
    """The ascent so far.

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
class _Measured:
    """A picture as measured after some step."""

    picture: Tensor
    score: float
    probability: float | None
    step: int


def ascend(
    classifier: Classifier,
    objective: Objective,
    *,
    params: VisualizationParams = GOOD,
    seed: int = 0,
    every: int = 8,
) -> Iterator[Frame]:
    """Make a picture with a large objective; a generator of the ascent so far.

    The first frame is the start, noise around grey. The generator may be closed between any two
    frames; nothing of it stays on `classifier`, which may be shared with other threads.

    Args:
        classifier: In eval mode.
        objective: `ClassLogit`, `Channel` or `Neuron`.
        params: How the picture is parameterised, moved and regularised.
        seed: Of the start and of all movements. Same inputs and seed, same bytes out.
        every: A frame after every so many steps, at least 1; changes nothing about the ascent.

    Returns:
        Frames, of which the last one, `Frame.finished`, holds the best picture.

    Raises:
        ValueError: at the call, before the first frame is asked for: the network is in training
            mode or has not what the objective looks at, no size is known, or the shift is not
            smaller than the picture.
    """
    checks.at_least("every", every, 1)
    if classifier.training:
        raise ValueError("expected a classifier in eval mode, got one in training mode")
    checks.gradients_possible(classifier.mean)
    params = dataclasses.replace(params, size=_size(classifier, params))
    run = _Ascent(classifier, objective, params, seeds.torch_generator(seed))
    return _frames(classifier, objective, run, seed, every)


def _size(classifier: Classifier, params: VisualizationParams) -> int:
    """Side of the picture in pixels."""
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


class _Ascent:
    """One parameterised picture under an optimizer.

    Raises:
        ValueError: the network has not what the objective looks at.
    """

    def __init__(
        self,
        classifier: Classifier,
        objective: Objective,
        params: VisualizationParams,
        generator: torch.Generator,
    ) -> None:
        assert params.size is not None, "`ascend` has found it out"
        self._probe = Probe(classifier.replica(), objective)
        self.image = initial_parameterisation(
            params.parameterisation,
            size=params.size,
            decorrelate=params.decorrelate,
            generator=generator,
            device=classifier.mean.device,
        )
        with torch.no_grad():
            objective.check(self._probe.found(self.image.picture())[1])
        self._gradient = ObjectiveGradient(
            classifier, objective, log_probability=params.log_probability
        )
        self.params, self._generator = params, generator
        self._transform = RandomTransform(params.shift, params.rotation, params.scale)
        leaf = self.image.leaf
        self._optimizer = torch.optim.Adam([leaf], lr=params.learning_rate, betas=_BETAS)

    def step(self, number: int) -> None:
        """Step `number`, counted from 1."""
        params = self.params
        with torch.enable_grad():
            moved = self._transform(self.image.picture(), generator=self._generator)
        self.image.leaf.grad = -self._gradient.at(moved, leaf=self.image.leaf)
        self._optimizer.step()
        if params.total_variation > 0:
            self._smooth()
        if params.blur_every and number % params.blur_every == 0:
            self.image.blur(params.blur_sigma)
        self.image.project()

    def _smooth(self) -> None:
        raw = self.image.raw().detach().requires_grad_(True)
        with torch.enable_grad():
            variation = total_variation(self.image.to_picture(raw)).sum()
            (gradient,) = torch.autograd.grad(variation, raw)
        self.image.move(-self.params.learning_rate * self.params.total_variation * gradient)

    def measured(self, step: int) -> _Measured:
        with torch.no_grad():
            picture = self.image.picture().clone()  # the next step writes into it
        score, probability = self._probe.measure(picture)
        return _Measured(picture, score, probability, step)


def _frames(
    classifier: Classifier, objective: Objective, run: _Ascent, seed: int, every: int
) -> Iterator[Frame]:
    started = time.perf_counter()
    parameters = dataclasses.asdict(run.params) | {
        "objective": type(objective).__name__,
        **dataclasses.asdict(objective),  # type: ignore[call-overload]
    }
    best = shown = run.measured(0)
    curve = [best.score]

    def frame(of: _Measured, *, finished: bool) -> Frame:
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
        shown = run.measured(number)
        curve.append(shown.score)
        if shown.score > best.score:
            best = shown
        if number % every == 0 and number < run.params.steps:
            yield frame(shown, finished=False)
    yield frame(best, finished=True)
