"""What is said of the picture at hand, in every language of the network."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from trustai import captions, zoo
from trustai.captions import Caption
from trustai.types import Circumstances
from trustai.ui.captions.pickers import Shown, captioner_of
from trustai.ui.kit.caching import cached_call, sha256_of

ALPHA = captions.Beam().alpha


@dataclass(frozen=True, eq=False)
class Said:
    """What is said of a picture in one language: greedily, and by the beam, best first."""

    greedy: Caption
    beam: tuple[Caption, ...]
    circumstances: Circumstances


def said_of(card: zoo.Card, shown: Shown, *, width: int) -> dict[str, Said]:
    """Per language of the decoder what it says, greedily and by a beam of `width`."""
    captioner = captioner_of(card)

    def compute() -> dict[str, Said]:
        started = time.perf_counter()
        with torch.no_grad():
            maps = captioner.maps(shown.x)
        grid, rows = captions.as_grid(maps), maps.shape[2]
        found = {}
        for language in captioner.languages:
            greedy, beam = (
                captions.decode(
                    captioner.decoder, grid, language=language, decoding=how, rows=rows
                )[0]
                for how in (captions.Greedy(), captions.Beam(width=width, alpha=ALPHA))
            )
            found[language] = Said(
                greedy[0],
                beam,
                captioner.circumstances(
                    method="greedy and beam search",
                    parameters={"k": width, "length exponent": ALPHA},
                    seed=0,
                    started=started,
                ),
            )
        return found

    return cached_call(
        compute,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(shown.x)],
        method="captions.decode",
        parameters={"width": width, "alpha": ALPHA},
        heavy="putting a picture into words",
        private=shown.private,
    )
