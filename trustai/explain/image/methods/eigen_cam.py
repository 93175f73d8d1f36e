"""Eigen-CAM: the first principal component of a layer's channels (Muhammad & Yeasin 2020)."""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge
from trustai.types import NoParameters


def first_component(activation: Tensor) -> tuple[Tensor, Tensor]:
    """The projection of every place on the first right singular vector, and what it explains.

    A singular vector is only known up to its sign. This one has the sign with which the projections
    sum to at least 0.

    Args:
        activation: ``(N, K, h, w)``. Its rows, one for each place, are not centred, as in the
            paper.

    Returns:
        ``(N, h, w)``, and the share of the sum of all squares ``(N,)`` in ``[0, 1]``.

    >>> one = torch.tensor([1.0, 2.0]).view(1, 2, 1, 1) * torch.tensor([[1.0, 2.0], [2.0, 1.0]])
    >>> [part.squeeze(0).numpy().round(6).tolist() for part in first_component(one.double())]
    [[[2.236068, 4.472136], [4.472136, 2.236068]], 1.0]
    """
    places = activation.flatten(2).transpose(1, 2).double()
    left, values, _ = torch.linalg.svd(places, full_matrices=False)
    projection = left[:, :, 0] * values[:, :1]
    signed = torch.where(projection.sum(1, keepdim=True) < 0, -projection, projection)
    share = values[:, 0] ** 2 / (values**2).sum(1).clamp_min(torch.finfo(values.dtype).tiny)
    return signed.view(-1, *activation.shape[2:]).to(activation.dtype), share.float()


class EigenCAM(Method[NoParameters]):
    """``relu(A v_1)``, ``A = U S V^T``, enlarged bilinearly to the picture.

    ``A`` is the layer's activation with one row for each place and one column for each channel,
    not centred, and ``v_1`` the first column of ``V``. Its sign is the one with which ``A v_1``
    sums to at least 0 over the places: after a ReLU no value of ``A v_1`` is negative then
    (Perron and Frobenius), so the ReLU of this map cuts nothing off. Neither gradients nor the
    class enter. ``facts["explained_share"]`` is ``s_1^2 / sum_i s_i^2``: how much of the layer this
    one component tells.
    """

    name = "eigen_cam"
    title = "Eigen-CAM"
    paper = "Muhammad & Yeasin 2020, Eigen-CAM"
    url = "https://arxiv.org/abs/2008.00299"
    description = (
        "Shows the pattern that most channels of a layer share. The map is the same for every "
        "class: it shows what stands out to the network, not the evidence for the class."
    )
    layered = True
    class_specific = False
    formula = r"\mathrm{ReLU}(A v_1),\quad A = U S V^\top,\quad \sum A v_1 \ge 0"
    fact_texts = MappingProxyType({"explained_share": "the first component explains {:.0%}"})
    cost = "fast"
    params = NoParameters

    def attribute(self, task: Task[NoParameters]) -> Maps:
        projection, share = first_component(task.passes.plain.activations[task.layer])
        return Maps(
            enlarge(projection.relu(), task.x),
            facts={"explained_share": share},
            grid=(projection.shape[1], projection.shape[2]),
        )


METHODS.add(EigenCAM.name, EigenCAM(), order=116)
