"""Decoding of captions: greedy search, beam search and nucleus sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai import seeds
from trustai.captions.beam import (
    MAX_WORDS,
    Beam,
    Hypotheses,
    allowed_words,
    beam_search,
    masked_log_softmax,
    score,
    up_to_end,
)
from trustai.captions.captioner import Captioner
from trustai.data.text import END
from trustai.zoo import CaptionDecoder


@dataclass(frozen=True)
class Greedy:
    """Greedy search: ``w_t = argmax_w p(w | w_<t, x)``.

    Attributes:
        max_words: Longest caption, the end included.
    """

    max_words: int = MAX_WORDS


@dataclass(frozen=True)
class Nucleus:
    """Nucleus (top-p) sampling (Holtzman et al. 2020, https://arxiv.org/abs/1904.09751).

    ``w_t ~ p'(w)``, where p' is p over the smallest set V of the likeliest words with
    ``sum_{w in V} p(w | w_<t, x) >= p``, rescaled to sum 1.

    Attributes:
        p: In ``(0, 1]``; 1 draws from all words.
        temperature: Greater than 0; the logits are divided by it first.
        max_words: Longest caption, the end included.

    Raises:
        ValueError: `p` or `temperature` out of range.
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
        attention: ``float32 (T, rows, columns)``: the attention weights for each of `ids`, which
            sum to 1.
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
    annotations: Tensor,
    *,
    language: str,
    decoding: Decoding | None = None,
    seed: int = 0,
) -> tuple[tuple[Caption, ...], ...]:
    """Captions of pictures given as annotation vectors.

    Args:
        decoder: Gives the probabilities.
        annotations: ``(N, L, D)``, of L places in a square.
        language: One of the decoder's.
        decoding: `Greedy`, `Beam` or `Nucleus`; None: greedy.
        seed: Of `Nucleus`; each picture has a stream of its own, so that a picture's caption does
            not depend on the others.

    Returns:
        Per picture one caption, or `width` of a beam, best first.

    Raises:
        ValueError: a language that the decoder does not know.
    """
    known = decoder.vocabulary.languages
    if language not in known:
        raise ValueError(f"expected language to be one of {', '.join(known)}, got {language!r}")
    decoding = Greedy() if decoding is None else decoding
    if isinstance(decoding, Beam):
        found = [beam_search(decoder, one[None], language, decoding) for one in annotations]
        alpha = decoding.alpha
    else:
        found = _one_each(decoder, annotations, language, decoding, seed)
        alpha = 0.0
    return tuple(tuple(_caption(decoder, one, language, alpha) for one in some) for some in found)


def caption(
    captioner: Captioner,
    x: Tensor,
    *,
    language: str = "en",
    decoding: Decoding | None = None,
    seed: int = 0,
) -> tuple[tuple[Caption, ...], ...]:
    """Captions of pictures.

    Args:
        captioner: Encoder and decoder.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, of any size.
        language: One of the captioner's.
        decoding: `Greedy`, `Beam` or `Nucleus`; None: greedy.
        seed: Of `Nucleus`.

    Returns:
        Per picture one caption, or `width` of a beam, best first.

    Raises:
        ValueError: another shape, or a language that the decoder does not know.

    >>> from trustai import captions, data
    >>> captioner = captions.load("captions-scenes")
    >>> x = data.load("scenes", split="test", n=1).pixels
    >>> found = captions.caption(captioner, x, language="fa", decoding=captions.Beam(3))
    >>> len(found[0]), found[0][0].score >= found[0][1].score
    (3, True)
    """
    with torch.no_grad():
        annotations = captioner.annotations(x)
    return decode(captioner.decoder, annotations, language=language, decoding=decoding, seed=seed)


def _one_each(
    decoder: CaptionDecoder,
    annotations: Tensor,
    language: str,
    decoding: Greedy | Nucleus,
    seed: int,
) -> list[list[Hypotheses]]:
    """One caption per picture, all pictures at once."""
    n, places, _ = annotations.shape
    state, allowed = decoder.begin(annotations), allowed_words(decoder, language)
    word = torch.full((n,), decoder.vocabulary.start(language))
    generators = [seeds.torch_generator(seed) for _ in range(n)]
    hypotheses, done = Hypotheses.none(n, places), torch.zeros(n, dtype=torch.bool)
    for _ in range(decoding.max_words):
        logits, weights, state = decoder.step(state, word)
        log_p = masked_log_softmax(logits, allowed)
        if isinstance(decoding, Nucleus):
            shares = nucleus(log_p / decoding.temperature, p=decoding.p)
            drawn = [
                torch.multinomial(share, 1, generator=generator)
                for share, generator in zip(shares, generators, strict=True)
            ]
            word = torch.cat(drawn)
        else:
            word = log_p.argmax(1)
        word = word.masked_fill(done, END)
        hypotheses = hypotheses.extended(
            torch.arange(n), word, weights, log_p.gather(1, word[:, None])[:, 0]
        )
        done = done | (word == END)
        if done.all():
            break
    return [[up_to_end(hypotheses, i)] for i in range(n)]


def nucleus(log_p: Tensor, *, p: float) -> Tensor:
    """Probabilities ``(N, V)`` of the fewest words that together have at least `p`, rescaled.

    Args:
        log_p: ``(N, V)``, up to a constant per row.
        p: In ``(0, 1]``.

    >>> nucleus(torch.tensor([[0.5, 0.3, 0.2]]).log(), p=0.7)
    tensor([[0.6250, 0.3750, 0.0000]])
    """
    shares, order = log_p.softmax(1).sort(1, descending=True)
    before = shares.cumsum(1) - shares
    kept = shares.masked_fill(before >= p, 0.0)
    return torch.zeros_like(kept).scatter(1, order, kept / kept.sum(1, keepdim=True))


def _caption(decoder: CaptionDecoder, one: Hypotheses, language: str, alpha: float) -> Caption:
    ids, log_p = one.ids[0].tolist(), one.log_p[0].tolist()
    return Caption(
        words=decoder.vocabulary.decode(ids),
        ids=tuple(ids),
        attention=one.attention[0].unflatten(1, (math.isqrt(one.attention.shape[2]), -1)),
        log_probabilities=tuple(log_p),
        score=score(log_p, alpha=alpha),
        language=language,
        finished=ids[-1] == END,
    )
