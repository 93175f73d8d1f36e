"""ViM: a virtual logit from the residual of the features (Wang et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.ood.base import SCORES, Score, ScoreInput
from trustai.ood.methods.energy import energy
from trustai.zoo import Classifier, FeatureStatistics, checks


@dataclass(frozen=True)
class ViMParams:
    """Parameters of ViM.

    Attributes:
        dim: Dimensions of the principal space, at least 1 and fewer than the features; None:
            half of them, which is our choice: the authors' code takes 1,000 of 2,048 features and
            512 of fewer, which is more than small networks have.
    """

    dim: int | None = None

    def __post_init__(self) -> None:
        checks.typed(self)
        if self.dim is not None:
            checks.at_least("dim", self.dim, 1)


def head_weights(model: Classifier, *, n_features: int) -> tuple[Tensor, Tensor]:
    """``W (C, D)`` and ``b (C,)`` of a head that is ``z = W f + b``, in float64.

    Args:
        model: Whose `head` is asked.
        n_features: D.

    Raises:
        ValueError: the head is not of this form.
    """
    unit = torch.eye(n_features).to(next(model.parameters()))
    bias = model.head(torch.zeros_like(unit[:1]))
    weight = model.head(unit) - bias
    probe = torch.linspace(-1.3, 1.7, n_features).to(unit)[None]
    if not torch.allclose(model.head(probe), probe @ weight + bias, rtol=1e-3, atol=1e-3):
        raise ValueError("expected a network whose last layer is linear, got another")
    return weight.T.double(), bias[0].double()


def origin(weight: Tensor, bias: Tensor) -> Tensor:
    """``o = -W^+ b (D,)``: where, as nearly as can be, all logits are 0.

    Args:
        weight, bias: ``W (C, D)`` and ``b (C,)`` of the last layer.
    """
    return -torch.linalg.pinv(weight) @ bias


def residual_space(covariance: Tensor, *, dim: int) -> Tensor:
    """``R (D, D - dim)``: the directions in which the training features vary least.

    Args:
        covariance: ``(D, D)`` of the training features about ``o``.
        dim: Dimensions of the principal space, fewer than D.
    """
    return torch.linalg.eigh(covariance.double()).eigenvectors[:, : len(covariance) - dim]


def vim(
    features: Tensor, logits: Tensor, *, origin: Tensor, residual: Tensor, alpha: Tensor
) -> Tensor:
    """``alpha |R^T (f - o)|_2 - log sum_c exp(z_c)``, ``(N,)``.

    Args:
        features, logits: ``(N, D)`` and ``(N, C)``.
        origin: ``o (D,)``, see there.
        residual: ``R (D, D - dim)``, see `residual_space`.
        alpha: Scale of the residual.
    """
    virtual = alpha * ((features.double() - origin) @ residual).norm(dim=1)
    return virtual + energy(logits.double())


class ViM(Score[ViMParams]):
    """``s = alpha |R^T (f - o)| - logsumexp(z)``: the logit of a virtual class against the others.

    ``alpha`` brings the residual to the size of the largest logit on the reference pictures. The
    paper's probability of the virtual class orders pictures the same.
    """

    name = "vim"
    title = "ViM (virtual logit)"
    paper = "Wang et al. 2022, ViM: Out-Of-Distribution with Virtual-logit Matching"
    url = "https://arxiv.org/abs/2203.10807"
    formula = "alpha |R^T (f - o)|_2 - log sum_c exp(z_c)"
    description = (
        "Is high if the features use directions that the training pictures do not use, and if the "
        "classes respond weakly."
    )
    axis = "virtual logit − log-sum-exp of the others"
    needs_fitted = True
    params = ViMParams

    def prepare(
        self, model: Classifier, fitted: FeatureStatistics | None, params: ViMParams
    ) -> dict[str, Tensor]:
        assert fitted is not None
        n_features = fitted.means.shape[1]
        dim = n_features // 2 if params.dim is None else params.dim
        if not 1 <= dim < n_features:
            raise ValueError(f"expected dim in [1, {n_features - 1}], got {dim}")
        weight, bias = head_weights(model, n_features=n_features)
        centre = origin(weight, bias)
        shift = fitted.mean.double() - centre
        residual = residual_space(fitted.total.double() + shift.outer(shift), dim=dim)
        reference = fitted.reference.double()
        length = ((reference - centre) @ residual).norm(dim=1).mean()
        largest = (reference @ weight.T + bias).amax(1).mean()
        return {"origin": centre, "residual": residual, "alpha": largest / length}

    def of(self, given: ScoreInput[ViMParams]) -> Tensor:
        return vim(given.features, given.logits, **given.prepared)


SCORES.add(ViM.name, ViM(), order=80)
