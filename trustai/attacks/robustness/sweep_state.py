"""The state of a robustness sweep: which pictures are fooled by now, and at which epsilon."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from trustai.attacks.base import Attack, reached, require_inside
from trustai.types import RobustnessCurve
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier


class SweepState:
    """The state of one sweep, and the only place that says that a picture is fooled.

    Attributes:
        x, y: All pictures and their labels.
        radii: The epsilons, ascending.
        smallest: ``(N,)``: 0 where the clean prediction is wrong, ``inf`` while it is robust.
    """

    def __init__(
        self,
        classifier: Classifier,
        x: Tensor,
        y: Tensor,
        *,
        attack: Attack[Any],
        params: Any,
        radii: list[float],
        seed: int,
        batch_size: int,
    ) -> None:
        self.started = time.perf_counter()
        self.classifier, self.x, self.y = classifier, x, y
        self.attack, self.params = attack, params
        self.radii, self.seed, self.batch_size = radii, seed, batch_size
        logits = classifier.predict(x)
        checks.labels(y, n=len(x), n_classes=logits.shape[1])
        wrong = reached(logits, y, targeted=False)
        self.smallest = torch.full((len(x),), math.inf, device=x.device)
        self.smallest[wrong] = 0
        self.label = torch.where(wrong, logits.argmax(1), y)

    def batches(self) -> list[Tensor]:
        """Positions of the pictures that are robust by now, in batches."""
        robust = self.smallest.isinf().nonzero().flatten()
        return list(robust.split(self.batch_size)) if len(robust) else []

    def rounds(self) -> Iterator[tuple[int, Tensor, float]]:
        """Batches of what is robust at each epsilon above 0: ``(k, rows, share done)``."""
        for k, eps in enumerate(self.radii):
            batches = self.batches() if eps > 0 else []
            for i, rows in enumerate(batches, start=1):
                yield k, rows, (k + i / len(batches)) / len(self.radii)

    def judge(self, rows: Tensor, x_adv: Tensor, k: int) -> Tensor:
        """Show `x_adv` to the original classifier in float32 and remember what is fooled.

        Args:
            rows: Positions ``(M,)`` of the pictures that `x_adv` ``(M, 3, H, W)`` belongs to.
            k: Index of the epsilon; a picture outside its ball is an error of ours.

        Returns:
            ``bool (M,)``, which are fooled.
        """
        if len(rows) == 0:
            return torch.zeros(0, dtype=torch.bool, device=rows.device)
        require_inside(x_adv, self.x[rows], self.radii[k], norm=self.attack.norm)
        logits = self.classifier.predict(x_adv)
        fooled = reached(logits, self.y[rows], targeted=False)
        self.smallest[rows[fooled]] = self.radii[k]
        self.label[rows[fooled]] = logits[fooled].argmax(1)
        return fooled

    def curve(self, *, finished: bool) -> RobustnessCurve:
        """What is known now, as values of its own: later rounds do not change it."""
        smallest = self.smallest.cpu()
        eps = torch.tensor(self.radii, dtype=smallest.dtype)
        return RobustnessCurve(
            eps=eps,
            accuracy=(smallest > eps[:, None]).float().mean(1),
            smallest_eps=smallest.clone(),
            fooled_label=self.label.cpu().clone(),
            circumstances=self.classifier.circumstances(
                method=self.attack.name,
                parameters=dataclasses.asdict(self.params)
                | {"eps": self.radii, "norm": self.attack.norm, "n": len(self.x)},
                seed=self.seed,
                started=self.started,
            ),
            finished=finished,
        )
