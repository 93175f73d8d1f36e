"""The network without a repair, and adversarial debiasing: both are steps of one trained path."""

from __future__ import annotations

from trustai.fairness.repairs.base import REPAIRS, Repair


class Network(Repair):
    """Step 0 of the path ``adult-debiased``."""

    name = "network"
    title = "Network, no repair"
    paper = "Kingma and Ba 2015, Adam: A Method for Stochastic Optimization"
    url = "https://arxiv.org/abs/1412.6980"
    description = "A network of four hidden layers learns the income and nothing else."
    formula = "min_f L_y(f(x), y)"
    model = "network"


class AdversarialDebiasing(Repair):
    """The chosen step of the path; `trustai.train` trains it."""

    name = "adversarial-debiasing"
    title = "Adversarial debiasing"
    paper = "Zhang et al. 2018, Mitigating Unwanted Biases with Adversarial Learning"
    url = "https://arxiv.org/abs/1801.07593"
    description = (
        "A second network guesses the group from the prediction, and the first one learns to make "
        "these guesses wrong."
    )
    formula = "min_f L_y(f(x), y) - sum_a lambda_a L_a(g(f(x)), z_a)"
    cost = "slow"
    model = "network"


REPAIRS.add(Network.name, Network(), order=10)
REPAIRS.add(AdversarialDebiasing.name, AdversarialDebiasing(), order=20)
