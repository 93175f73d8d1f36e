"""Captions: what a network says about a picture, word by word, and where it looked for each.

>>> from trustai import captions
>>> captioner = captions.load("captions-scenes")                           # doctest: +SKIP
>>> captions.caption(captioner, x, language="fa")[0][0].text               # doctest: +SKIP
"""

from trustai.captions.beam import Beam, score
from trustai.captions.captioner import Captioner, as_grid, grids, load
from trustai.captions.decoding import (
    Caption,
    Decoding,
    Greedy,
    Nucleus,
    caption,
    decode,
    nucleus,
)

__all__ = [
    "Beam",
    "Caption",
    "Captioner",
    "Decoding",
    "Greedy",
    "Nucleus",
    "as_grid",
    "caption",
    "decode",
    "grids",
    "load",
    "nucleus",
    "score",
]
