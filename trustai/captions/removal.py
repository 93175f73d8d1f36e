"""Removal of cells from a picture: which words of its caption change."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.captions.attention import SHARE, log_probabilities, one_picture, word_grad_cam
from trustai.captions.captioner import Captioner
from trustai.captions.decoding import Caption
from trustai.explain.image.baselines import Baseline, baseline_pictures, checked_baseline
from trustai.explain.image.evaluation import nulls
from trustai.types import Circumstances
from trustai.zoo import checks

Order = Literal["attention", "grad-cam", "random", "centre", "other word"]
ORDERS: tuple[Order, ...] = get_args(Order)
"""By which map cells are removed, highest first: the word's attention or Grad-CAM, or a null."""
NULLS: tuple[Order, ...] = ORDERS[2:]
"""What a map has to beat: random fields as smooth as the caption's mean attention, a blob in the
middle, and the attention of another word of the same caption."""


@dataclass(frozen=True, eq=False)
class Removal:
    """What became of every word once some cells of the picture were removed.

    Attributes:
        by: Order of the cells.
        cells: ``bool (D, T, rows, columns)``: removed, in each of D draws (one unless random).
        before: ``(T,)``: log probability of the word, given those before it, in the whole picture.
        after: ``(D, T)``: without the cells.
        instead: Per draw and word the likeliest word afterwards, which may be the same.
        changed: ``bool (D, T)``: it is another.
    """

    by: Order
    cells: Tensor
    before: Tensor
    after: Tensor
    instead: tuple[tuple[str, ...], ...]
    changed: Tensor
    circumstances: Circumstances

    @property
    def drop(self) -> Tensor:
        """``(T,)``: by how much the log probability dropped, the mean over the draws."""
        return self.before - self.after.mean(0)


@dataclass(frozen=True)
class RemovalParams:
    """Parameters of `removal`.

    Attributes:
        share: Of the cells removed, in ``(0, 1)``; at least one is.
        fill: What replaces them, see `trustai.explain.image.baselines`.
        draws: How many random fields are drawn, at least 1; the same for all words.

    Raises:
        ValueError: a value out of range.
    """

    share: float = SHARE
    fill: Baseline = "blur"
    draws: int = 8

    def __post_init__(self) -> None:
        checks.typed(self)
        if not 0 < self.share < 1:
            raise ValueError(f"expected share in (0, 1), got {self.share:g}")
        checked_baseline(self.fill, "fill")
        checks.at_least("draws", self.draws, 1)


def removal(
    captioner: Captioner,
    x: Tensor,
    caption: Caption,
    *,
    by: Order = "attention",
    params: RemovalParams | None = None,
    seed: int = 0,
) -> Removal:
    """Removes from the picture the cells that are highest for a word and asks for the word again.

    Drop: ``log p(w_t | w_<t, x) - log p(w_t | w_<t, x without its cells)``. Any hole costs
    something, most of all one in the middle, so `NULLS` are what to compare with.

    Args:
        captioner: Encoder and decoder.
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        caption: Of this picture.
        by: One of `ORDERS`.
        params: Defaults if None.
        seed: Of the random draws.

    Raises:
        ValueError: an input outside what is said above.
    """
    started, params = time.perf_counter(), params or RemovalParams()
    one_picture(captioner, x)
    if by not in ORDERS:
        raise ValueError(f"expected by among {', '.join(ORDERS)}, got {by!r}")
    cells = _cells(captioner, x, caption, by, params, seed)
    whole, without = _log_probabilities_without(captioner, x, caption, cells, params.fill)
    settings = {"share": params.share, "fill": params.fill, "draws": len(cells)}
    circumstances = captioner.circumstances(
        method=f"removal of {by}", parameters=settings, seed=seed, started=started
    )
    return _removal(caption, by, cells, whole, without, captioner, circumstances)


def _removal(
    caption: Caption,
    by: Order,
    cells: Tensor,
    whole: Tensor,
    without: Tensor,
    captioner: Captioner,
    circumstances: Circumstances,
) -> Removal:
    ids = torch.tensor(caption.ids, device=whole.device)
    likeliest, entries = without.argmax(-1), captioner.vocabulary.entries
    return Removal(
        by=by,
        cells=cells,
        before=whole.gather(1, ids[:, None])[:, 0],
        after=without.gather(2, ids.expand(len(cells), -1)[:, :, None])[:, :, 0],
        instead=tuple(tuple(entries[i] for i in row) for row in likeliest.tolist()),
        changed=likeliest != whole.argmax(-1),
        circumstances=circumstances,
    )


def _log_probabilities_without(
    captioner: Captioner, x: Tensor, caption: Caption, cells: Tensor, fill: Baseline
) -> tuple[Tensor, Tensor]:
    """Of every next word, in the whole picture ``(T, V)`` and without the cells ``(D, T, V)``."""
    draws, words = cells.shape[:2]
    # The cells of a draw are the same for all words, those of attention and Grad-CAM differ.
    same = draws > 1 or bool((cells == cells[:, :1]).all())
    different = cells[:, 0] if same else cells[0]
    gone = F.interpolate(different[:, None].float(), size=x.shape[-2:], mode="nearest") > 0.5
    folded = dataclasses.replace(captioner, encoder=captioner.encoder.folded())
    with torch.no_grad():
        empty = baseline_pictures(captioner.encoder, x, fill)
        annotations = folded.annotations(torch.cat([x, torch.where(gone, empty, x)]))
        log_p = log_probabilities(captioner, annotations, caption)
    if same:
        return log_p[0], log_p[1:]
    each = torch.arange(words, device=x.device)
    return log_p[0], log_p[1:][each, each][None]


def _cells(
    captioner: Captioner, x: Tensor, caption: Caption, by: Order, params: RemovalParams, seed: int
) -> Tensor:
    """``bool (D, T, rows, columns)``: which cells are removed for each word."""
    n = caption.attention[0].numel()
    k = max(1, round(params.share * n))
    maps = _maps(captioner, x, caption, by, params.draws, seed).flatten(2).to(x.device)
    chosen = torch.zeros_like(maps, dtype=torch.bool)
    chosen = chosen.scatter_(2, maps.topk(k, dim=2).indices, True)
    return chosen.unflatten(2, caption.attention.shape[1:])


def _maps(
    captioner: Captioner, x: Tensor, caption: Caption, by: Order, draws: int, seed: int
) -> Tensor:
    """``(D, T, rows, columns)``: by which the cells of every word are ordered."""
    attention = caption.attention
    match by:
        case "attention":
            return attention[None]
        case "grad-cam":
            return word_grad_cam(captioner, x, caption).maps[None]
        case "other word":
            return attention.roll(len(attention) // 2, 0)[None]
        case "centre":
            return nulls.blob(attention[:, None])[None]
    fields = nulls.random_fields(attention.mean(0)[None], n=draws, seed=seed)
    return torch.stack(fields).expand(-1, len(attention), -1, -1)
