"""Transformer attribution: attention weighed by its gradient, through all blocks."""

from __future__ import annotations

import torch
from torch import Tensor

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge
from trustai.types import NoParameters


def relevance(blocks: list[Tensor], gradients: list[Tensor]) -> Tensor:
    """``R <- R + mean_h (dA_l * A_l)^+ R`` over the blocks, from the identity.

    Args:
        blocks: ``A_l`` of every head, each ``(N, heads, 1 + T, 1 + T)``, first block first.
        gradients: Of the target's logit by each of them.

    Returns:
        ``(N, 1 + T, 1 + T)``, at least 0: row ``i`` is what token ``i`` has of every token.

    >>> even, ones = torch.full((1, 1, 2, 2), 0.5), torch.ones(1, 1, 2, 2)
    >>> relevance([even], [ones])[0].tolist()
    [[1.5, 0.5], [0.5, 1.5]]
    """
    size, like = blocks[0].shape[-1], blocks[0]
    rolled = torch.eye(size, dtype=like.dtype, device=like.device).expand(len(like), size, size)
    for weights, gradient in zip(blocks, gradients, strict=True):
        rolled = rolled + (gradient * weights).relu().mean(1) @ rolled
    return rolled


class TransformerAttribution(Method[NoParameters]):
    """The class token's row of ``R`` over the patches, enlarged bilinearly to the picture.

    ``R <- R + mean_h (dA_l * A_l)^+ R`` for ``l = 1 ... L``, from the identity: ``A_l`` is the
    attention of block ``l``, ``dA_l = d f_t / d A_l`` the gradient of the target's logit,
    ``mean_h`` the mean over the heads, ``^+`` keeps what is positive (equations 5 and 6 of the
    paper, for a transformer with self-attention only).
    """

    name = "transformer_attribution"
    title = "Transformer attribution"
    paper = (
        "Chefer et al. 2021, Generic Attention-model Explainability for Interpreting Bi-Modal and "
        "Encoder-Decoder Transformers"
    )
    url = "https://arxiv.org/abs/2103.15679"
    description = (
        "Works like attention rollout, but an attention head counts only as much as it raises "
        "the score of the class. The map differs from class to class."
    )
    formula = (
        r"R \leftarrow R + \mathrm{mean}_h \Big(\frac{\partial f_t}{\partial A_l} \odot "
        r"A_l\Big)^{+} R, \quad \text{starting from the identity}"
    )
    cost = "fast"
    params = NoParameters
    for_transformers = True

    def attribute(self, task: Task[NoParameters]) -> Maps:
        classifier, target = task.passes.classifier, task.passes.target
        leaf = task.x.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            logits, blocks = classifier.attentions(leaf)
            score = logits.gather(1, target[:, None]).sum()
        gradients = torch.autograd.grad(score, blocks)
        row = relevance([one.detach() for one in blocks], list(gradients))[:, 0]
        coarse = classifier.as_map(row[:, :, None])[:, 0]
        return Maps(enlarge(coarse, task.x), grid=(coarse.shape[1], coarse.shape[2]))


METHODS.add(TransformerAttribution.name, TransformerAttribution(), order=155)
