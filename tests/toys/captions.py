"""A captioner that can be computed by hand: it names the colour of one cell after the other."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.captions import Captioner
from trustai.data.text import END
from trustai.zoo import CaptionDecoder, Classifier, Stage
from trustai.zoo.architectures.caption_lstm import State

COLOURS = {"en": ("red", "green", "blue"), "fa": ("سرخ", "سبز", "آبی")}
SHARPNESS = 10.0
CELLS = 2  # in a row, and as many rows


class Patches(Classifier):
    """Its one stage is the mean colour of each of four cells."""

    stages = (Stage("pool", "cells"),)

    def __init__(self) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        self.pool = nn.AdaptiveAvgPool2d(CELLS)

    def features(self, x: Tensor) -> Tensor:
        return self.pool(self.normalise(x)).mean((2, 3))

    def head(self, features: Tensor) -> Tensor:
        return features


class Colours(CaptionDecoder):
    """Looks at cell ``t`` for word ``t``: a colour's logit is `SHARPNESS` times that colour."""

    def __init__(self) -> None:
        super().__init__(vocabulary=COLOURS, encoder="-", stages=("pool",), side=8, channels=3)

    def begin(self, annotations: Tensor) -> State:
        none = torch.zeros(len(annotations), 1, dtype=torch.int64)
        none = torch.zeros(len(annotations), 1, dtype=torch.int64)
        return State(annotations=annotations, keys=annotations, memory=(none,))

    def step(self, state: State, word: Tensor) -> tuple[Tensor, Tensor, State]:
        (t,) = state.memory
        n, cells, _ = state.annotations.shape
        attention = F.one_hot(t[:, 0].clamp_max(cells - 1), cells).float()
        seen = SHARPNESS * (attention[:, :, None] * state.annotations).sum(1)
        logits = torch.full((n, len(self.vocabulary)), -50.0)
        for language in self.vocabulary.languages:
            ids = [self.vocabulary.encode(c, language=language)[0] for c in COLOURS[language]]
            logits = logits.index_copy(1, torch.tensor(ids), seen)
        logits = logits.index_fill(1, torch.tensor([END]), 0.0) + 0
        over = F.one_hot(torch.tensor(END), len(self.vocabulary)) * 100.0
        logits = torch.where(t < cells, logits - over, logits + over)
        return logits, attention, replace(state, memory=(t + 1,))


def captioner() -> Captioner:
    return Captioner(encoder=Patches().freeze(), decoder=Colours().freeze())


def picture(*cells: tuple[float, float, float]) -> Tensor:
    """``(1, 3, 8, 8)``: four cells of one colour each, row by row."""
    colours = torch.tensor(cells).view(CELLS, CELLS, 3).permute(2, 0, 1)[None]
    return F.interpolate(colours, scale_factor=4, mode="nearest")
