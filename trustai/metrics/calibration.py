"""Calibration: reliability diagram, expected calibration error, temperature scaling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

BINS = 15
COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True, eq=False)
class Reliability:
    """The reliability diagram: confidence against accuracy in bins of equal width, ``(B,)`` each.

    Attributes:
        low, high: Bin ``b`` holds confidences in ``(low, high]``; the first also holds 0.
        count: ``int64``: pictures in it.
        confidence, accuracy: Means over them; NaN in an empty bin.
    """

    low: Tensor
    high: Tensor
    count: Tensor
    confidence: Tensor
    accuracy: Tensor

    @property
    def ece(self) -> float:
        """Expected calibration error :math:`\\sum_b n_b/N |acc_b - conf_b|`, over all bins.

        In ``[0, 1]``; 0 is best. Naeini et al. 2015, Obtaining Well Calibrated Probabilities Using
        Bayesian Binning.
        """
        share = self.count / self.count.sum()
        return (share * (self.accuracy - self.confidence).abs()).nansum().item()


def reliability_of(confidence: Tensor, right: Tensor, *, bins: int = BINS) -> Reliability:
    """The reliability diagram of confidences and of what came true.

    Args:
        confidence: ``(N,)`` in ``[0, 1]``: the probability that was said.
        right: ``(N,)`` of 0 and 1: whether it came true.
        bins: At least 1.

    Raises:
        ValueError: bins below 1.

    >>> reliability_of(torch.tensor([0.75, 0.75]), torch.tensor([1, 0]), bins=2).ece
    0.25
    """
    if bins < 1:
        raise ValueError(f"expected bins to be at least 1, got {bins}")
    confidence, right = confidence.detach().double().cpu(), right.double().cpu()
    edges = torch.arange(bins + 1, dtype=torch.float64) / bins
    at = torch.bucketize(confidence, edges[1:-1])
    count = at.bincount(minlength=bins)

    def mean(values: Tensor) -> Tensor:
        return at.bincount(values, minlength=bins) / count

    return Reliability(edges[:-1], edges[1:], count, mean(confidence), mean(right))


def reliability(
    logits: Tensor, labels: Tensor, *, temperature: float = 1.0, bins: int = BINS
) -> Reliability:
    """The reliability diagram of a classifier's largest probability, of ``softmax(z / T)``.

    Args:
        logits: ``(N, C)``.
        labels: ``int64 (N,)``, the truth in logit order.
        temperature: T, greater than 0; it changes no prediction.
        bins: At least 1.

    Raises:
        ValueError: an input outside what is said above.

    >>> found = reliability(torch.tensor([[2.0, 0.0], [2.0, 0.0]]), torch.tensor([0, 1]))
    >>> round(found.ece, 3)
    0.381
    """
    logits = _checked(logits, labels, temperature)
    confidence, predicted = (logits / temperature).softmax(1).max(1)
    return reliability_of(confidence, predicted == labels.cpu(), bins=bins)


def nll(logits: Tensor, labels: Tensor, *, temperature: float = 1.0) -> float:
    """Negative log-likelihood: the mean of ``-log softmax(z / T)_y``, in nats.

    Args:
        logits: ``(N, C)``.
        labels: ``int64 (N,)``, the truth in logit order.
        temperature: T, greater than 0.

    Raises:
        ValueError: an input outside what is said above.

    >>> round(nll(torch.zeros(1, 2), torch.tensor([0])), 4)
    0.6931
    """
    logits = _checked(logits, labels, temperature)
    return functional.cross_entropy(logits / temperature, labels.cpu()).item()


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Temperature scaling: ``argmin_T`` of `nll`, with T in ``[0.05, 20]``.

    Guo et al. 2017, On Calibration of Modern Neural Networks, https://arxiv.org/abs/1706.04599.
    To be fitted on validation pictures, never on those it is judged on. The loss is convex in
    ``1 / T``: its one minimum is found by L-BFGS with a line search, or lies at an end of the range
    (the cold one where no mistake is left to learn from).

    Args:
        logits: ``(N, C)``.
        labels: ``int64 (N,)``, the truth in logit order.

    Raises:
        ValueError: logits ``(N, C)`` and labels ``(N,)`` that do not fit together.

    >>> fit_temperature(torch.tensor([[2.0, 0], [0, 3.0]]), torch.tensor([0, 1]))  # no mistake
    0.05
    """
    logits, labels = _checked(logits, labels, 1.0), labels.cpu()
    inverse = torch.ones((), dtype=torch.float64, requires_grad=True)

    def closure() -> Tensor:
        loss = functional.cross_entropy(logits * inverse, labels)
        (inverse.grad,) = torch.autograd.grad(loss, inverse)
        return loss

    def slope(temperature: float) -> float:
        p = (logits / temperature).softmax(1)
        return ((p * logits).sum(1) - logits.gather(1, labels[:, None])[:, 0]).mean().item()

    if slope(COLDEST) <= 0 or slope(HOTTEST) >= 0:
        return COLDEST if slope(COLDEST) <= 0 else HOTTEST
    optimizer = torch.optim.LBFGS(
        [inverse], max_iter=200, tolerance_grad=1e-10, line_search_fn="strong_wolfe"
    )
    with torch.enable_grad():
        optimizer.step(closure)
    return 1 / inverse.item()


def _checked(logits: Tensor, labels: Tensor, temperature: float) -> Tensor:
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or labels.dtype != torch.int64:
        raise ValueError(
            f"expected logits (N, C) and labels int64 (N,), got {tuple(logits.shape)} and "
            f"{labels.dtype} {tuple(labels.shape)}"
        )
    if len(logits) == 0:
        raise ValueError("expected at least one picture, got none")
    if not 0 <= int(labels.min()) <= int(labels.max()) < logits.shape[1]:
        raise ValueError(f"expected labels in 0..{logits.shape[1] - 1}, got others")
    if logits.isnan().any():
        raise ValueError("expected numbers as logits, got NaN")
    if not (temperature > 0 and math.isfinite(temperature)):
        raise ValueError(f"expected temperature to be greater than 0, got {temperature:g}")
    return logits.detach().double().cpu()
