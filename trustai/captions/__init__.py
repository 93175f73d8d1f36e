"""Captions: a network puts a picture into words, with its attention for every word.

>>> from trustai import captions, data
>>> captioner = captions.load("captions-scenes")
>>> x = data.load("scenes", split="test", n=4).pixels[3:]
>>> captions.caption(captioner, x, language="en")[0][0].text
'a stop sign above a straight ahead sign on the right on a country road on a sunny day'
"""

from trustai.captions.beam import Beam, score
from trustai.captions.captioner import Captioner, annotations_of, load, stage_maps
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
    "annotations_of",
    "caption",
    "decode",
    "load",
    "nucleus",
    "score",
    "stage_maps",
]
