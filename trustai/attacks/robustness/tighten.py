"""Tightening a robustness curve: restarts and a second loss look for still smaller epsilons.

A sweep takes few steps and one start, so its curve is an upper bound of the accuracy. Here every
picture is attacked again one epsilon below the one that is known to fool it (at the largest where
none is), and again one below, until an epsilon withstands all restarts. Half of the restarts climb
the cross entropy, half the margin of the logits, whose gradient does not fade where the network is
very sure. The result is lower or equal everywhere, and still an upper bound.

Croce and Hein 2020, Reliable evaluation of adversarial robustness,
https://arxiv.org/abs/2003.01690, shows why one loss and one start are not enough.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai import seeds
from trustai.attacks.base import reached, require_inside
from trustai.attacks.robustness.low_precision import fast_forward
from trustai.attacks.steps import (
    Forward,
    cross_entropy,
    linf_step,
    logits_and_gradient,
    margin_loss,
    random_start_linf,
)
from trustai.types import OnProgress, RobustnessCurve
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

BATCH = 128


@dataclass(frozen=True)
class TightenParams:
    """How hard is looked.

    Attributes:
        restarts: Random starts at every epsilon, at least 2: they climb cross entropy and margin
            in turn.
        steps: Of each, at least 1, ``2.5 * eps / steps`` long.
    """

    restarts: int = 4
    steps: int = 20

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("restarts", self.restarts, 2)
        checks.at_least("steps", self.steps, 1)


def tighten(
    classifier: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    curve: RobustnessCurve,
    seed: int = 0,
    params: TightenParams | None = None,
    on_progress: OnProgress | None = None,
) -> RobustnessCurve:
    """A curve of an Linf attack, with the smaller epsilons that a harder search finds.

    Args:
        classifier, x, y: Of which `curve` is.
        curve: Finished, as `trustai.attacks.sweep` gives it.
        seed: Of the random starts.
        params: None for the defaults.
        on_progress: Called with the share of the pictures that are settled; may raise to stop.

    Raises:
        ValueError: a curve of other pictures, of an L2 attack or one that is not finished.

    >>> from trustai import attacks, data, zoo
    >>> signs, classifier = data.load("signs", n=2), zoo.load("signs-resnet18")
    >>> x, y = signs.pixels, signs.labels
    >>> curve = attacks.sweep(classifier, x, y, attack="fgsm", eps=[0, 0.01, 0.03])
    >>> bool((tighten(classifier, x, y, curve=curve).accuracy <= curve.accuracy).all())
    True
    """
    checks.pictures(classifier, x, gradients=True)
    search = _Search(classifier, x, y, _checked(curve, len(x)), params or TightenParams(), seed)
    for settled in search.rounds():
        if on_progress is not None:
            on_progress(settled)
    return search.result()


def _checked(curve: RobustnessCurve, n: int) -> RobustnessCurve:
    norm = curve.circumstances.parameters.get("norm")
    if norm != "linf" or not curve.finished or len(curve.smallest_eps) != n:
        raise ValueError(
            f"expected a finished Linf curve of these {n} pictures, "
            f"got {norm}, {len(curve.smallest_eps)} pictures, finished {curve.finished}"
        )
    return curve


class _Search:
    """The pictures, each one epsilon below what is known, until that withstands all restarts."""

    def __init__(
        self,
        classifier: Classifier,
        x: Tensor,
        y: Tensor,
        curve: RobustnessCurve,
        params: TightenParams,
        seed: int,
    ) -> None:
        self.started = time.perf_counter()
        self.classifier, self.x, self.y = classifier, x, y
        self.curve, self.params, self.seed = curve, params, seed
        self.forward: Forward = fast_forward(classifier, bf16=False)
        self.generator = seeds.torch_generator(seed)
        self.radii = curve.eps.to(x)
        self.smallest, self.label = curve.smallest_eps.clone(), curve.fooled_label.clone()
        # Index of the epsilon to try next: one below the known one; below the first there is none.
        known = torch.searchsorted(curve.eps, self.smallest)
        self.next = torch.where(self.smallest > 0, known - 1, -1)
        self.next[self.smallest.isinf()] = len(curve.eps) - 1
        self.next[(self.next >= 0) & (curve.eps[self.next.clamp_min(0)] <= 0)] = -1

    def rounds(self) -> Iterator[float]:
        """Attack what is not settled, batch by batch; yields the settled share."""
        while len(open_ := (self.next >= 0).nonzero().flatten()):
            for rows in open_.split(BATCH):
                fooled = self._attacked(rows)
                self.next[rows[~fooled]] = -1
                self.next[rows[fooled]] -= 1
                at = self.next.clamp_min(0)
                self.next[self.radii[at] <= 0] = -1
                yield 1 - (self.next >= 0).double().mean().item()

    def _attacked(self, rows: Tensor) -> Tensor:
        """Which of `rows` a restart fools at the epsilon that each of them is to be tried at."""
        radii = self.radii[self.next[rows]]
        done = torch.zeros(len(rows), dtype=torch.bool)
        for restart in range(self.params.restarts):
            left = (~done).nonzero().flatten()
            if len(left) == 0:
                break
            x, y, eps = self.x[rows[left]], self.y[rows[left]], radii[left].view(-1, 1, 1, 1)
            loss = margin_loss if restart % 2 == 0 else cross_entropy
            x_adv = random_start_linf(x, eps, self.generator)
            for _ in range(self.params.steps):
                _, gradient = logits_and_gradient(self.forward, x_adv, y, loss=loss)
                alpha = 2.5 * eps / self.params.steps
                x_adv = linf_step(x_adv, x, gradient, eps=eps, alpha=alpha)
            done[left] = self._judged(rows[left], x_adv, eps)
        return done

    def _judged(self, rows: Tensor, x_adv: Tensor, eps: Tensor) -> Tensor:
        """Shown to the classifier itself; what fools it is remembered."""
        for radius in eps.unique().tolist():
            mine = (eps == radius).flatten()
            require_inside(x_adv[mine], self.x[rows[mine]], radius, norm="linf")
        logits = self.classifier.predict(x_adv)
        fooled = reached(logits, self.y[rows], targeted=False)
        self.smallest[rows[fooled]] = eps.flatten()[fooled].to(self.smallest)
        self.label[rows[fooled]] = logits[fooled].argmax(1)
        return fooled

    def result(self) -> RobustnessCurve:
        before = self.curve.circumstances
        tightened = {"tightened": dataclasses.asdict(self.params)}
        return dataclasses.replace(
            self.curve,
            accuracy=(self.smallest > self.curve.eps[:, None]).float().mean(1),
            smallest_eps=self.smallest,
            fooled_label=self.label,
            circumstances=self.classifier.circumstances(
                method=f"{before.method}, tightened",
                parameters={**before.parameters, **tightened},
                seed=self.seed,
                started=self.started,
            ),
        )
