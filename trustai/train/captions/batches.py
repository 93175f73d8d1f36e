"""Training batches of a caption decoder: annotation vectors of pictures, and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.captions import Captioner
from trustai.data.text import (
    END,
    PAD,
    Vocabulary,
)
from trustai.train.images.batches import random_zoom
from trustai.types import CaptionSet

NOTHING = -1
"""In place of a picture's number: there is none to look at."""


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


@torch.no_grad()
def augmented_annotations(
    captioner: Captioner, pictures: CaptionSet, *, flip: bool, views: int
) -> Tensor:
    """Annotation vectors of pictures and of their augmented copies.

    Args:
        captioner: Whose encoder makes them.
        pictures: N of them.
        flip: Whether mirror images are added.
        views: How many random crops of at least half of each picture are added; every other one
            is mirrored if `flip`.

    Returns:
        ``float16 (K, N, L, D)``, ``K = 1 + flip + views``.
    """
    generator = torch.Generator().manual_seed(0)
    found: list[list[Tensor]] = [[] for _ in range(1 + flip + views)]
    for part in pictures.images.split(64):
        x = captioner.squares(part.float() / 255)
        shown = [x, *([x.flip(3)] if flip else [])]
        for k in range(views):
            crop = random_zoom(x, zoom=0.5, generator=generator)
            shown.append(crop.flip(3) if flip and k % 2 else crop)
        for kept, one in zip(found, shown, strict=True):
            kept.append(captioner.annotations(one).half())
    return torch.stack([torch.cat(kept) for kept in found])


class CaptionBatches:
    """Batches ``(annotations (B, L, D), words (B, T), seen bool (B,))`` of one epoch.

    Each picture in one of its views, drawn anew every epoch; `words` padded; `seen` says whether
    there was a picture: where not, the vectors are zero. The order of epoch ``e`` depends on
    ``(seed, e)`` only, so a resumed run sees what the unbroken one would have seen.

    Args:
        annotations: ``(K, N, L, D)``.
        sentences: With a picture.
        texts: Without one; in an epoch as many of them, in turn, as `n_texts`.
    """

    def __init__(
        self,
        annotations: Tensor,
        sentences: Sequence[Sentence],
        *,
        batch_size: int,
        texts: Sequence[Sentence] = (),
        n_texts: int = 0,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.annotations, self.sentences, self.texts = annotations.to(device), sentences, texts
        self.n_texts = min(n_texts, len(texts))
        self.batch_size = min(batch_size, len(sentences) + self.n_texts)
        self.seed, self.epoch = seed, 0

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
        for i in range(len(self)):
            batch = [whole[k] for k in order[i * self.batch_size : (i + 1) * self.batch_size]]
            view = torch.randint(len(self.annotations), (len(batch),), generator=generator)
            yield self._collated(batch, view)

    def _collated(
        self, batch: Sequence[Sentence], view: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        device = self.annotations.device
        picture = torch.tensor([one.picture for one in batch], device=device)
        seen = picture != NOTHING
        annotations = self.annotations[view.to(device), picture.clamp_min(0)].float()
        words = torch.full((len(batch), max(len(one.ids) for one in batch)), PAD)
        for row, one in enumerate(batch):
            words[row, : len(one.ids)] = torch.tensor(one.ids)
        return annotations * seen[:, None, None], words.to(device), seen
