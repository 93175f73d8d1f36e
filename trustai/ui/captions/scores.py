"""Measured scores of a captioner, from its card, and its variants."""

from __future__ import annotations

import streamlit as st

from trustai import zoo
from trustai.data.text import LANGUAGES
from trustai.ui.captions import sentences
from trustai.ui.captions.pickers import captioner_of
from trustai.ui.kit.errors import plain

SCORES = {
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "meteor": "METEOR",
    "cider": "CIDEr",
    "bleu4_of_another": "BLEU-4 against another picture’s captions",
}
SIGNS = {"signs_named": "signs named", "all_signs_right": "exactly the right signs"}
"""Shares, measured of scenes only: BLEU hardly notices a wrong sign."""
DECODINGS = {"": "greedy", "beam5/": "beam of 5"}
VARIANTS = "variants/"
TITLES = {
    "soft": "soft attention (additive)",
    "dot": "scaled dot-product attention",
    "multi-head": "multi-head attention",
    "hard": "hard attention (REINFORCE)",
    "scheduled-linear": "scheduled sampling, linear",
    "scheduled-sigmoid": "scheduled sampling, inverse sigmoid",
    "transformer": "a small Transformer",
    "mobilenet": "another encoder: MobileNetV2 of ImageNet, 224×224",
}
COURSE = (
    ("soft attention", 0.2311, 0.0385),
    ("scheduled sampling", 0.2041, 0.0322),
    ("scaled dot-product attention", 0.2092, 0.0313),
)
"""What the course reported for Persian, after 40,000 pictures: BLEU-1 and BLEU-4."""


def show_scores(card: zoo.Card) -> None:
    """The card's scores per language, its variants and the course's figures."""
    st.subheader("How good are its captions?")
    languages = captioner_of(card).languages
    measured = [
        (f"{LANGUAGES.get(language).title}, {title}", f"test/{language}/{how}")
        for language in languages
        for how, title in DECODINGS.items()
        if f"test/{language}/{how}bleu4" in card.metrics
    ]
    if measured:
        sentences.table(
            ["", *(name for name, _ in measured)],
            [
                [(title, None), *((_value(card, f"{where}{score}"), None) for _, where in measured)]
                for score, title in (SCORES | SIGNS).items()
                if any(f"{where}{score}" in card.metrics for _, where in measured)
            ],
        )
        st.caption(plain(_measured_on(card, languages)))
    else:
        st.info("Nothing was measured on its card yet.")
    variants(card, languages)


def _measured_on(card: zoo.Card, languages: tuple[str, ...]) -> str:
    parts = []
    for language in languages:
        metric = card.metrics.get(f"test/{language}/bleu4")
        if metric is not None and "n" in metric.how:
            parts.append(f"{LANGUAGES.get(language).title}: {metric.how['n']:,}")
    on = f"Test pictures: {', '.join(parts)}. " if parts else ""
    return (
        on
        + "BLEU counts the right runs of 1 to 4 words, METEOR single words and their order, CIDEr "
        "weighs a run by how rare it is (it goes to 10). METEOR here knows no synonyms. Against "
        "another picture’s captions, BLEU-4 shows what the language alone is worth."
    )


def variants(card: zoo.Card, languages: tuple[str, ...]) -> None:
    """Soft, dot-product, hard attention, scheduled sampling: one switch at a time."""
    names = dict.fromkeys(name.split("/")[1] for name in card.metrics if name.startswith(VARIANTS))
    st.subheader("Soft or hard attention, scheduled sampling: what do they change?")
    if names:
        columns = [(lang, score) for lang in languages for score in ("bleu1", "bleu4")]
        header = ["", *(f"{LANGUAGES.get(lang).title}, {SCORES[score]}" for lang, score in columns)]
        own = [("as it ships", None)] + [
            (_value(card, f"test/{lang}/{score}"), None) for lang, score in columns
        ]
        rows = [
            [(TITLES.get(name, name), None)]
            + [(_value(card, f"{VARIANTS}{name}/{lang}/{score}"), None) for lang, score in columns]
            for name in names
        ]
        sentences.table(header, [own, *rows])
        epochs = max(m.how["epochs"] for k, m in card.metrics.items() if k.startswith(VARIANTS))
        st.caption(
            "Greedy search, the same pictures, data and seed; one switch at a time, each trained "
            f"for {epochs} epochs at most on sentences with a picture only. As it "
            "ships, it learned for longer, and the language from sentences without a picture too. "
            "With so few test pictures one or two hundredths of BLEU-4 are chance."
        )
    else:
        st.caption("The variants of this network were not measured.")
    st.markdown("**The course's figures**, Persian, 40,000 pictures of COCO:")
    sentences.table(
        ["", "BLEU-1", "BLEU-4"],
        [[(name, None), (f"{one:.4f}", None), (f"{four:.4f}", None)] for name, one, four in COURSE],
    )
    st.caption(
        "Soft attention looks everywhere a little and has a gradient; hard attention takes one "
        "place, drawn by chance, and learns by reward (REINFORCE)."
    )


def _value(card: zoo.Card, name: str) -> str:
    metric = card.metrics.get(name)
    return "–" if metric is None else f"{metric.value:.3f}"
