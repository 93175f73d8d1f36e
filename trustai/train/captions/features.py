"""Annotation vectors of pictures and of their augmented views, kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trustai.captions import Captioner
from trustai.data.sources import cache_dir
from trustai.train.images.batches import random_zoom
from trustai.types import CaptionSet

ZOOM = 0.5
VERSION = 1
"""Changes with the way in which views are made, so that older files are not taken for theirs."""


def augmented_annotations(
    captioner: Captioner, pictures: CaptionSet, *, flip: bool, views: int
) -> Tensor:
    """Annotation vectors of pictures and of their augmented copies.

    They are computed once: afterwards they are read from ``annotations/`` in the user's cache, in a
    file named by the encoder, the pictures and the settings. It may be deleted at any time.

    Args:
        captioner: Whose encoder makes them.
        pictures: N of them.
        flip: Whether mirror images are added.
        views: How many random crops of at least half of each picture are added; every other one
            is mirrored if `flip`.

    Returns:
        ``float16 (K, N, L, D)``, ``K = 1 + flip + views``.
    """
    path = _path(captioner, pictures, flip=flip, views=views)
    if path is None:
        return _computed(captioner, pictures, flip=flip, views=views)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.npy")
        np.save(unfinished, _computed(captioner, pictures, flip=flip, views=views).numpy())
        unfinished.replace(path)
    return torch.from_numpy(np.load(path, allow_pickle=False))


def _path(captioner: Captioner, pictures: CaptionSet, *, flip: bool, views: int) -> Path | None:
    """None for an encoder that has no card, whose weights nothing names."""
    card = captioner.encoder.card
    if card is None or not card.weights_sha256:
        return None
    settings = (card.weights_sha256, captioner.decoder.stages, captioner.side, flip, views, ZOOM)
    digest = hashlib.sha256(repr((VERSION, *settings)).encode())
    digest.update(pictures.images.numpy().tobytes())
    return cache_dir() / "annotations" / f"{digest.hexdigest()[:32]}.npy"


@torch.no_grad()
def _computed(captioner: Captioner, pictures: CaptionSet, *, flip: bool, views: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    found: list[list[Tensor]] = [[] for _ in range(1 + flip + views)]
    for part in pictures.images.split(64):
        x = captioner.squares(part.float() / 255)
        shown = [x, *([x.flip(3)] if flip else [])]
        for k in range(views):
            crop = random_zoom(x, zoom=ZOOM, generator=generator)
            shown.append(crop.flip(3) if flip and k % 2 else crop)
        for kept, one in zip(found, shown, strict=True):
            kept.append(captioner.annotations(one).half())
    return torch.stack([torch.cat(kept) for kept in found])
