"""Generated captions of one picture, in every language of the network."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from trustai import captions, zoo
from trustai.captions import Caption
from trustai.types import Circumstances
from trustai.ui.captions.pickers import CaptionedPicture, captioner_of
from trustai.ui.kit.caching import cached_call

ALPHA = captions.Beam().alpha


@dataclass(frozen=True, eq=False)
class GeneratedCaptions:
    """Captions of a picture in one language: of greedy search, and of the beam, best first."""

    greedy: Caption
    beam: tuple[Caption, ...]
    circumstances: Circumstances


def generate_captions(
    card: zoo.Card, picture: CaptionedPicture, *, width: int
) -> dict[str, GeneratedCaptions]:
    """Captions in every language of the decoder, by greedy search and by a beam of `width`."""
    captioner = captioner_of(card)
    decodings = (captions.Greedy(), captions.Beam(width=width, alpha=ALPHA))

    def compute() -> dict[str, GeneratedCaptions]:
        started = time.perf_counter()
        with torch.no_grad():
            annotations = captioner.annotations(picture.x)
        found = {}
        for language in captioner.languages:
            greedy, beam = (
                captions.decode(captioner.decoder, annotations, language=language, decoding=how)[0]
                for how in decodings
            )
            circumstances = captioner.circumstances(
                method="greedy and beam search",
                parameters={"k": width, "length exponent": ALPHA},
                seed=0,
                started=started,
            )
            found[language] = GeneratedCaptions(greedy[0], beam, circumstances)
        return found

    return cached_call(
        compute,
        subject=picture,
        weights_sha=card.weights_sha256,
        method="captions.decode",
        parameters={"width": width, "alpha": ALPHA},
        heavy="putting a picture into words",
    )
