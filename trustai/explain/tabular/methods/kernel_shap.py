"""KernelSHAP by the library shap: Shapley values from a weighted regression on coalitions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from trustai.explain.base import required
from trustai.explain.tabular.base import METHODS, Contributions, Method, Task
from trustai.types import TabularAttribution
from trustai.zoo import checks

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class KernelShapParams:
    """Parameters of KernelExplainer.

    Attributes:
        nsamples: Coalitions asked for per row, at least 2; None: the library's own choice,
            ``2 F + 2048``, which up to 11 columns is all of them, so that nothing is drawn.
    """

    nsamples: int | None = None

    def __post_init__(self) -> None:
        checks.typed(self)
        if self.nsamples is not None:
            checks.at_least("nsamples", self.nsamples, 2)


class KernelShap(Method[KernelShapParams]):
    r"""Shapley values as a weighted regression on coalitions.

    :math:`\min_\phi \sum_S \pi(S) (v(S) - v(\emptyset) - \sum_{k \in S} \phi_k)^2` with
    :math:`\pi(S) = (F - 1) / (\binom{F}{|S|} |S| (F - |S|))` and the sum of all :math:`\phi`
    held at :math:`f(x) - v(\emptyset)`. The library's selection of features (``l1_reg``) is off:
    it would drop columns.

    The library draws from numpy's global generator. It is seeded for every row and put back
    afterwards, and only one thread at a time is let in.
    """

    name = "kernel_shap"
    title = "SHAP (KernelExplainer)"
    paper = "Lundberg & Lee 2017, A Unified Approach to Interpreting Model Predictions"
    url = "https://arxiv.org/abs/1705.07874"
    description = "Estimates Shapley values with a weighted regression, by the library shap."
    formula = r"\min_\phi \sum_S \pi(S)\, \big(v(S) - v(\emptyset) - \sum_{k \in S} \phi_k\big)^2"
    cost = "slow"
    params = KernelShapParams

    def attribute(self, task: Task[KernelShapParams]) -> Contributions:
        shap = required("shap", "shap", "KernelExplainer")

        def answer(rows: np.ndarray) -> np.ndarray:
            return task.batched(torch.from_numpy(rows).float()).double().numpy()

        explainer = shap.KernelExplainer(answer, task.background.numpy())
        nsamples = "auto" if task.params.nsamples is None else task.params.nsamples
        values = []
        for i, row in enumerate(task.rows.numpy(), start=1):
            with seeded(task.seed):
                found = explainer.shap_values(row, nsamples=nsamples, l1_reg=False, silent=True)
            values.append(torch.from_numpy(found))
            task.done(i / len(task.rows))
        base = torch.tensor(float(explainer.expected_value), dtype=torch.float64)
        return Contributions(torch.stack(values), base.expand(len(values)))

    def remark(self, found: TabularAttribution, *, exact: TabularAttribution | None = None) -> str:
        if exact is None:
            return super().remark(found)
        worst = (found.values - exact.values).abs().max().item()
        return f"at most {worst:.0e} from the exact values"


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """numpy's global generator, begun at `seed` for this block only, for one thread at a time."""
    with _ONE_AT_A_TIME:
        state = np.random.get_state()
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(state)


METHODS.add(KernelShap.name, KernelShap(), order=20)
