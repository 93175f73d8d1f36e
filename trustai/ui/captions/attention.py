"""Attention of a caption and its tests, computed once and shown on several views."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trustai import zoo
from trustai.captions import Caption
from trustai.captions.attention import (
    AttentionAgreement,
    ObjectAttention,
    WordGradCAM,
    agreement,
    attention_on_objects,
    word_grad_cam,
)
from trustai.captions.removal import NULLS, ORDERS, Removal, removal
from trustai.data.text import END
from trustai.explain.base import progress_of
from trustai.plots import colours, pictures
from trustai.plots.slides.picture_slide import ColourBar, picture_slide
from trustai.types import SceneObject
from trustai.ui.captions.pickers import CaptionedPicture, captioner_of
from trustai.ui.captions.sentences import isolated
from trustai.ui.components.word_strip import (
    MaskedPicture,
    WordFigure,
    WordMap,
)
from trustai.ui.kit.caching import cached_call
from trustai.ui.kit.errors import plain
from trustai.ui.kit.jobs import Countdown

DRAWS = 8


@dataclass(frozen=True, eq=False)
class AttentionAnalysis:
    """Grad-CAM, its agreement with the attention, and what removal did, of one caption."""

    maps: WordGradCAM
    agreement: AttentionAgreement
    attention: Removal
    grad_cam: Removal
    nulls: Mapping[str, Removal]

    def worst_null(self, n: int) -> tuple[str, float]:
        """Which of the nulls costs the first `n` words most, and how much on average."""
        means = {name: float(one.drop[:n].mean()) for name, one in self.nulls.items()}
        name = max(means, key=means.__getitem__)
        return name, means[name]


def analyse_attention(
    card: zoo.Card, shown: CaptionedPicture, caption: Caption
) -> AttentionAnalysis:
    """All of it, from memory where it is known."""
    captioner, bar = captioner_of(card), Countdown("Looking at every word")

    def compute() -> AttentionAnalysis:
        maps = word_grad_cam(captioner, shown.x, caption)
        attention, cam, *others = (
            removal(captioner, shown.x, caption, by=by) for by in progress_of(ORDERS, bar)
        )
        agree = agreement(caption.attention, maps.maps)
        nulls: dict[str, Removal] = dict(zip(NULLS, others, strict=True))
        return AttentionAnalysis(maps, agree, attention, cam, nulls)

    return cached_call(
        compute,
        subject=shown,
        weights_sha=card.weights_sha256,
        method="captions.attention",
        parameters={"ids": list(caption.ids), "language": caption.language, "draws": DRAWS},
        heavy="looking at every word",
        bar=bar,
    )


NULL_TITLES = {
    "random": "random cells",
    "centre": "the middle",
    "other word": "another word's cells",
}


def faithful_text(found: AttentionAnalysis, caption: Caption) -> str:
    """Whether blurring the attended cells costs more than the strongest comparison."""
    n = len(caption.words)
    name, most = found.worst_null(n)
    lost = float(found.attention.drop[:n].mean())
    end = (
        "so attention is a part of the reason."
        if lost > most
        else "so attention is no reason by this test."
    )
    return (
        f"The network says “{plain(isolated(caption.text))}”. Without the attended cells a word "
        f"loses **{lost:.2f}** of its log probability, without {NULL_TITLES[name]} **{most:.2f}**: "
        f"{end}"
    )


def word_maps(caption: Caption, found: AttentionAnalysis) -> list[WordMap]:
    """The attention and Grad-CAM of every word."""
    cells = caption.attention[0].numel()
    peaks = [float(a.max()) for a in caption.attention]
    z = found.maps.logits.tolist()
    return [
        WordMap(
            "Attention",
            caption.attention,
            [f"highest cell {p:.0%}; equal weights would be {1 / cells:.0%}" for p in peaks],
        ),
        WordMap("Grad-CAM of the word", found.maps.maps, [f"logit {value:.1f}" for value in z]),
    ]


def without(found: AttentionAnalysis, caption: Caption) -> MaskedPicture:
    """The picture without the cells that each word attended to most."""
    texts = [
        f"It says {isolated(instead)} instead of {isolated(word)}"
        if changed
        else f"It still says {isolated(word)}"
        for word, instead, changed in zip(
            caption.words,
            spoken(found.attention.instead[0]),
            found.attention.changed[0].tolist(),
            strict=False,
        )
    ]
    return MaskedPicture("Attended cells blurred", found.attention.cells[0], texts)


def spoken(words: Sequence[str]) -> list[str]:
    """The end of a caption, in words."""
    return ["(the end)" if word == "<end>" else word for word in words]


def word_figures(
    caption: Caption, found: AttentionAnalysis, on: Sequence[ObjectAttention | None] | None
) -> list[WordFigure]:
    """Numbers of each word: how likely, how far the maps agree, what removal costs."""
    agree, fall = found.agreement, found.attention.drop
    chance, centre = (found.nulls[name].drop.tolist() for name in ("random", "centre"))
    figures = [
        WordFigure(
            "Probability of the word",
            [f"{np.exp(p):.0%}" for p in caption.log_probabilities],
            ["after the words before it"] * len(caption.ids),
        ),
        WordFigure(
            "Attention and Grad-CAM agree",
            [_number(r) for r in agree.rank_correlation.tolist()],
            [f"rank correlation; top fifth shared {_percent(o)}, by chance {agree.share:.0%}"
             for o in agree.overlap.tolist()],
        ),
        WordFigure(
            "Log probability lost without it",
            [f"{value:.2f}" for value in fall.tolist()],
            [f"without as many random cells {r:.2f}; without the middle {m:.2f}; "
             f"where Grad-CAM looks {g:.2f}"
             for r, m, g in zip(chance, centre, found.grad_cam.drop.tolist(), strict=True)],
            colours.OTHERS[0],
        ),
    ]  # fmt: skip
    if on is not None:
        figures.append(
            WordFigure(
                "Attention on what the word names",
                ["–" if one is None else f"{one.attention:.0%}" for one in on],
                ["names no sign" if one is None else f"which fills {one.area:.0%} of the picture"
                 for one in on],
                colours.TRAINED_AGAINST,
            )
        )  # fmt: skip
    return figures


def on_objects(
    caption: Caption, objects: tuple[SceneObject, ...] | None
) -> tuple[ObjectAttention | None, ...] | None:
    """None where nobody knows what is in the picture."""
    return None if objects is None else attention_on_objects(caption, objects)


def table_of(
    caption: Caption, found: AttentionAnalysis, on: Sequence[ObjectAttention | None] | None
) -> pd.DataFrame:
    """A row per word; the end of the caption is one."""
    words = [*caption.words, "<end>"] if caption.ids[-1] == END else list(caption.words)
    n = len(words)
    shares = [None] * n if on is None else [*(o and o.attention for o in on), *[None] * n][:n]
    areas = [None] * n if on is None else [*(o and o.area for o in on), *[None] * n][:n]
    return pd.DataFrame(
        {
            "word": words,
            "log_probability": list(caption.log_probabilities),
            "rank_correlation": found.agreement.rank_correlation.tolist(),
            "top_overlap": found.agreement.overlap.tolist(),
            "fall_without_attention": found.attention.drop.tolist(),
            "fall_without_grad_cam": found.grad_cam.drop.tolist(),
            **{
                f"fall_without_{name.replace(' ', '_')}": one.drop.tolist()
                for name, one in found.nulls.items()
            },
            "instead": list(found.attention.instead[0]),
            "attention_on_object": shares,
            "object_share_of_picture": areas,
        }
    )


def sheet(caption: Caption, shown: CaptionedPicture, maps: Sequence[WordMap]) -> bytes:
    """A PNG of every word's maps, each with its word."""
    tiles = []
    for one in maps:
        for i, word in enumerate(caption.words):
            coloured = pictures.heat(one.values[i].numpy(), signed=False, scale=_peak(one, i))
            drawn = pictures.overlay(shown.detail, coloured, opacity=0.65)
            tiles.append((f"{one.title.split()[0]}: {word}", drawn))
    return pictures.png(
        picture_slide(
            caption.text,
            f"{shown.title}: the map of every word, each to its own largest value",
            tiles,
            columns=min(6, len(caption.words)),
            side=220,
            bars=[ColourBar(colours.MAGNITUDES, "0", "largest", "Weight:")],
        )
    )


def arrays(caption: Caption, found: AttentionAnalysis, shown: CaptionedPicture) -> bytes:
    """NumPy's archive of the maps and of the picture."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        picture=shown.x[0].numpy(),
        attention=caption.attention.numpy(),
        grad_cam=found.maps.maps.numpy(),
    )
    return file.getvalue()


def telling_word(caption: Caption, objects: tuple[SceneObject, ...] | None) -> int:
    """The number, from 1, of a word worth looking at first: one that names an object, else the
    longest."""
    named = on_objects(caption, objects) or ()
    first = next((i for i, one in enumerate(named, start=1) if one is not None), None)
    if first is not None or not caption.words:
        return first or 1
    return 1 + max(range(len(caption.words)), key=lambda i: len(caption.words[i]))


def text_of(caption: Caption) -> str:
    """The caption as a sentence; a decoder may say nothing at all."""
    return caption.text or "(nothing)"


def _peak(one: WordMap, i: int) -> float:
    return float(one.values[i].max()) or 1.0


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:+.2f}"


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.0%}"
