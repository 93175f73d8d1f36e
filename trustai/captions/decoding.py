"""From a decoder's probabilities to a sentence: greedily, by beam search, or by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.captions.beam import (
    MAX_WORDS,
    Beam,
    Sentences,
    beam_search,
    log_p_of,
    sayable,
    score,
    until_end,
)
from trustai.captions.captioner import Captioner, as_grid
from trustai.data.text import END
from trustai.zoo import CaptionDecoder


@dataclass(frozen=True)
class Greedy:
    """At every place the likeliest word."""

    max_words: int = MAX_WORDS


@dataclass(frozen=True)
class Nucleus:
    """Drawn from the likeliest words that together have probability `p` (Holtzman et al. 2020,
    https://arxiv.org/abs/1904.09751).

    Attributes:
        p: In ``(0, 1]``; 1 draws from all words.
        temperature: Greater than 0; the logits are divided by it first.
    """

    p: float = 0.9
    temperature: float = 1.0
    max_words: int = MAX_WORDS

    def __post_init__(self) -> None:
        if not 0 < self.p <= 1:
            raise ValueError(f"expected p in (0, 1], got {self.p}")
        if self.temperature <= 0:
            raise ValueError(f"expected temperature greater than 0, got {self.temperature}")


Decoding = Greedy | Beam | Nucleus


@dataclass(frozen=True, eq=False)
class Caption:
    """One sentence about one picture.

    Attributes:
        words: Without start and end.
        ids: ``words`` as entries of the vocabulary, and the end where it was reached.
        attention: ``float32 (T, rows, columns)``: where each of `ids` was looked for; sums to 1.
        log_probabilities: ``(T,)``, natural logarithm, of each of `ids` given those before.
        score: ``sum(log_probabilities) / T^alpha``; alpha is 0 except for beams.
        language: Of `trustai.data.text.LANGUAGES`.
        finished: Whether the end was reached.
    """

    words: tuple[str, ...]
    ids: tuple[int, ...]
    attention: Tensor
    log_probabilities: tuple[float, ...]
    score: float
    language: str
    finished: bool

    @property
    def text(self) -> str:
        return " ".join(self.words)


@torch.no_grad()
def decode(
    decoder: CaptionDecoder,
    grid: Tensor,
    *,
    language: str,
    decoding: Decoding | None = None,
    seed: int = 0,
    rows: int | None = None,
) -> tuple[tuple[Caption, ...], ...]:
    """Captions of grids ``(N, L, D)``: per picture one, or `width` of a beam, best first.

    Args:
        decoding: `Greedy`, `Beam` or `Nucleus`; None: greedy.
        seed: Of `Nucleus`; each picture has a stream of its own, so that a picture's caption does
            not depend on the others.
        rows: Of the grid, for the attention's shape; None: it is square.

    Raises:
        ValueError: a language that the decoder does not know.
    """
    known = decoder.vocabulary.languages
    if language not in known:
        raise ValueError(f"expected language to be one of {', '.join(known)}, got {language!r}")
    decoding = Greedy() if decoding is None else decoding
    if isinstance(decoding, Beam):
        found = [beam_search(decoder, one[None], language, decoding) for one in grid]
        alpha = decoding.alpha
    else:
        found = _one_each(decoder, grid, language, decoding, seed)
        alpha = 0.0
    high = math.isqrt(grid.shape[1]) if rows is None else rows
    return tuple(
        tuple(_caption(decoder, one, language, alpha, high) for one in some) for some in found
    )


def caption(
    captioner: Captioner,
    x: Tensor,
    *,
    language: str = "en",
    decoding: Decoding | None = None,
    seed: int = 0,
) -> tuple[tuple[Caption, ...], ...]:
    """As `decode`, of pictures ``(N, 3, H, W)`` in ``[0, 1]`` of any size.

    >>> from trustai import captions                                       # doctest: +SKIP
    >>> captioner = captions.load("captions-scenes")                       # doctest: +SKIP
    >>> captions.caption(captioner, x, decoding=captions.Beam(3))[0][0].text   # doctest: +SKIP
    """
    with torch.no_grad():
        maps = captioner.maps(x)
    return decode(
        captioner.decoder,
        as_grid(maps),
        language=language,
        decoding=decoding,
        seed=seed,
        rows=maps.shape[2],
    )


def _one_each(
    decoder: CaptionDecoder, grid: Tensor, language: str, how: Greedy | Nucleus, seed: int
) -> list[list[Sentences]]:
    """Sentences that do not look at each other, all at once."""
    n, places, _ = grid.shape
    state, allowed = decoder.begin(grid), sayable(decoder, language)
    word = torch.full((n,), decoder.vocabulary.start(language))
    generators = [torch.Generator().manual_seed(seed) for _ in range(n)]
    sentences, done = Sentences.none(n, places), torch.zeros(n, dtype=torch.bool)
    for _ in range(how.max_words):
        logits, weights, state = decoder.step(state, word)
        log_p = log_p_of(logits, allowed)
        if isinstance(how, Nucleus):
            shares = nucleus(log_p / how.temperature, p=how.p)
            drawn = [
                torch.multinomial(share, 1, generator=generator)
                for share, generator in zip(shares, generators, strict=True)
            ]
            word = torch.cat(drawn)
        else:
            word = log_p.argmax(1)
        word = word.masked_fill(done, END)
        sentences = sentences.go_on(
            torch.arange(n), word, weights, log_p.gather(1, word[:, None])[:, 0]
        )
        done = done | (word == END)
        if done.all():
            break
    return [[until_end(sentences, i)] for i in range(n)]


def nucleus(log_p: Tensor, *, p: float) -> Tensor:
    """Probabilities ``(N, V)`` of the fewest words that together have at least `p`, rescaled.

    Args:
        log_p: ``(N, V)``, up to a constant per row.
    """
    shares, order = log_p.softmax(1).sort(1, descending=True)
    before = shares.cumsum(1) - shares
    kept = shares.masked_fill(before >= p, 0.0)
    return torch.zeros_like(kept).scatter(1, order, kept / kept.sum(1, keepdim=True))


def _caption(
    decoder: CaptionDecoder, one: Sentences, language: str, alpha: float, rows: int
) -> Caption:
    ids, log_p = one.ids[0].tolist(), one.log_p[0].tolist()
    return Caption(
        words=decoder.vocabulary.decode(ids),
        ids=tuple(ids),
        attention=one.attention[0].unflatten(1, (rows, -1)),
        log_probabilities=tuple(log_p),
        score=score(log_p, alpha=alpha),
        language=language,
        finished=ids[-1] == END,
    )
