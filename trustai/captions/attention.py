"""Attention of captions as an explanation: Grad-CAM per word, agreement, removal, known objects.

Attention is a part of the computation that can be seen, not a proof of what mattered (Jain and
Wallace 2019, https://arxiv.org/abs/1902.10186; Wiegreffe and Pinter 2019,
https://arxiv.org/abs/1908.04626). So three questions are asked of it here: does the gradient point
at the same places (`word_grad_cam`, `agreement`), does the word go when these places go
(`removal`), and, where the truth is known, is it on the object that the word names
(`attention_on_objects`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.captions.beam import allowed_words, masked_log_softmax
from trustai.captions.captioner import Captioner
from trustai.captions.decoding import Caption
from trustai.metrics.similarity import rank_correlation, top_overlap
from trustai.types import Circumstances, SceneObject
from trustai.zoo import checks

SHARE = 0.2
"""Of the cells that count as those of most attention."""


@dataclass(frozen=True, eq=False)
class WordGradCAM:
    """Grad-CAM of every word of a caption, one map per id, the end of the caption included.

    Attributes:
        maps: ``float32 (T, rows, columns)``, at least 0.
        logits: ``(T,)`` of the words explained.
    """

    maps: Tensor
    logits: Tensor
    circumstances: Circumstances


@dataclass(frozen=True, eq=False)
class AttentionAgreement:
    """How alike two maps of the same word are; nan where one of them is constant.

    Attributes:
        rank_correlation: ``(T,)`` in ``[-1, 1]``, Spearman's over the cells; 0 by chance.
        overlap: ``(T,)`` in ``[0, 1]``: of the `share` of the cells that are highest in one map,
            how many are among the highest of the other.
        share: What `overlap` is by chance.
    """

    rank_correlation: Tensor
    overlap: Tensor
    share: float


@dataclass(frozen=True, eq=False)
class ObjectAttention:
    """Attention of a word on the objects that it names.

    Attributes:
        objects: Those that the word can mean.
        attention: Share of the word's attention on their masks, in ``[0, 1]``.
        area: Share of the picture that they fill: what attention spread evenly would have.
    """

    objects: tuple[SceneObject, ...]
    attention: float
    area: float


def log_probabilities(captioner: Captioner, annotations: Tensor, caption: Caption) -> Tensor:
    """``log p(w | w_<t, a)`` of every next word, given the caption's words before; differentiable.

    As in decoding, words of another language and ``<unk>`` have none (``-inf``).

    Args:
        captioner: Whose decoder is asked.
        annotations: Annotation vectors ``(N, L, D)``, from `Captioner.annotations`.
        caption: T words, the end included.

    Returns:
        ``(N, T, V)``, natural logarithm.
    """
    logits, _ = captioner.decoder(annotations, _before(captioner, caption, annotations))
    allowed = allowed_words(captioner.decoder, caption.language).to(annotations.device)
    return masked_log_softmax(logits, allowed)


def _before(captioner: Captioner, caption: Caption, annotations: Tensor) -> Tensor:
    """``int64 (N, T)``: what the decoder has said before each of the caption's ids."""
    start = captioner.vocabulary.start(caption.language)
    ids = torch.tensor([start, *caption.ids[:-1]], device=annotations.device)
    return ids.expand(len(annotations), -1)


def word_grad_cam(captioner: Captioner, x: Tensor, caption: Caption) -> WordGradCAM:
    """Grad-CAM of each word's logit: through the decoder to the annotation vectors.

    ``relu(sum_k alpha_k A_k)``, ``alpha_k = mean_i d z_w / d A_k,i`` with ``A_k`` channel k of the
    annotation vectors and ``z_w`` the logit of the word (Selvaraju et al. 2017,
    https://arxiv.org/abs/1610.02391, who do the same with captions). The gradient goes through the
    whole sentence, while the attention of a word is only that of its own step.

    Args:
        captioner: Encoder and decoder.
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        caption: Of this picture.

    Raises:
        ValueError: not one picture, or not in ``[0, 1]``.
    """
    started = time.perf_counter()
    one_picture(captioner, x)
    ids = torch.tensor(caption.ids, device=x.device)
    with torch.no_grad():
        seen = captioner.annotations(x)
    with torch.enable_grad():
        # A copy per word: their gradients then come out of one backward pass.
        annotations = seen.expand(len(ids), -1, -1).clone().requires_grad_()
        logits, _ = captioner.decoder(annotations, _before(captioner, caption, annotations))
        steps = torch.arange(len(ids), device=x.device)
        own = logits[steps, steps, ids]
        (gradient,) = torch.autograd.grad(own.sum(), annotations)
    weights = gradient.mean(1, keepdim=True)
    cam = (weights * annotations.detach()).sum(2).relu()
    return WordGradCAM(
        maps=cam.view(caption.attention.shape),
        logits=own.detach(),
        circumstances=captioner.circumstances(
            method="Grad-CAM of a word",
            parameters={"language": caption.language},
            seed=0,
            started=started,
        ),
    )


def agreement(attention: Tensor, maps: Tensor, *, share: float = SHARE) -> AttentionAgreement:
    """How far two maps agree, word by word.

    Args:
        attention: ``(T, rows, columns)``.
        maps: ``(T, rows, columns)``, of the same words.
        share: Of the cells that count as highest, in ``(0, 1]``.

    Raises:
        ValueError: shapes that do not fit, or `share` out of range.

    >>> maps = torch.arange(8.0).view(2, 2, 2)
    >>> agreement(maps, maps * 3).rank_correlation
    tensor([1., 1.])
    """
    return AttentionAgreement(
        rank_correlation=rank_correlation(attention, maps),
        overlap=top_overlap(attention, maps, share=share),
        share=max(1, round(share * maps[0].numel())) / maps[0].numel(),
    )


def attention_on_objects(
    caption: Caption, objects: Sequence[SceneObject]
) -> tuple[ObjectAttention | None, ...]:
    """``sum_i alpha_t,i m_i`` per word t: its attention on the objects that it names.

    ``m_i`` is the share of cell i that the objects' masks cover. Where a word can mean several
    objects, their masks count together.

    Args:
        caption: Whose attention.
        objects: All of the picture, with masks ``(H, W)``.

    Returns:
        One per word; None for a word that names no object.
    """
    found: list[ObjectAttention | None] = []
    for word, attention in zip(caption.words, caption.attention, strict=False):
        named = tuple(o for o in objects if word in o.words.get(caption.language, ()))
        if not named:
            found.append(None)
            continue
        mask = torch.stack([o.mask for o in named]).any(0)
        # The mean of the mask over a cell is the share of the cell that it covers.
        covered = F.adaptive_avg_pool2d(mask[None].float(), attention.shape)[0]
        inside = float((attention * covered).sum())
        found.append(ObjectAttention(named, inside, float(mask.float().mean())))
    return tuple(found)


def one_picture(captioner: Captioner, x: Tensor) -> None:
    """Refuse anything but one picture ``(1, 3, H, W)`` in ``[0, 1]``.

    Raises:
        ValueError: another shape or range.
    """
    checks.pictures(captioner.encoder, x)
    if len(x) != 1:
        raise ValueError(f"expected one picture, got {len(x)}")
