"""Generated captions of one picture, in every language of the network."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st
import torch

from trustai import captions, zoo
from trustai.captions import Caption
from trustai.data.text import LANGUAGES
from trustai.types import Circumstances
from trustai.ui.captions import sentences
from trustai.ui.captions.attention import text_of
from trustai.ui.captions.pickers import CaptionedPicture, captioner_of
from trustai.ui.kit.caching import cached_call
from trustai.ui.kit.glossary import hint

ALPHA = captions.Beam().alpha
SAMPLES = 5


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


def show_captions(said: dict[str, GeneratedCaptions]) -> None:
    """Those of greedy search and the best of the beam, in every language."""
    entries = []
    for name, one in said.items():
        title = LANGUAGES.get(name).title
        best = one.beam[0]
        entries += [
            (f"{title}, greedy search", text_of(one.greedy), name, _likely(one.greedy)),
            (f"{title}, beam of {len(one.beam)}", text_of(best), name, _likely(best)),
        ]
    sentences.cards(entries)


def _likely(caption: Caption) -> str:
    return f"log probability {sum(caption.log_probabilities):.2f}"


def show_beam(said: GeneratedCaptions) -> None:
    """All captions of the beam, with their scores."""
    language = said.greedy.language
    st.markdown("**All captions of the beam**")
    rows = [
        [
            (str(i), None),
            (text_of(one), language),
            (f"{one.score:.3f}", None),
            (f"{sum(one.log_probabilities):.2f}", None),
            (str(len(one.words)), None),
        ]
        for i, one in enumerate(said.beam, start=1)
    ]
    sentences.table(["", "caption", "score", "log p", "words"], rows)
    same = said.beam[0].words == said.greedy.words
    better = "Greedy search found the best one too." if same else ""
    st.caption(
        "The score is the log probability divided by a power of the length. Otherwise a short "
        f"sentence would always win. {better}"
    )


def show_samples(card: zoo.Card, shown: CaptionedPicture, language: str) -> None:
    """Captions that are drawn at random, folded."""
    with st.expander("Random captions: nucleus sampling", icon=":material/casino:"):
        words = hint("nucleus sampling")
        p = st.slider("Nucleus p", 0.1, 1.0, 0.9, 0.05, key="nucleus", help=words)
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="nucleus-seed"))
        captioner = captioner_of(card)
        how = captions.Nucleus(p=p)

        def compute() -> list[Caption]:
            with torch.no_grad():
                annotations = captioner.annotations(shown.x)
            return [
                captions.decode(
                    captioner.decoder, annotations, language=language, decoding=how, seed=one
                )[0][0]
                for one in range(seed, seed + SAMPLES)
            ]

        drawn = cached_call(
            compute,
            subject=shown,
            weights_sha=card.weights_sha256,
            method="captions.decode/nucleus",
            parameters={"p": p, "language": language},
            seed=seed,
        )
        rows = [
            [(str(seed + i), None), (text_of(one), language), (_likely(one), None)]
            for i, one in enumerate(drawn)
        ]
        sentences.table(["seed", "caption", ""], rows)
