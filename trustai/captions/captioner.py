"""A captioner: the encoder of pictures and the decoder of captions together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai import zoo
from trustai.data.text import Vocabulary
from trustai.explain.base import progress_of
from trustai.types import Circumstances, OnProgress
from trustai.zoo import CaptionDecoder, Card, Classifier


@dataclass(frozen=True, eq=False)
class Captioner:
    """Puts pictures into words. Both networks are frozen and shared, as all of the zoo.

    Attributes:
        encoder: Makes the annotation vectors of a picture.
        decoder: Makes words of them.

    >>> captioner = load("captions-scenes")
    >>> tuple(captioner.annotations(torch.rand(2, 3, 96, 96)).shape)
    (2, 144, 192)
    """

    encoder: Classifier
    decoder: CaptionDecoder

    @property
    def card(self) -> Card | None:
        return self.decoder.card

    @property
    def vocabulary(self) -> Vocabulary:
        return self.decoder.vocabulary

    @property
    def languages(self) -> tuple[str, ...]:
        return self.vocabulary.languages

    @property
    def side(self) -> int:
        """Of the squares, in pixels, to which pictures are brought before the encoder sees them."""
        return self.decoder.side

    def squares(self, x: Tensor) -> Tensor:
        """The whole picture resized to a square, not normalised, which the encoder does itself.

        Args:
            x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.

        Returns:
            ``(N, 3, side, side)`` in ``[0, 1]``.

        Raises:
            ValueError: another shape.
        """
        if x.ndim != 4 or x.shape[1] != 3:
            raise ValueError(f"expected pictures (N, 3, H, W), got {tuple(x.shape)}")
        if x.shape[2:] == (self.side, self.side):
            return x
        size = (self.side, self.side)
        resized = F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)
        return resized.clamp(0, 1)

    def maps(self, x: Tensor) -> Tensor:
        """`stage_maps` of pictures ``(N, 3, H, W)`` in ``[0, 1]`` of any size. Differentiable."""
        return stage_maps(self.encoder, self.decoder.stages, self.squares(x))

    def annotations(self, x: Tensor) -> Tensor:
        """Annotation vectors ``a_1 ... a_L`` of each picture. Differentiable.

        Args:
            x: ``float32 (N, 3, H, W)`` in ``[0, 1]``, of any size.

        Returns:
            ``(N, L, D)``: a vector of D channels for each of L places, row by row.
        """
        return self.maps(x).flatten(2).transpose(1, 2)

    def circumstances(
        self, *, method: str, parameters: Mapping[str, Any], seed: int, started: float
    ) -> Circumstances:
        """As `trustai.zoo.Network.circumstances`, of the decoder."""
        return self.decoder.circumstances(
            method=method, parameters=parameters, seed=seed, started=started
        )


def stage_maps(encoder: Classifier, stages: Sequence[str], x: Tensor) -> Tensor:
    """Feature maps of several stages side by side, finer ones pooled to the size of the coarsest.

    Args:
        encoder: Any picture network.
        stages: Names of its stages.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.

    Returns:
        ``(N, D, rows, columns)``: D channels of all stages together. Differentiable.
    """
    found: dict[str, Tensor] = {}
    network = encoder.replica()  # hooks are nobody else's business
    for name in stages:
        network.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: found.__setitem__(name, output)
        )
    network(x)
    each = [network.as_map(found[name]) for name in stages]
    rows, columns = (min(m.shape[i] for m in each) for i in (2, 3))
    return torch.cat([F.adaptive_avg_pool2d(m, (rows, columns)) for m in each], 1)


def load(model_id: str) -> Captioner:
    """The captioner `model_id` with its encoder, both from `trustai.zoo`.

    Args:
        model_id: Of a card of the kind ``"caption"``, such as ``"captions-scenes"``.

    Raises:
        ValueError: no such model, it puts nothing into words, or its encoder is missing.
    """
    decoder = zoo.load(model_id, kind=CaptionDecoder)
    return Captioner(encoder=zoo.load(decoder.encoder, kind=Classifier), decoder=decoder)


@torch.no_grad()
def annotations_of(
    captioner: Captioner,
    images: Tensor,
    *,
    batch_size: int = 64,
    on_progress: OnProgress | None = None,
) -> Tensor:
    """Annotation vectors ``(N, L, D)`` of many pictures.

    Args:
        captioner: Whose encoder makes them.
        images: ``uint8 (N, 3, H, W)``.
        batch_size: Pictures at once.
        on_progress: Called with the share done; may raise to stop.
    """
    parts = progress_of(images.split(batch_size), on_progress)
    return torch.cat([captioner.annotations(part.float() / 255) for part in parts])
