"""LIME for tables by the library lime: a local linear model fitted to drawn rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trustai.explain.base import required
from trustai.explain.tabular.base import METHODS, Contributions, Method, Task
from trustai.types import TabularAttribution
from trustai.zoo import checks


@dataclass(frozen=True)
class LimeParams:
    """Parameters of LIME.

    Attributes:
        n_samples: Rows drawn around the background's mean, at least 10.
        seeds: How often it is done in all, at least 1, each time with other rows, only to see how
            much the values depend on chance: `spread` is the standard deviation over them.
    """

    n_samples: int = 5000
    seeds: int = 20

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("n_samples", self.n_samples, 10)
        checks.at_least("seeds", self.seeds, 1)


class Lime(Method[LimeParams]):
    r"""A linear model of the network, fitted to drawn rows weighted by their nearness to the row.

    :math:`\min_{w, w_0} \sum_i e^{-d_i^2 / (2 \sigma^2)} (f(z_i) - w_0 - w^\top z_i)^2 + |w|^2`
    with :math:`z` standardised by the background and :math:`\sigma = 0.75 \sqrt{F}`, all as the
    library has it.

    The library's ``discretize_continuous`` is off: with it a weight says what it is worth to lie in
    the row's quarter of a column, which is in no unit that other methods share. The values are
    :math:`w_k z_k`, weight times deviation from the background's mean, and the base is
    :math:`w_0`, what the linear model says of an average row. Of a column with levels the deviation
    is that from the share of the background which has the row's level. A model that is linear gets
    its own weights back.

    Facts: ``r2``, how much of the output around the row the linear model explains; the
    ``additivity_gap`` is by how much it misses the row itself.
    """

    name = "lime"
    title = "LIME"
    paper = 'Ribeiro et al. 2016, "Why Should I Trust You?"'
    url = "https://arxiv.org/abs/1602.04938"
    description = "Fits a linear model to the network around this row."
    formula = (
        r"\min_w \sum_i e^{-d_i^2 / (2 \sigma^2)}\, \big(f(z_i) - w_0 - w^\top z_i\big)^2 + "
        r"\lVert w \rVert^2"
    )
    cost = "slow"
    params = LimeParams
    quick = LimeParams(seeds=5)

    def attribute(self, task: Task[LimeParams]) -> Contributions:
        rows, seeds = task.rows, range(task.seed, task.seed + task.params.seeds)
        values = torch.empty((len(rows), len(seeds), rows.shape[1]), dtype=torch.float64)
        base, r2 = (torch.empty(len(rows), dtype=torch.float64) for _ in range(2))
        for i in range(len(rows)):
            for j, seed in enumerate(seeds):
                values[i, j], intercept, score = _once(task, rows[i], seed)
                if j == 0:
                    base[i], r2[i] = intercept, score
                task.done((i + (j + 1) / len(seeds)) / len(rows))
        spread = values.std(1) if len(seeds) > 1 else None
        return Contributions(values[:, 0], base, spread, {"r2": r2})

    def remark(self, found: TabularAttribution, *, exact: TabularAttribution | None = None) -> str:
        share = found.facts["r2"][0].item()
        fits = f"its linear model explains {share:.0%} of the variation nearby"
        seeds = found.circumstances.parameters["seeds"]
        return fits if found.spread is None else f"{fits}; thin lines: spread over {seeds} seeds"


def _once(task: Task[LimeParams], row: Tensor, seed: int) -> tuple[Tensor, float, float]:
    """Values ``(F,)``, base and fit of one row. The explainer is new each time: it keeps one random
    state for life, so that a second call to the same object would draw other rows."""
    library = required("lime.lime_tabular", "lime", "LIME")
    background, n = task.background.numpy(), len(row)
    with_levels = [k for k, levels in enumerate(task.model.levels) if levels]

    def answer(rows: np.ndarray) -> np.ndarray:
        return task.batched(torch.from_numpy(rows).float()).double().numpy()

    explainer = library.LimeTabularExplainer(
        background.astype(np.float64),
        mode="regression",  # of one number: the logit or the probability of class 1
        categorical_features=with_levels,
        feature_selection="none",
        discretize_continuous=False,
        random_state=np.random.RandomState(seed),
    )
    found = explainer.explain_instance(
        row.numpy().astype(np.float64), answer, num_features=n, num_samples=task.params.n_samples
    )
    weights = np.zeros(n)
    for column, weight in found.local_exp[1]:
        weights[column] = weight
    deviation = (row.numpy() - explainer.scaler.mean_) / explainer.scaler.scale_
    usual = np.zeros(n)  # with levels: 1 at the row's level, as often as the background has it
    for column in with_levels:
        usual[column] = (background[:, column] == row[column].item()).mean()
        deviation[column] = 1 - usual[column]
    base = float(found.intercept[1] + weights @ usual)
    return torch.from_numpy(weights * deviation), base, float(found.score)


METHODS.add(Lime.name, Lime(), order=10)
