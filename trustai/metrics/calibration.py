"""Whether a confidence of 0.8 is right eight times in ten, and the temperature that mends it."""

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
    """Confidence against accuracy in bins of equal width, ``(B,)`` each.

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
        """Expected calibration error ``sum_b n_b/N |accuracy_b - confidence_b|``, over all bins.

        Naeini et al. 2015, Obtaining Well Calibrated Probabilities Using Bayesian Binning.
        """
        share = self.count / self.count.sum()
        return (share * (self.accuracy - self.confidence).abs()).nansum().item()


def reliability(
    logits: Tensor, labels: Tensor, *, temperature: float = 1.0, bins: int = BINS
) -> Reliability:
    """The reliability diagram of ``softmax(z / T)``.

    Args:
        logits: ``(N, C)``.
        labels: ``int64 (N,)``, the truth in logit order.
        temperature: T, greater than 0; it changes no prediction.
        bins: At least 1.

    Raises:
        ValueError: an input outside what is said above.
    """
    logits = _checked(logits, labels, temperature)
    if bins < 1:
        raise ValueError(f"expected bins to be at least 1, got {bins}")
    confidence, predicted = (logits / temperature).softmax(1).max(1)
    edges = torch.arange(bins + 1, dtype=torch.float64) / bins
    at = torch.bucketize(confidence, edges[1:-1])
    count = at.bincount(minlength=bins)

    def mean(values: Tensor) -> Tensor:
        return at.bincount(values, minlength=bins) / count

    right = (predicted == labels.cpu()).double()
    return Reliability(edges[:-1], edges[1:], count, mean(confidence), mean(right))


def nll(logits: Tensor, labels: Tensor, *, temperature: float = 1.0) -> float:
    """Mean of ``-log softmax(z / T)_y``, in nats; see `reliability` for the arguments."""
    logits = _checked(logits, labels, temperature)
    return functional.cross_entropy(logits / temperature, labels.cpu()).item()


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature in ``[0.05, 20]`` of least `nll` (Guo et al. 2017, On Calibration of Modern
    Neural Networks, https://arxiv.org/abs/1706.04599).

    To be fitted on validation pictures, never on those it is judged on. The loss is convex in
    ``1 / T``: its one minimum is found by L-BFGS with a line search, or lies at an end of the range
    (the cold one where no mistake is left to learn from).

    Raises:
        ValueError: logits ``(N, C)`` and labels ``(N,)`` that do not fit together.
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
