"""Is attention an explanation? Where a decoder looked for a word, and what the word hung on.

Attention is a part of the computation that can be seen, not a proof of what mattered (Jain and
Wallace 2019, https://arxiv.org/abs/1902.10186; Wiegreffe and Pinter 2019,
https://arxiv.org/abs/1908.04626). So three questions are asked of it here: does the gradient point
at the same places (`word_grad_cam`, `agreement`), does the word go when these places go
(`removal`), and, where the truth is known, is it on the object that the word names
(`share_on_object`).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.captions.beam import log_p_of, sayable
from trustai.captions.captioner import Captioner
from trustai.captions.decoding import Caption
from trustai.explain.image.baselines import (
    Baseline,
    baseline_pictures,
    checked_baseline,
)
from trustai.metrics.similarity import rank_correlation, top_overlap
from trustai.types import Circumstances, SceneObject
from trustai.zoo import checks

What = Literal["attention", "grad-cam", "random"]
WHATS: tuple[What, ...] = get_args(What)
SHARE = 0.2
"""Of the cells that count as those looked at most."""


@dataclass(frozen=True, eq=False)
class WordMaps:
    """Grad-CAM of every word of a caption, one map per id, the end of the caption included.

    Attributes:
        maps: ``float32 (T, rows, columns)``, at least 0.
        logits: ``(T,)`` of the words explained.
    """

    maps: Tensor
    logits: Tensor
    circumstances: Circumstances


@dataclass(frozen=True, eq=False)
class Agreement:
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
class Removal:
    """What became of every word once some cells of the picture were taken away.

    Attributes:
        cells: ``bool (D, T, rows, columns)``: taken away, in each of D draws (one unless random).
        before: ``(T,)``: log probability of the word, given those before it, in the whole picture.
        after: ``(D, T)``: without the cells.
        instead: Per draw and word the likeliest word afterwards, which may be the same.
        changed: ``bool (D, T)``: it is another.
    """

    what: What
    cells: Tensor
    before: Tensor
    after: Tensor
    instead: tuple[tuple[str, ...], ...]
    changed: Tensor
    circumstances: Circumstances

    @property
    def fall(self) -> Tensor:
        """``(T,)``: by how much the log probability fell, the mean over the draws."""
        return self.before - self.after.mean(0)


@dataclass(frozen=True, eq=False)
class OnObject:
    """What a word names, and where its attention lay.

    Attributes:
        objects: Those that the word can mean.
        attention: Share of the word's attention on their masks, in ``[0, 1]``.
        area: Share of the picture that they fill: what attention spread evenly would have.
    """

    objects: tuple[SceneObject, ...]
    attention: float
    area: float


def log_probabilities(captioner: Captioner, grid: Tensor, caption: Caption) -> Tensor:
    """``(N, T, V)``: of every next word, given the words of the caption before it; differentiable.

    As in decoding, words of another language and ``<unk>`` have none (``-inf``).

    Args:
        grid: ``(N, L, D)``, from `Captioner.grid`.
    """
    logits, _ = captioner.decoder(grid, _before(captioner, caption, len(grid)).to(grid.device))
    return log_p_of(logits, sayable(captioner.decoder, caption.language).to(grid.device))


def _before(captioner: Captioner, caption: Caption, n: int) -> Tensor:
    """``int64 (n, T)``: what the decoder has said before each of the caption's ids."""
    start = captioner.vocabulary.start(caption.language)
    return torch.tensor([start, *caption.ids[:-1]]).expand(n, -1)


def word_grad_cam(captioner: Captioner, x: Tensor, caption: Caption) -> WordMaps:
    """Grad-CAM of each word's logit: back through the decoder to the grid that it reads.

    ``relu(sum_k a_k A_k)``, ``a_k = mean_i d z_w / d A_k,i`` with ``A`` the encoder's last map and
    ``z_w`` the logit of the word (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391, who do
    the same with captions). What the words before looked at counts as well: the gradient goes
    through the whole sentence, the attention of a word is only that of its own step.

    Args:
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        caption: Of this picture.

    Raises:
        ValueError: not one picture, or not in ``[0, 1]``.
    """
    started = time.perf_counter()
    _checked(captioner, x)
    ids = torch.tensor(caption.ids, device=x.device)
    with torch.no_grad():
        seen = captioner.grid(x)
    with torch.enable_grad():
        # A copy per word: their gradients then come out of one backward pass.
        grid = seen.expand(len(ids), -1, -1).clone().requires_grad_()
        logits, _ = captioner.decoder(grid, _before(captioner, caption, len(ids)).to(x.device))
        steps = torch.arange(len(ids), device=x.device)
        own = logits[steps, steps, ids]
        (gradient,) = torch.autograd.grad(own.sum(), grid)
    weights = gradient.mean(1, keepdim=True)
    cam = (weights * grid.detach()).sum(2).relu()
    return WordMaps(
        maps=cam.view(caption.attention.shape),
        logits=own.detach(),
        circumstances=captioner.circumstances(
            method="Grad-CAM of a word",
            parameters={"language": caption.language},
            seed=0,
            started=started,
        ),
    )


