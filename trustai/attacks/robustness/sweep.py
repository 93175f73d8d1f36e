"""The robustness curve: accuracy against epsilon.

The accuracy at ``eps`` is the share of pictures that *no tried perturbation up to* ``eps`` has
fooled, ``1/N sum_i [smallest_eps_i > eps]``, so the curve never rises, also where a larger step of
FGSM would overshoot. Every picture is attacked only until it is fooled:

- ``fgsm``: one gradient serves all epsilons.
- ``pgd_linf``, ``pgd_l2``: at each epsilon only the pictures that are still robust, from their last
  perturbation grown to the new radius and with half of the steps (at the first epsilon from a
  random start and with all of them); each stops as it is fooled. The gradients come from a fast
  approximation of the model; see `fast_forward`.
- min-norm attacks: once, without a limit; the length found decides.
- any other: the attack itself, at each epsilon, on the pictures that are still robust.

A picture counts as fooled only when the given classifier, in float32, is fooled by a picture
inside the ball and inside ``[0, 1]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from trustai import seeds
from trustai.attacks.base import ATTACKS, default_batch_size
from trustai.attacks.robustness.strategies import advance
from trustai.attacks.robustness.sweep_state import SweepState
from trustai.types import OnProgress, RobustnessCurve
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier


def sweep(
    classifier: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    attack: str,
    eps: Sequence[float] | Tensor,
    seed: int = 0,
    params: Any = None,
    batch_size: int | None = None,
    on_progress: OnProgress | None = None,
) -> RobustnessCurve:
    """Accuracy at every epsilon, and the smallest epsilon that fools each picture.

    Args:
        classifier: In eval mode; shared safely with other threads.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        y: ``int64 (N,)``, true labels.
        attack: A name of `trustai.attacks.names`.
        eps: Strictly ascending; in ``[0, 1]`` for Linf attacks, at least 0 for the others (L2).
        seed: Of the random starts. Same inputs and seed, same curve.
        params: Of the attack, for instance ``PGDParams(steps=20)``; None for its defaults.
        batch_size: Pictures at a time; None chooses by device.
        on_progress: Called with the share of the work done; may raise to stop.

    Raises:
        ValueError: an input outside what is said above.

    >>> from trustai import data, zoo
    >>> signs, classifier = data.load("signs", n=2), zoo.load("signs-resnet18")
    >>> sweep(classifier, signs.pixels, signs.labels, attack="fgsm", eps=[0, 0.03]).accuracy
    tensor([1.0000, 0.5000])
    """
    stream = sweep_stream(
        classifier, x, y, attack=attack, eps=eps, seed=seed, params=params,
        batch_size=batch_size, on_progress=on_progress,
    )  # fmt: skip
    *_, last = stream  # the first pass through the model has been made, the rest runs here
    return last


def sweep_stream(
    classifier: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    attack: str,
    eps: Sequence[float] | Tensor,
    seed: int = 0,
    params: Any = None,
    batch_size: int | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[RobustnessCurve]:
    """`sweep` as a generator of what is known so far, one curve after every batch.

    A partial curve is valid for what has been tried: its accuracies only fall from one to the
    next. Only the last has ``finished=True``. The generator may be closed between any two.
    Inputs are checked at the call, before the first curve is asked for; arguments as of `sweep`.
    """
    method = ATTACKS.get(attack)
    params = method.checked(params)
    radii = checks.radii(eps, norm=method.norm)
    checks.pictures(classifier, x, gradients=True)
    if batch_size is None:
        batch_size = default_batch_size(x)
    checks.at_least("batch_size", batch_size, 1)
    state = SweepState(
        classifier,
        x,
        y,
        attack=method,
        params=params,
        radii=radii,
        seed=seeds.checked(seed),
        batch_size=batch_size,
    )
    return _stream(state, on_progress)


def _stream(state: SweepState, on_progress: OnProgress | None) -> Iterator[RobustnessCurve]:
    yield state.curve(finished=False)
    for share in advance(state):
        if on_progress is not None:
            on_progress(share)
        yield state.curve(finished=False)
    if on_progress is not None:
        on_progress(1.0)
    yield state.curve(finished=True)
