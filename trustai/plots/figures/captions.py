"""Figures of the articles about captions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from trustai.data.text import normalise, split
from trustai.plots.colours import ATTACKED, CLEAN, OTHERS, RANDOM, TRAINED_AGAINST
from trustai.plots.figures.canvas import Canvas

N = 6
SENTENCE = "A Dog’s T-shirt, 2 cafés!"
NUMBERS = (4, 35, 212, 61, 9, 3)
"""Places of the words in a vocabulary that does not know the last one."""


def _attention(row: float, column: float) -> np.ndarray:
    """Weights of the cells, as a softmax of how well they match; 1 in the largest."""
    i, j = np.mgrid[:N, :N]
    match = np.exp(-((i - row) ** 2 + (j - column) ** 2) / 2.2)
    return np.asarray(match / match.max())


def picture(words: str) -> str:
    """Each word has its own weights of the picture's cells."""
    canvas = Canvas(175)
    for k, (word, at) in enumerate(
        (("a", (2, 2)), ("dog", (3.5, 1.5)), ("on", (4, 3)), ("grass", (5, 4)))
    ):
        x = 20 + 116 * k
        canvas.cells(_attention(*at), x, 20, 15, CLEAN)
        canvas.text(x + 45, 134, word, bold=True)
    canvas.text(240, 165, "a full cell: the decoder looks there for this word")
    return canvas.svg(words)


def attack(words: str) -> str:
    """The smallest epsilon that gives another caption, found by halving."""
    canvas = Canvas(215)
    axes = canvas.axes(40, 30, 455, 130, x=(0, 8), x_title="ε in 1/255")
    tried = ((1, 0), (2, 0), (4, 1), (3, 1), (2.5, 0))
    for order, (eps, changed) in enumerate(tried, start=1):
        colour = ATTACKED if changed else CLEAN
        axes.dots([eps], [0.45], colour, r=8, hollow=not changed)
        axes.text(eps, 0.68, str(order))
    axes.line([2.75, 2.75], [0, 0.98], dash=True)
    axes.text(2.9, 0.98, "the caption changes from here on", anchor="start")
    axes.text(7.9, 0.42, "1 … 5: the order of the trials", anchor="end")
    canvas.dot(80, 180, CLEAN, r=7, hollow=True)
    canvas.text(95, 185, "“a dog on grass”", CLEAN, anchor="start")
    canvas.dot(275, 180, ATTACKED, r=7)
    canvas.text(290, 185, "“a cat on a sofa”", ATTACKED, anchor="start")
    return canvas.svg(words)


def errors(words: str) -> str:
    """Word sequences of a caption that stand in a reference, and those that do not."""
    canvas = Canvas(215)
    caption = ["a", "dog", "runs", "on", "grass"]
    reference = ["a", "dog", "plays", "on", "the", "grass"]
    places = {}
    for y, said, name in ((60, caption, "caption"), (150, reference, "reference")):
        canvas.text(12, y + 5, name, anchor="start")
        for k, word in enumerate(said):
            x = 135 + 62 * k
            places[y, word] = x
            known = word in caption and word in reference
            canvas.text(x, y + 5, word, CLEAN if known else ATTACKED, bold=known)
    for word in set(caption) & set(reference):
        canvas.line([(places[60, word], 72), (places[150, word], 134)], CLEAN, width=2)
    ones = len(set(caption) & set(reference))
    pairs = len({*pairwise(caption)} & {*pairwise(reference)})
    canvas.text(
        240, 195, f"p₁ = {ones} of {len(caption)} words,   p₂ = {pairs} of {len(caption) - 1} pairs"
    )
    canvas.text(240, 25, "BLEU counts what both sentences have in common")
    return canvas.svg(words)


def mechanism(words: str) -> str:
    """Query and keys give weights, the weights mix the cells."""
    canvas = Canvas(235)
    match = np.array([0.4, 2.2, 1.0, -0.5])
    weights = np.exp(match) / np.exp(match).sum()
    canvas.box(15, 95, 100, 46, OTHERS[0], filled=0.15)
    canvas.text(65, 115, "next word?", OTHERS[0])
    canvas.text(65, 133, "query", OTHERS[0])
    for k, (m, w) in enumerate(zip(match, weights, strict=True)):
        y = 30 + 50 * k
        canvas.line([(118, 118), (172, y + 18)], OTHERS[0], width=1.5)
        canvas.box(175, y, 64, 36, CLEAN, filled=0.15)
        canvas.text(207, y + 23, f"cell {k + 1}", CLEAN)
        canvas.text(262, y + 23, f"{m:.1f}".replace("-", "−"))
        canvas.arrow((280, y + 18), (310, y + 18))
        canvas.box(315, y + 8, 90 * w, 20, ATTACKED, filled=0.6, line=1)
        canvas.text(320 + 90 * w, y + 24, f"{w:.0%}", ATTACKED, anchor="start")
    canvas.text(262, 18, "match")
    canvas.text(355, 18, "attention")
    canvas.text(440, 118, "mix", bold=True)
    canvas.text(440, 136, "of cells")
    return canvas.svg(words)


def text(words: str) -> str:
    """From a sentence to numbers."""
    canvas = Canvas(225)
    canvas.text(240, 30, f"“{SENTENCE}”", bold=True)
    canvas.arrow((240, 40), (240, 66))
    canvas.text(252, 58, "normalise", RANDOM, anchor="start")
    canvas.text(240, 88, normalise(SENTENCE, language="en"))
    canvas.arrow((240, 98), (240, 124))
    canvas.text(252, 116, "split", RANDOM, anchor="start")
    for k, word in enumerate(split(SENTENCE, language="en")):
        x, known = 12 + 77 * k, word != "cafes"
        colour = CLEAN if known else ATTACKED
        canvas.box(x, 130, 70, 32, colour, filled=0.15)
        canvas.text(x + 35, 151, word if known else "<unk>", colour)
        canvas.arrow((x + 35, 166), (x + 35, 190), colour)
        canvas.text(x + 35, 210, str(NUMBERS[k]))
    return canvas.svg(words)


def own(words: str) -> str:
    """The encoder stays as it is; only the decoder learns from your captions."""
    canvas = Canvas(190)
    parts = (
        (12, 100, "your", "pictures", RANDOM),
        (146, 100, "encoder", "stays fixed", CLEAN),
        (280, 100, "decoder", "learns", TRAINED_AGAINST),
    )
    for x, width, first, second, colour in parts:
        canvas.box(x, 55, width, 62, colour, filled=0.15, dash=colour == CLEAN)
        canvas.text(x + width / 2, 82, first, colour, bold=True)
        canvas.text(x + width / 2, 102, second, colour)
    canvas.arrow((114, 86), (142, 86))
    canvas.arrow((248, 86), (276, 86))
    canvas.arrow((382, 86), (410, 86))
    canvas.text(442, 82, "a dog")
    canvas.text(442, 102, "on grass")
    canvas.line([(442, 112), (442, 150), (330, 150), (330, 122)], ATTACKED, dash=True)
    canvas.text(386, 168, "compare with your caption", ATTACKED)
    canvas.text(170, 30, "8 of 10 pictures train, 1 chooses, 1 tests", anchor="middle")
    return canvas.svg(words)
