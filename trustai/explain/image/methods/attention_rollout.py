"""Attention rollout: the attention of all layers of a transformer, multiplied."""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge
from trustai.types import NoParameters


def rollout(blocks: list[Tensor]) -> Tensor:
    """``R = A_L ... A_2 A_1`` with ``A_l = norm(0.5 W_l + 0.5 I)``: ``(N, 1 + T, 1 + T)``.

    Args:
        blocks: ``W_l``, the mean over the heads, each ``(N, 1 + T, 1 + T)``. The identity stands
            for the shortcut around the attention, along which a token keeps what it was; ``norm``
            makes rows sum to 1.

    >>> uniform = torch.full((1, 2, 2), 0.5)
    >>> rollout([uniform])[0].tolist()
    [[0.75, 0.25], [0.25, 0.75]]
    """
    identity = torch.eye(blocks[0].shape[-1], dtype=blocks[0].dtype, device=blocks[0].device)
    rolled = identity.expand_as(blocks[0])
    for weights in blocks:
        mixed = 0.5 * weights + 0.5 * identity
        rolled = mixed / mixed.sum(-1, keepdim=True) @ rolled
    return rolled


class AttentionRollout(Method[NoParameters]):
    """The class token's row of the rollout over the patches, enlarged bilinearly to the picture.

    ``R = A_L ... A_2 A_1`` with ``A_l = norm(0.5 W_l + 0.5 I)``, ``W_l`` the attention of block
    ``l``, averaged over its heads, and ``norm`` making rows sum to 1; see `rollout`.
    ``facts["kept_by_class_token"]`` is the rest of that row: the share that came from no patch.
    """

    name = "attention_rollout"
    title = "Attention rollout"
    paper = "Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers"
    url = "https://arxiv.org/abs/2005.00928"
    description = (
        "Shows from which patches a transformer collected its answer, block by block. The map "
        "is the same for every class: it shows where the network looked, not why."
    )
    class_specific = False
    formula = (
        r"R = \tilde A_L \cdots \tilde A_2 \tilde A_1,\quad \tilde A_l = "
        r"\mathrm{norm}\big(\tfrac12 W_l + \tfrac12 I\big)"
    )
    fact_texts = MappingProxyType({"kept_by_class_token": "{:.0%} stayed in the class token"})
    cost = "fast"
    params = NoParameters
    for_transformers = True

    @torch.no_grad()
    def attribute(self, task: Task[NoParameters]) -> Maps:
        classifier = task.passes.classifier
        _, blocks = classifier.attentions(task.x)
        row = rollout([heads.mean(1) for heads in blocks])[:, 0]
        coarse = classifier.as_map(row[:, :, None])[:, 0]
        return Maps(
            enlarge(coarse, task.x),
            facts={"kept_by_class_token": row[:, 0]},
            grid=(coarse.shape[1], coarse.shape[2]),
        )


METHODS.add(AttentionRollout.name, AttentionRollout(), order=160)
