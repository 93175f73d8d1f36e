"""PGD through the embedding: an attack that maximises the distance of the features to their class.

``x' <- project(x' + alpha * sign(d/dx' J))`` from a random start, all steps to the end, with
``J = d(f(x'), class y)`` (objective ``"distance"``) or ``J = CE(head(f(x')), y)`` (``"softmax"``).

The usual PGD climbs the cross entropy of the softmax: it knows the logits of all classes, moves
towards another class, and its gradient is smallest while the network is sure and right. A
k-nearest-neighbour classifier has no logits, and its votes have no gradient. What has one is the
distance: this attack climbs ``d(f(x'), class y)`` and so drives the features away from their own
class, whatever lies there. It knows no rival, and may end far from every class. Neither is the
stronger one by nature: a distance is flat at its centre, where a good picture begins, so both have
to be tried. Only the quantity that is climbed differs here; start, steps, radius and seed are the
same, so that the two compare.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from trustai import seeds, zoo
from trustai.attacks.base import default_batch_size, require_inside
from trustai.attacks.robustness.low_precision import multiplies_bf16
from trustai.attacks.steps import linf_step, random_start_linf
from trustai.represent.knn import METRICS, Metric, distances, features_of
from trustai.types import Circumstances, OnProgress
from trustai.zoo import Classifier, FeatureStatistics, checks

Objective = Literal["softmax", "distance"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
DistanceTo = Literal["centre", "nearest"]


@dataclass(frozen=True)
class EmbeddingPGDParams:
    """Parameters of both attacks.

    Attributes:
        steps: Number of gradient steps, at least 1.
        alpha: Length of a step in the units of `eps`; None is ``2.5 * eps / steps``.
        distance_to: ``"centre"``: the mean feature of the class. ``"nearest"``: the mean of the
            distances to its `k` nearest references, asked again at every step.
        k: Of ``"nearest"``.
        metric: How distance is measured.
    """

    steps: int = 10
    alpha: float | None = None
    distance_to: DistanceTo = "centre"
    k: int = 3
    metric: Metric = "cosine"

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("steps", self.steps, 1)
        checks.at_least("k", self.k, 1)
        checks.positive("alpha", self.alpha)
        for name, value, known in (
            ("distance_to", self.distance_to, get_args(DistanceTo)),
            ("metric", self.metric, METRICS),
        ):
            if value not in known:
                raise ValueError(f"expected {name} to be one of {', '.join(known)}, got {value!r}")

    def step_length(self, eps: float) -> float:
        return 2.5 * eps / self.steps if self.alpha is None else self.alpha


@dataclass(frozen=True, eq=False)
class EmbeddingAttackResult:
    """What one attack did, re-measured on the network itself.

    Attributes:
        adversarial: ``float32 (N, 3, H, W)`` in ``[0, 1]`` and in the ball.
        features, clean_features: ``(N, D)`` after and before.
        logits, clean_logits: ``(N, C)`` of the network's own head.
        distance, clean_distance: ``(N,)`` to the class `y`, as `EmbeddingPGDParams` measures it.
        circumstances: Model, parameters, seed and seconds.
    """

    adversarial: Tensor
    features: Tensor
    clean_features: Tensor
    logits: Tensor
    clean_logits: Tensor
    distance: Tensor
    clean_distance: Tensor
    circumstances: Circumstances


def distance_to_class(
    features: Tensor,
    y: Tensor,
    *,
    fitted: FeatureStatistics,
    params: EmbeddingPGDParams | None = None,
) -> Tensor:
    """How far features are from a class each, ``(N,)``, differentiable.

    Args:
        features: ``(N, D)``.
        y: ``int64 (N,)``, the classes.
        fitted: Statistics of the training pictures.
        params: Whose `distance_to`, `k` and `metric` say what distance is; None for the defaults.

    Raises:
        ValueError: fewer than `k` references of a class.
    """
    params = checks.params("distance_to_class", params, EmbeddingPGDParams)
    if params.distance_to == "centre":
        return _pairs(features, fitted.means[y], metric=params.metric)
    apart = distances(features, fitted.reference, metric=params.metric)
    others = fitted.labels != y[:, None]
    near = apart.masked_fill(others, torch.inf).topk(params.k, dim=1, largest=False).values
    if near.isinf().any():
        raise ValueError(f"expected {params.k} references of every class, got fewer of one")
    return near.mean(1)


def _pairs(a: Tensor, b: Tensor, *, metric: Metric) -> Tensor:
    """The distance of every row to the row beside it, ``(N,)``."""
    if metric == "cosine":
        return 1 - functional.cosine_similarity(a, b)
    return (a - b).square().sum(1).clamp_min(1e-24).sqrt()  # the root has no gradient at 0


def embedding_attack(
    classifier: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    objective: Objective = "distance",
    fitted: FeatureStatistics | None = None,
    params: EmbeddingPGDParams | None = None,
    seed: int | Sequence[int] = 0,
    on_progress: OnProgress | None = None,
) -> EmbeddingAttackResult:
    """PGD in the Linf ball on the distance to the class or on the cross entropy; see the module.

    Args:
        classifier: In eval mode; shared safely with other threads.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        y: ``int64 (N,)``, true labels.
        eps: Largest change of any pixel, in ``[0, 1]``; 0 changes nothing.
        objective: ``"distance"`` or ``"softmax"``.
        fitted: Statistics of the training pictures; None for those of the network's own files.
        params: None for the defaults.
        seed: Of the random starts; one for each picture makes its result independent of the rest.
        on_progress: Called with the share of the work done; may raise to stop.

    Raises:
        ValueError: an input outside what is said above, or nothing was fitted.

    >>> from trustai import data, zoo
    >>> signs, classifier = data.load("signs", n=2), zoo.load("signs-resnet18")
    >>> found = embedding_attack(classifier, signs.pixels, signs.labels, eps=8 / 255)
    >>> found.distance > found.clean_distance
    tensor([True, True])
    """
    started = time.perf_counter()
    task = _task(classifier, x, y, eps, objective, fitted, params)
    adversarial = _ascend(task, seed, on_progress)
    require_inside(adversarial, x, task.eps, norm="linf")
    return _result(task, adversarial, seed if isinstance(seed, int) else seed[0], started)


@dataclass(frozen=True, eq=False)
class _Task:
    """What `embedding_attack` was given, checked."""

    classifier: Classifier
    x: Tensor
    y: Tensor
    eps: float
    objective: Objective
    fitted: FeatureStatistics
    params: EmbeddingPGDParams

    def distance(self, features: Tensor) -> Tensor:
        return distance_to_class(features, self.y, fitted=self.fitted, params=self.params)


def _task(
    classifier: Classifier,
    x: Tensor,
    y: Tensor,
    eps: float,
    objective: Objective,
    fitted: FeatureStatistics | None,
    params: EmbeddingPGDParams | None,
) -> _Task:
    params = checks.params("embedding_attack", params, EmbeddingPGDParams)
    if objective not in OBJECTIVES:
        known = ", ".join(OBJECTIVES)
        raise ValueError(f"expected objective to be one of {known}, got {objective!r}")
    eps = checks.radius(eps, norm="linf")
    checks.pictures(classifier, x)
    fitted = zoo.feature_statistics(classifier) if fitted is None else fitted
    checks.labels(y, n=len(x), n_classes=len(fitted.counts))
    return _Task(classifier, x, y, eps, objective, fitted, params)


def _ascend(task: _Task, seed: int | Sequence[int], on_progress: OnProgress | None) -> Tensor:
    """All steps from the random starts, on a fast copy of the classifier."""
    if task.eps == 0:
        return task.x.clone()
    model = task.classifier.folded()  # to look with; judged on the network itself
    x, eps, params = task.x, task.eps, task.params
    adversarial = _starts(x, eps, seed)
    parts = torch.arange(len(x)).split(default_batch_size(x))
    for i, rows in enumerate(parts):
        value = _objective(model, task.y[rows], task)
        for step in range(params.steps):
            gradient = _gradient(value, adversarial[rows])
            adversarial[rows] = linf_step(
                adversarial[rows], x[rows], gradient, eps=eps, alpha=params.step_length(eps)
            )
            if on_progress is not None:
                on_progress((i + (step + 1) / params.steps) / len(parts))
    return adversarial


@torch.no_grad()
def _result(task: _Task, adversarial: Tensor, seed: int, started: float) -> EmbeddingAttackResult:
    """What the classifier itself says of the pictures before and after."""
    classifier = task.classifier
    features, clean = features_of(classifier, adversarial), features_of(classifier, task.x)
    return EmbeddingAttackResult(
        adversarial=adversarial,
        features=features,
        clean_features=clean,
        logits=classifier.head(features),
        clean_logits=classifier.head(clean),
        distance=task.distance(features),
        clean_distance=task.distance(clean),
        circumstances=classifier.circumstances(
            method=f"PGD through the {task.objective}",
            parameters=dataclasses.asdict(task.params) | {"eps": task.eps, "norm": "linf"},
            seed=seed,
            started=started,
        ),
    )


def _objective(model: Classifier, y: Tensor, task: _Task) -> Callable[[Tensor], Tensor]:
    """Pictures to the sum of what is maximised; a picture does not see the others' terms."""
    fast = y.device.type == "cpu" and multiplies_bf16()

    def value(x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, torch.bfloat16, enabled=fast):
            seen = model(x) if task.objective == "softmax" else model.features(x)
        if task.objective == "softmax":
            return functional.cross_entropy(seen.float(), y, reduction="sum")
        return distance_to_class(seen.float(), y, fitted=task.fitted, params=task.params).sum()

    return value


def _gradient(objective: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.enable_grad():
        leaf = x.detach().contiguous(memory_format=torch.channels_last).requires_grad_()
        (gradient,) = torch.autograd.grad(objective(leaf), leaf)
    return gradient


def _starts(x: Tensor, eps: float, seed: int | Sequence[int]) -> Tensor:
    if isinstance(seed, int):
        return random_start_linf(x, eps, seeds.torch_generator(seed))
    if len(seed) != len(x):
        raise ValueError(f"expected one seed or one for each of {len(x)} pictures, got {len(seed)}")
    return torch.cat(
        [
            random_start_linf(one[None], eps, torch.Generator().manual_seed(int(number)))
            for one, number in zip(x, seed, strict=True)
        ]
    )
