"""An encoder and a decoder together: a picture in, words out, and the places looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai import zoo
from trustai.data.text import Vocabulary
from trustai.types import Circumstances
from trustai.zoo import CaptionDecoder, Card, Classifier


@dataclass(frozen=True, eq=False)
class Captioner:
    """Puts pictures into words. Both networks are frozen and shared, as all of the zoo.

    Attributes:
        encoder: Whose maps are looked at.
        decoder: Whose words are said.
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
        """``(N, 3, H, W)`` in ``[0, 1]`` -> ``(N, 3, side, side)``: the whole picture, squeezed,
        once and not normalised, which the encoder does itself."""
        if x.ndim != 4 or x.shape[1] != 3:
            raise ValueError(f"expected pictures (N, 3, H, W), got {tuple(x.shape)}")
        if x.shape[2:] == (self.side, self.side):
            return x
        size = (self.side, self.side)
        resized = F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)
        return resized.clamp(0, 1)

    def maps(self, x: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in ``[0, 1]`` -> ``(N, D, rows, columns)``: the encoder's stages, finer
        ones pooled to the size of the coarsest. Differentiable."""
        found: dict[str, Tensor] = {}
        network = self.encoder.replica()  # hooks are nobody else's business
        for name in self.decoder.stages:
            network.get_submodule(name).register_forward_hook(
                lambda _module, _inputs, output, name=name: found.__setitem__(name, output)
            )
        network(self.squares(x))
        each = [network.as_map(found[name]) for name in self.decoder.stages]
        rows, columns = (min(m.shape[i] for m in each) for i in (2, 3))
        return torch.cat([F.adaptive_avg_pool2d(m, (rows, columns)) for m in each], 1)

    def grid(self, x: Tensor) -> Tensor:
        """``(N, 3, H, W)`` in ``[0, 1]`` -> ``(N, L, D)``: L places, row by row."""
        return as_grid(self.maps(x))

    def circumstances(
        self, *, method: str, parameters: Mapping[str, Any], seed: int, started: float
    ) -> Circumstances:
        """As `trustai.zoo.Network.circumstances`, of the decoder."""
        return self.decoder.circumstances(
            method=method, parameters=parameters, seed=seed, started=started
        )


def as_grid(maps: Tensor) -> Tensor:
    """``(N, D, rows, columns)`` -> ``(N, rows * columns, D)``."""
    return maps.flatten(2).transpose(1, 2)


def load(model_id: str) -> Captioner:
    """The captioner `model_id` with its encoder, both from `trustai.zoo`.

    Raises:
        ValueError: no such model, it puts nothing into words, or its encoder is missing.
    """
    decoder = zoo.load(model_id, kind=CaptionDecoder)
    return Captioner(encoder=zoo.load(decoder.encoder, kind=Classifier), decoder=decoder)


@torch.no_grad()
def grids(captioner: Captioner, images: Tensor, *, batch_size: int = 64) -> Tensor:
    """Grids ``(N, L, D)`` of many pictures kept as bytes ``uint8 (N, 3, H, W)``."""
    return torch.cat([captioner.grid(part.float() / 255) for part in images.split(batch_size)])
