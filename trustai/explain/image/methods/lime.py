"""LIME: a linear model of the network around one picture (Ribeiro et al. 2016)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType, ModuleType
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai.explain.base import part_of, required
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.baselines import Baseline, checked_baseline
from trustai.explain.image.superpixels import (
    Superpixels,
    hidden_picture,
    probabilities,
    square_grid,
    superpixels,
)
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

Ask = Callable[[Tensor], Tensor]
"""Which pieces are shown ``bool (M, n)`` -> probabilities of all classes ``float64 (M, C)``."""

Weights: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class LimeParams:
    """Parameters of LIME.

    Attributes:
        n_samples: Versions of the picture, each with half of its pieces hidden, at least 2.
        n_segments: Pieces to ask for, see `superpixels`.
        runs: How often it is done again with other random versions, at least 1, only to see how
            much the weights depend on chance. Each run costs `n_samples` passes.
        baseline: What a hidden piece becomes, see `hidden_picture`.
        kernel_width: Of the weight ``exp(-d^2 / (2 kernel_width^2))`` of a version at cosine
            distance ``d`` from the whole picture, greater than 0.
    """

    n_samples: int = 300
    n_segments: int | None = None
    runs: int = 3
    baseline: Baseline = "grey"
    kernel_width: float = 0.25

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("n_samples", self.n_samples, 2)
        if self.n_segments is not None:
            checks.at_least("n_segments", self.n_segments, 2)
        checks.at_least("runs", self.runs, 1)
        checks.positive("kernel_width", self.kernel_width)
        checked_baseline(self.baseline)


def seeds_of(seed: int, runs: int) -> list[int]:
    """One seed per run: `seed` itself, then others that no neighbouring `seed` shares."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"expected seed in 0..2**32 - 1, got {seed}")
    others = np.random.SeedSequence(seed).generate_state(runs - 1)
    return [seed, *others.tolist()]


class Lime(Method[LimeParams]):
    """``argmin_w sum_z pi_x(z) (p_t(z) - w z - b)^2 + lambda |w|^2`` over random versions ``z``.

    ``z`` says which superpixels are shown, ``p_t(z)`` is the target's probability for that version,
    and ``pi_x(z)`` makes versions close to the whole picture count more. Every
    pixel gets the weight of its superpixel: positive where showing it speaks for the target. The
    map is that of one run, exactly what ``LimeImageExplainer(random_state=seed)`` gives for the
    same superpixels. Facts: ``r2``, how much of the network's answers that linear model accounts
    for; ``segments``, how many there are; and from two runs on ``seed_spread``, the standard
    deviation of a weight over the runs, averaged over the superpixels, divided by the mean absolute
    weight: at 1 chance moves a weight by as much as it is worth.
    """

    name = "lime"
    title = "LIME"
    paper = "Ribeiro et al. 2016, Why Should I Trust You?"
    url = "https://arxiv.org/abs/1602.04938"
    description = (
        "Hides random segments of the picture and fits a linear model to the network's answers."
    )
    signed = True
    alone = True
    formula = (
        r"\arg\min_w \sum_z \pi_x(z)\, \big(p_t(z) - w^\top z - b\big)^2 + \lambda \lVert w "
        r"\rVert^2"
    )
    fact_texts = MappingProxyType(
        {
            "r2": "R² {:.2f}",
            "segments": "{:,.0f} segments",
            "seed_spread": "with other seeds a weight changes by {:.2f}",
        }
    )
    cost = "slow"
    params = LimeParams
    suits_large_pictures = False
    quick = LimeParams(n_samples=150, runs=1)
    leaderboard_params = LimeParams(runs=1)  # further runs only tell how much is chance

    def attribute(self, task: Task[LimeParams]) -> Maps:
        library = required("lime.lime_image", "lime", self.name)
        network = task.passes.classifier.folded()
        seeds = seeds_of(task.seed, task.params.runs)
        found = [_of_picture(library, network, task, i, seeds) for i in range(len(task.x))]
        maps, facts = zip(*found, strict=True)
        return Maps(
            torch.stack(maps),
            facts={name: torch.tensor([one[name] for one in facts]) for name in facts[0]},
            grid=square_grid(facts[0]["segments"]),
        )


def _of_picture(
    library: ModuleType, network: Classifier, task: Task[LimeParams], i: int, seeds: list[int]
) -> tuple[Tensor, dict[str, float]]:
    """Map ``(H, W)`` and facts of the `i`-th picture."""
    params, x, target = task.params, task.x[i], int(task.passes.target[i])
    pieces = superpixels(x, n_segments=params.n_segments)
    hidden = hidden_picture(network, x, pieces, params.baseline)
    weights, r2 = [], []
    for run, seed in enumerate(seeds):
        report = part_of(task.on_progress, i * len(seeds) + run, len(task.x) * len(seeds))
        ask = partial(probabilities, network, x, pieces, hidden, on_progress=report)
        one, score = _fitted(library, params, pieces, target=target, seed=seed, ask=ask)
        weights.append(one)
        r2.append(score)
    facts = {"r2": r2[0], "segments": float(pieces.n)}
    if len(seeds) > 1:
        facts["seed_spread"] = spread_of(np.stack(weights))
    return pieces.painted(torch.from_numpy(weights[0])), facts


def _fitted(
    library: ModuleType,
    params: LimeParams,
    pieces: Superpixels,
    *,
    target: int,
    seed: int,
    ask: Ask,
) -> tuple[Weights, float]:
    """The weight of every superpixel and the R^2 of one run of the library.

    The library draws the versions one pixel mask at a time and shows a bar on the terminal; its
    method that does so is replaced, on this one object, by the same draws evaluated in batches.
    """
    explainer = library.LimeImageExplainer(kernel_width=params.kernel_width, random_state=seed)
    explainer.data_labels = partial(_data_labels, explainer.random_state, pieces.n, ask)
    labels = pieces.labels.cpu().numpy()
    explanation = explainer.explain_instance(
        np.zeros((*labels.shape, 3)),  # nobody looks at it: `ask` has the picture
        None,
        labels=(target,),
        top_labels=None,  # or the library explains the predicted classes instead
        hide_color=0,
        num_samples=params.n_samples,
        segmentation_fn=lambda image: labels,
    )
    weights = np.zeros(pieces.n)
    for piece, weight in explanation.local_exp[target]:
        weights[piece] = weight
    return weights, float(explanation.score)


def _data_labels(
    random: np.random.RandomState,
    n: int,
    ask: Ask,
    image: Any,
    fudged_image: Any,
    segments: Any,
    classifier_fn: Any,
    num_samples: int,
    batch_size: int = 0,
    progress_bar: bool = False,
) -> tuple[NDArray[np.int64], Weights]:
    """Which of `n` pieces every version shows, and the answers; the library's own arguments."""
    rows = random.randint(0, 2, num_samples * n).reshape(num_samples, n)
    rows[0] = 1
    return rows, ask(torch.from_numpy(rows == 1)).cpu().numpy()


def spread_of(weights: Weights) -> float:
    """``mean_s std_r w_rs / mean_rs |w_rs|`` of weights ``(runs, n)``, at least two runs."""
    size = float(np.abs(weights).mean())
    return float(weights.std(axis=0, ddof=1).mean()) / size if size > 0 else 0.0


METHODS.add(Lime.name, Lime(), order=140)
