"""Detection of the signs that a caption names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Phrases = Mapping[tuple[str, ...], str]
"""The words of a phrase -> the sign that it means."""


@dataclass(frozen=True)
class Mention:
    """``words[start:stop]`` of a sentence name the sign `name`."""

    name: str
    start: int
    stop: int


def find(words: Sequence[str], phrases: Phrases) -> tuple[Mention, ...]:
    """The phrases that stand in `words`, from left to right; of several the longest."""
    lengths = sorted({len(phrase) for phrase in phrases}, reverse=True)
    found, at = [], 0
    while at < len(words):
        stops = (at + n for n in lengths if tuple(words[at : at + n]) in phrases)
        stop = next(stops, None)
        if stop is not None:
            found.append(Mention(phrases[tuple(words[at:stop])], at, stop))
        at = at + 1 if stop is None else stop
    return tuple(found)