def agreement(attention: Tensor, maps: Tensor, *, share: float = SHARE) -> Agreement:
    """How far two maps agree, word by word.

    Args:
        attention, maps: ``(T, rows, columns)``.
        share: Of the cells that count as highest, in ``(0, 1]``.

    Raises:
        ValueError: shapes that do not fit, or `share` out of range.
    """
    return Agreement(
        rank_correlation=rank_correlation(attention, maps),
        overlap=top_overlap(attention, maps, share=share),
        share=max(1, round(share * maps[0].numel())) / maps[0].numel(),
    )


def removal(
    captioner: Captioner,
    x: Tensor,
    caption: Caption,
    *,
    what: What = "attention",
    share: float = SHARE,
    fill: Baseline = "blur",
    draws: int = 8,
    seed: int = 0,
) -> Removal:
    """Takes from the picture what a word looked at most and asks for the word again.

    The words before it stay as they were, so only the picture has changed. Random cells, as many
    and as coarse, are what to compare with: a picture with holes is strange in itself.

    Args:
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        caption: Of this picture.
        what: The cells of most attention, of the highest Grad-CAM, or at random.
        share: Of the cells taken away, in ``(0, 1)``; at least one is.
        fill: What stands in their place, see `trustai.explain.image.baselines`.
        draws: How many times random cells are drawn; they are the same for all words.
        seed: Of the draws.

    Raises:
        ValueError: an input outside what is said above.
    """
    started = time.perf_counter()
    _checked(captioner, x)
    if what not in WHATS:
        raise ValueError(f"expected what among {', '.join(WHATS)}, got {what!r}")
    if not 0 < share < 1:
        raise ValueError(f"expected share in (0, 1), got {share:g}")
    checked_baseline(fill, "fill")
    checks.at_least("draws", draws, 1)
    cells = _cells(captioner, x, caption, what, share, draws, seed)
    empty = baseline_pictures(captioner.encoder, x, fill)
    different = cells[:, 0] if what == "random" else cells[0]
    gone = F.interpolate(different[:, None].float(), size=x.shape[-2:], mode="nearest") > 0.5
    with torch.no_grad():
        quick = dataclasses.replace(captioner, encoder=captioner.encoder.folded())
        grid = quick.grid(torch.cat([x, torch.where(gone, empty, x)]))
        log_p = log_probabilities(captioner, grid, caption)
    ids = torch.tensor(caption.ids, device=x.device)
    steps = torch.arange(len(ids), device=x.device)
    without = log_p[1:] if what == "random" else log_p[1:][steps, steps][None]
    likeliest = without.argmax(-1)
    entries = captioner.vocabulary.entries
    return Removal(
        what=what,
        cells=cells,
        before=log_p[0, steps, ids],
        after=without[:, steps, ids],
        instead=tuple(tuple(entries[i] for i in row) for row in likeliest.tolist()),
        changed=likeliest != log_p[0].argmax(-1),
        circumstances=captioner.circumstances(
            method=f"removal of {what}",
            parameters={"share": share, "fill": fill, "draws": len(cells)},
            seed=seed,
            started=started,
        ),
    )


def _cells(
    captioner: Captioner,
    x: Tensor,
    caption: Caption,
    what: What,
    share: float,
    draws: int,
    seed: int,
) -> Tensor:
    """``bool (D, T, rows, columns)``: which cells are taken away for each word."""
    words, *shape = caption.attention.shape
    n = caption.attention[0].numel()
    k = max(1, round(share * n))
    if what == "random":
        generator = torch.Generator().manual_seed(seed)
        first = torch.stack([torch.randperm(n, generator=generator)[:k] for _ in range(draws)])
        chosen = torch.zeros(draws, n, dtype=torch.bool).scatter_(1, first, True)
        return chosen.view(draws, 1, *shape).expand(-1, words, -1, -1).to(x.device)
    maps = caption.attention
    if what == "grad-cam":
        maps = word_grad_cam(captioner, x, caption).maps
    flat = maps.flatten(1).to(x.device)
    chosen = torch.zeros_like(flat, dtype=torch.bool)
    return chosen.scatter_(1, flat.topk(k, dim=1).indices, True).view(1, words, *shape)


def share_on_object(
    caption: Caption, objects: Sequence[SceneObject]
) -> tuple[OnObject | None, ...]:
    """Per word of the caption: does the attention lie on what the word names?

    Each cell's attention is spread evenly over the part of the picture that is the cell's. Where
    a word can mean several objects, their masks count together; a word that names none has None.
    """
    found: list[OnObject | None] = []
    for word, attention in zip(caption.words, caption.attention, strict=False):
        named = tuple(o for o in objects if word in o.words.get(caption.language, ()))
        if not named:
            found.append(None)
            continue
        mask = torch.stack([o.mask for o in named]).any(0)
        # The mean of the mask over a cell is the share of the cell that it covers.
        covered = F.adaptive_avg_pool2d(mask[None].float(), attention.shape)[0]
        inside = float((attention * covered).sum())
        found.append(OnObject(named, inside, float(mask.float().mean())))
    return tuple(found)


def _checked(captioner: Captioner, x: Tensor) -> None:
    checks.pictures(captioner.encoder, x)
    if len(x) != 1:
        raise ValueError(f"expected one picture, got {len(x)}")
