"""The terms of an additive model, which are its own explanation."""

from __future__ import annotations

import torch

from trustai.explain.tabular.base import METHODS, Method, Shares, Task
from trustai.types import NoParameters
from trustai.zoo.architectures.tabular import AdditiveModel


class NamMethod(Method[NoParameters]):
    r""":math:`f_k(x_k)`, with :math:`\mathrm{logit} = b + \sum_k f_k(x_k)`; the base is :math:`b`.

    Nothing is estimated: this is the model. The terms are centred on the training data, so they
    are the Shapley values with the whole training part as background.
    """

    name = "nam"
    title = "NAM's own terms"
    paper = "Agarwal et al. 2021, Neural Additive Models: Interpretable Machine Learning"
    url = "https://arxiv.org/abs/2004.13912"
    description = "What the additive network itself adds up, column by column."
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Shares:
        if not isinstance(task.model, AdditiveModel):
            raise ValueError(
                f"expected an additive model for 'nam', got a {type(task.model).__name__}: "
                "it has no terms of its own"
            )
        if task.output != "logit":
            raise ValueError(
                "expected output 'logit' for 'nam', got 'probability': its terms add up to the "
                "logit only"
            )
        with torch.no_grad():
            values = task.model.terms(task.rows)
            return Shares(values, task.model.bias.expand(len(values)))


METHODS.add(NamMethod.name, NamMethod())
