"""The base class of OOD scores: validation, isolation, one pass through the network.

The sign is stated here, once: **the higher a score, the more out-of-distribution the picture**, and
a picture is accepted where ``score <= threshold``. A score adds `of`, a description of itself and,
where it compares with the training pictures, `prepare`; the smallest is `trustai.ood.methods.msp`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor

from trustai import zoo
from trustai.registry import Registry
from trustai.zoo import Classifier, FeatureStatistics, checks
from trustai.zoo.described import Described

P = TypeVar("P")
BATCH = 64  # as `Classifier.predict`, so that both see the same rounding


@dataclass(frozen=True, eq=False)
class ScoreInput(Generic[P]):
    """What a score is computed from: a batch of pictures and what the network made of it.

    Attributes:
        model: An isolated copy of the classifier.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        features: ``(N, D)``.
        logits: ``(N, C)``.
        prepared: What `Score.prepare` gave.
    """

    model: Classifier
    x: Tensor
    features: Tensor
    logits: Tensor
    prepared: Mapping[str, Tensor]
    params: P


class Score(Described[P]):
    """Base class: a sub-class writes `of` and describes itself; everything else is here.

    Attributes:
        axis: What its numbers are, for the axis of a plot.
        needs_fitted: Whether it compares with statistics of the training pictures.
    """

    axis: ClassVar[str]
    needs_fitted: ClassVar[bool] = False

    @abstractmethod
    def of(self, given: ScoreInput[P]) -> Tensor:
        """The score itself, a pure function of its input.

        Args:
            given: Pictures, features and logits of N pictures.

        Returns:
            ``(N,)``, higher is more out-of-distribution; gradients flow to `ScoreInput.x`.
        """

    def prepare(
        self, model: Classifier, fitted: FeatureStatistics | None, params: P
    ) -> dict[str, Tensor]:
        """What is computed once for all batches.

        Args:
            model: The network, isolated.
            fitted: Statistics of its training pictures where `needs_fitted`, else None.
            params: The score's parameters.

        Returns:
            Tensors by name, which every `ScoreInput.prepared` then holds.

        Raises:
            ValueError: the score cannot apply to this network; one sentence says why.
        """
        return {}


SCORES: Registry[Score[Any]] = Registry("score")


def score(
    name: str,
    classifier: Classifier,
    x: Tensor,
    *,
    fitted: FeatureStatistics | None = None,
    params: Any = None,
) -> Tensor:
    """One OOD score of each picture, ``float32 (N,)``: higher is more out-of-distribution.

    Works on a replica of `classifier`, which may be shared with other threads, in batches.
    Differentiable where ``x.requires_grad``.

    Args:
        name: One of `trustai.ood.names`.
        classifier: In eval mode.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, not normalised.
        fitted: Statistics of the training pictures; None: ``zoo.feature_statistics(classifier)``
            where needed.
        params: The score's own dataclass, ``get(name).params``; None for its defaults.

    Raises:
        ValueError: an input outside what is said above, nothing was fitted, or the score cannot
            apply to this network.

    >>> from trustai import data, zoo
    >>> signs, classifier = data.load("signs", n=2), zoo.load("signs-resnet18")
    >>> score("msp", classifier, signs.pixels) < 0.01
    tensor([True, True])
    """
    settings = {} if params is None else {name: params}
    return scores([name], classifier, x, fitted=fitted, settings=settings)[name]


def scores(
    names: Sequence[str],
    classifier: Classifier,
    x: Tensor,
    *,
    fitted: FeatureStatistics | None = None,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Tensor]:
    """Several scores of the same pictures from one pass; see `score`.

    Args:
        names: Of the scores.
        classifier, x, fitted: As of `score`.
        settings: Parameters by name, for those that shall not have their defaults.

    Returns:
        ``float32 (N,)`` by name.

    >>> from trustai import data, zoo
    >>> signs, classifier = data.load("signs", n=2), zoo.load("signs-resnet18")
    >>> list(scores(["msp", "energy"], classifier, signs.pixels))
    ['msp', 'energy']
    """
    checks.pictures(classifier, x.detach())
    model = classifier.replica().requires_grad_(False)
    if fitted is not None:
        _same_size(model, x, fitted)
    elif any(SCORES.get(name).needs_fitted for name in names):
        fitted = zoo.feature_statistics(model)  # read once for all that need it
    with torch.set_grad_enabled(torch.is_grad_enabled() and x.requires_grad):
        prepared = [
            prepared_score(name, model, fitted, (settings or {}).get(name)) for name in names
        ]
        parts = [_of_batch(prepared, model, part) for part in x.split(BATCH)]
    return {name: torch.cat([part[i] for part in parts]) for i, name in enumerate(names)}


@dataclass(frozen=True, eq=False)
class PreparedScore:
    """A score with its parameters and what it prepared for one network."""

    entry: Score[Any]
    params: Any
    prepared: Mapping[str, Tensor]

    def of(self, model: Classifier, x: Tensor, features: Tensor, logits: Tensor) -> Tensor:
        """``float32 (N,)``."""
        return self.entry.of(
            ScoreInput(model, x, features, logits, self.prepared, self.params)
        ).float()


def prepared_score(
    name: str, model: Classifier, fitted: FeatureStatistics | None, params: Any
) -> PreparedScore:
    """The score `name`, prepared for `model`.

    Args:
        name: One of `trustai.ood.names`.
        model: The network, isolated.
        fitted: Statistics of its training pictures; None: those of its own files where needed.
        params: Of the score; None for its defaults.
    """
    entry = SCORES.get(name)
    params = entry.checked(params)
    if not entry.needs_fitted:
        return PreparedScore(entry, params, entry.prepare(model, None, params))
    fitted = fitted or zoo.feature_statistics(model)
    with torch.no_grad():
        return PreparedScore(entry, params, entry.prepare(model, fitted, params))


def _of_batch(prepared: Sequence[PreparedScore], model: Classifier, x: Tensor) -> list[Tensor]:
    features = model.features(x)
    logits = model.head(features)
    return [one.of(model, x, features, logits) for one in prepared]


def _same_size(model: Classifier, x: Tensor, fitted: FeatureStatistics) -> None:
    with torch.no_grad():
        n_features = model.features(x[:1]).shape[1]
    if fitted.means.shape[1] != n_features:
        raise ValueError(
            f"expected statistics of {n_features} features, got {fitted.means.shape[1]}"
        )
