"""An OOD detector: a score and its threshold as a classifier of two classes, open to attacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from trustai.ood.base import PreparedScore, prepared_score
from trustai.types import Circumstances
from trustai.zoo import Classifier, FeatureStatistics

ACCEPTED, REJECTED = 0, 1


class Detector(Classifier):
    """Accepts a picture where its score is at most the threshold.

    Logits are ``(r, -r)`` with ``r = asinh(threshold - score)`` for the classes ``("accepted",
    "rejected")``; a tie is accepted. The logarithmic growth of asinh keeps the cross entropy's
    gradient alive far from the threshold, where a plain difference of a hundred would round it to
    zero and a failing attack would pass for a defence. Two signs, not one logit beside a 0: the
    library behind Carlini and Wagner's attack takes a 0 for a logit that does not count.

    Args:
        classifier: In eval mode; it is copied, not changed.
        score: One of `trustai.ood.names`.
        threshold: The largest score that is accepted.
        fitted: Statistics of the training pictures; None: ``zoo.feature_statistics(classifier)``
            where needed.
        params: The score's own dataclass; None for its defaults.

    Raises:
        ValueError: no such score, it cannot apply, nothing was fitted, or threshold is not finite.

    >>> from trustai import attacks, data, zoo
    >>> signs, classifier = data.load("signs", n=2), zoo.load("signs-no-stop")
    >>> detector = Detector(classifier, score="msp", threshold=1e-6)
    >>> x, y = signs.pixels, torch.full((2,), REJECTED)
    >>> detector.predict(x).argmax(1)
    tensor([1, 1])
    >>> attacks.run("pgd_linf", detector, x, y, eps=8 / 255).success
    tensor([True, True])
    """

    classes = ("accepted", "rejected")

    def __init__(
        self,
        classifier: Classifier,
        *,
        score: str,
        threshold: float,
        fitted: FeatureStatistics | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        if not torch.tensor(threshold).isfinite():
            raise ValueError(f"expected a finite threshold, got {threshold:g}")
        self.classifier = classifier.replica()
        prepared = prepared_score(score, self.classifier, fitted, params)
        self.score, self.params, self.threshold = score, prepared.params, threshold
        self._entry, self._names = prepared.entry, tuple(prepared.prepared)
        for name, value in prepared.prepared.items():  # buffers: a replica has its own
            self.register_buffer(f"prepared_{name}", value, persistent=False)
        self.freeze()

    def features(self, x: Tensor) -> Tensor:
        """The score as ``(N, 1)``, differentiable."""
        tensors = {name: getattr(self, f"prepared_{name}") for name in self._names}
        features = self.classifier.features(x)
        prepared = PreparedScore(self._entry, self.params, tensors)
        return prepared.of(self.classifier, x, features, self.classifier.head(features))[:, None]

    def head(self, features: Tensor) -> Tensor:
        """Logits ``(N, 2)`` of scores ``(N, 1)``."""
        room = torch.asinh(self.threshold - features)
        return torch.cat([room, -room], 1)

    def circumstances(
        self, *, method: str, parameters: Mapping[str, Any], seed: int, started: float
    ) -> Circumstances:
        """Those of the network inside, with the score and the threshold among the parameters."""
        own = {"score": self.score, "threshold": self.threshold}
        return self.classifier.circumstances(
            method=method, parameters={**parameters, **own}, seed=seed, started=started
        )
