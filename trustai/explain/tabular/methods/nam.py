"""Terms of a neural additive model: the model's own explanation, where it has one."""

from __future__ import annotations

import torch

from trustai.explain.tabular.base import METHODS, Contributions, Method, Task
from trustai.explain.tabular.batched import Output
from trustai.types import NoParameters, TabularAttribution
from trustai.zoo.architectures.tabular import AdditiveModel, TabularModel


class NAM(Method[NoParameters]):
    r""":math:`\phi_k = f_k(x_k)`, with :math:`\mathrm{logit} = b + \sum_k f_k(x_k)`.

    The base is :math:`b`. Nothing is estimated: this is the model. The terms are centred on the
    training data, so they are the Shapley values with the whole training part as background.
    """

    name = "nam"
    title = "NAM's own terms"
    paper = "Agarwal et al. 2021, Neural Additive Models: Interpretable Machine Learning"
    url = "https://arxiv.org/abs/2004.13912"
    description = (
        "Shows the terms that the interpretable additive model (NAM) itself adds up, one for "
        "each column."
    )
    formula = r"\phi_k = f_k(x_k),\quad \mathrm{logit} = b + \sum_k f_k(x_k)"
    params = NoParameters
    exact = True

    def why_not(self, model: TabularModel, output: Output) -> str | None:
        if not isinstance(model, AdditiveModel):
            return (
                f"expected a neural additive model, got a {type(model).__name__}: the network "
                "has no terms of its own"
            )
        if output != "logit":
            return (
                "expected output 'logit', the log-odds, got 'probability': its terms add up to the "
                "logit only"
            )
        return None

    def attribute(self, task: Task[NoParameters]) -> Contributions:
        assert isinstance(task.model, AdditiveModel)
        with torch.no_grad():
            values = task.model.terms(task.rows)
            return Contributions(values, task.model.bias.expand(len(values)))

    def remark(self, found: TabularAttribution, *, exact: TabularAttribution | None = None) -> str:
        return f"of NAM, whose probability is {found.predictions[0].sigmoid().item():.0%}"


METHODS.add(NAM.name, NAM(), order=60)
