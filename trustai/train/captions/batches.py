"""Training batches of a caption decoder: annotation vectors of pictures, and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.data.text import (
    END,
    PAD,
    Vocabulary,
)

NOTHING = -1
"""In place of a picture's number: there is none to look at."""
LONGEST = 22
"""Words of a caption that is learned from."""


@dataclass(frozen=True)
class Sentence:
    """One sentence about one picture.

    Attributes:
        picture: Its number among the pictures, or `NOTHING`.
        ids: Start word, words, end.
    """

    picture: int
    ids: tuple[int, ...]


def sentences_of(
    captions: Mapping[str, Sequence[Sequence[str]]], vocabulary: Vocabulary, *, longest: int
) -> list[Sentence]:
    """Every caption of every picture; those of more than `longest` words are cut."""
    return [
        sentence(text, language, vocabulary, picture=picture, longest=longest)
        for language, all_ in captions.items()
        for picture, texts in enumerate(all_)
        for text in texts
    ]


def sentence(
    text: str, language: str, vocabulary: Vocabulary, *, picture: int = NOTHING, longest: int
) -> Sentence:
    words = vocabulary.encode(text, language=language)
    ending = [END] if len(words) <= longest else []
    return Sentence(picture, (vocabulary.start(language), *words[:longest], *ending))


class CaptionBatches:
    """Batches ``(vectors (B, L, D), words (B, T), picture int64 (B,))`` of one epoch.

    Each picture in one of its views, drawn anew every epoch; `words` padded; `picture` is its
    number, or `NOTHING`: then the vectors are zero, which is the mean of all. The order of epoch
    ``e`` depends on ``(seed, e)`` only, so a resumed run sees what the unbroken one would have
    seen.

    Args:
        vectors: Standardised annotation vectors ``(K, N, L, D)``.
        sentences: With a picture.
        texts: Without one; in an epoch as many of them, in turn, as `n_texts`.
        together: Among so many batches sentences are sorted by length, so that little is padded.
    """

    def __init__(
        self,
        vectors: Tensor,
        sentences: Sequence[Sentence],
        *,
        batch_size: int,
        texts: Sequence[Sentence] = (),
        n_texts: int = 0,
        together: int = 1,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.vectors, self.sentences, self.texts = vectors.to(device), sentences, texts
        self.n_texts = min(n_texts, len(texts))
        self.batch_size = min(batch_size, len(sentences) + self.n_texts)
        self.seed, self.epoch, self.together = seed, 0, together

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return (len(self.sentences) + self.n_texts) // self.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        first = self.epoch * self.n_texts
        texts = [self.texts[(first + i) % len(self.texts)] for i in range(self.n_texts)]
        whole = [*self.sentences, *texts]
        order = torch.randperm(len(whole), generator=generator).tolist()
        for numbers in self._in_batches(whole, order, generator):
            batch = [whole[k] for k in numbers]
            view = torch.randint(len(self.vectors), (len(batch),), generator=generator)
            yield self._collated(batch, view)

    def _in_batches(
        self, whole: Sequence[Sentence], order: list[int], generator: torch.Generator
    ) -> list[list[int]]:
        """The order in batches; of like length where `together` is more than 1."""
        size, order = self.batch_size, order[: len(self) * self.batch_size]
        if self.together == 1:
            return [order[i : i + size] for i in range(0, len(order), size)]
        found = []
        for first in range(0, len(order), self.together * size):
            some = order[first : first + self.together * size]
            some.sort(key=lambda k: len(whole[k].ids))
            found += [some[i : i + size] for i in range(0, len(some), size)]
        return [found[i] for i in torch.randperm(len(found), generator=generator).tolist()]

    def _collated(
        self, batch: Sequence[Sentence], view: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        device = self.vectors.device
        picture = torch.tensor([one.picture for one in batch], device=device)
        vectors = self.vectors[view.to(device), picture.clamp_min(0)].float()
        words = torch.full((len(batch), max(len(one.ids) for one in batch)), PAD)
        for row, one in enumerate(batch):
            words[row, : len(one.ids)] = torch.tensor(one.ids)
        return vectors * (picture != NOTHING)[:, None, None], words.to(device), picture
