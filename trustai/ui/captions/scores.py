"""Measured scores of a captioner, and how often captions like those at hand are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd
import streamlit as st
import torch

from trustai import zoo
from trustai.captions import Caption
from trustai.captions.attention import attention_on_objects
from trustai.captions.rightness import such_captions
from trustai.data import scenes
from trustai.data.text import LANGUAGES
from trustai.types import SceneObject
from trustai.ui.captions import sentences
from trustai.ui.captions.pickers import CaptionedPicture, captioner_of
from trustai.ui.captions.sentences import isolated
from trustai.ui.kit.errors import plain
from trustai.ui.kit.measured import interval_text

SCORES = {
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "meteor": "METEOR",
    "cider": "CIDEr",
    "loss": "loss per word (natural logarithm)",
    "bleu4_of_another": "BLEU-4 against another picture’s captions",
}
SIGNS = {"signs_named": "signs named", "all_signs_right": "exactly the right signs"}
"""Shares, measured of scenes only: BLEU hardly notices a wrong sign."""
DECODINGS = {"": "greedy", "beam5/": "beam of 5"}
COURSE = (
    ("soft attention", 0.2311, 0.0385, 3.140),
    ("scheduled sampling", 0.2041, 0.0322, 3.169),
    ("scaled dot-product attention", 0.2092, 0.0313, 3.120),
)
"""What a student report gave for Persian, after 40,000 pictures: BLEU-1, BLEU-4 and loss."""


def show_scores(card: zoo.Card) -> None:
    """The card's scores per language, its variants and a student report's figures."""
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
                [
                    (title, None),
                    *((metric_text(card, f"{where}{score}"), None) for _, where in measured),
                ]
                for score, title in (SCORES | SIGNS).items()
                if any(f"{where}{score}" in card.metrics for _, where in measured)
            ],
        )
        st.caption(plain(_measured_on(card, languages)))
    else:
        st.info("The scores of this network were not measured.")
    course_figures()


def _measured_on(card: zoo.Card, languages: tuple[str, ...]) -> str:
    parts = []
    for language in languages:
        metric = card.metrics.get(f"test/{language}/bleu4")
        if metric is not None and "n" in metric.how:
            parts.append(f"{LANGUAGES.get(language).title}: {metric.how['n']:,}")
    on = f"Test pictures: {', '.join(parts)}. " if parts else ""
    return (
        on + "BLEU counts sequences of 1 to 4 words that also occur in a reference. METEOR counts "
        "single words and their order; it knows no synonyms here. CIDEr gives rare sequences more "
        "weight and goes up to 10. The parentheses hold 95 % intervals over test pictures, from a "
        "bootstrap with 2,000 draws. BLEU-4 against the captions of another picture shows what the "
        "language alone is worth."
    )


def show_rightness(card: zoo.Card, said: Mapping[str, Caption]) -> None:
    """How often captions like these are right, as measured on test pictures.

    Args:
        said: By language the caption of the picture at hand.
    """
    measured = card.metrics.get("test/en/all_signs_right")
    if measured is not None:
        st.markdown(
            f"**How often is the network right?** {measured.value:.0%} of its English captions of "
            f"{measured.how['n']:,} test scenes name exactly the right signs."
        )
        return
    table = zoo.measurements(card.id, topic="captions")
    lines = [] if table is None else [_rightness(table, *one) for one in said.items()]
    if lines := [line for line in lines if line]:
        st.markdown("**How often are such captions right?**\n" + "\n".join(lines))
        st.caption(
            "Measured on test photographs. A word counts as right if one of the people who "
            "described the photograph used it. A right word that nobody used counts as wrong. "
            "Words such as “a” and “on” are left out."
        )


def _rightness(table: pd.DataFrame, language: str, caption: Caption) -> str:
    """One line, or nothing where nothing was measured."""
    dataset = str(table["dataset"].mode()[0])
    mean = sum(caption.log_probabilities) / max(1, len(caption.log_probabilities))
    found = such_captions(table, dataset=dataset, language=language, log_probability=mean)
    if found is None:
        return ""
    return (
        f"- {LANGUAGES.get(language).title}: of the {found.n} test captions that were about as "
        f"likely, **{found.precision:.0%}** of the words are right (compared with another "
        f"photograph: {found.by_chance:.0%}). In {found.all_right:.0%} of them every word is right."
    )


def fault(caption: Caption, shown: CaptionedPicture) -> str:
    """Looking, reading or the data: what is known of a scene tells them apart."""
    assert shown.objects is not None
    missed = Counter(o.name for o in shown.objects)
    wrong = []
    for mention in scenes.mentions(caption.words, language=caption.language):
        if missed[mention.name] > 0:
            missed[mention.name] -= 1
        else:
            wrong.append(mention)
    left_out = [name for name, times in missed.items() if times > 0]
    told = f" The caption leaves out: {', '.join(left_out)}." if left_out else ""
    if not wrong and not left_out:
        return "It names the right signs. Size, place, surroundings or wording differ."
    if not wrong:
        return "Every sign that it names is in the picture." + told
    first = wrong[0]
    attention = caption.attention[first.start : first.stop].mean(0, keepdim=True)
    everything = SceneObject("", {"": ("",)}, torch.stack([o.mask for o in shown.objects]).any(0))
    one = Caption(("",), (), attention, (), 0.0, "", finished=False)
    (on,) = attention_on_objects(one, [everything])
    assert on is not None
    where = "mostly on" if on.attention > 2 * on.area else "mostly beside the"
    said = isolated(" ".join(caption.words[first.start : first.stop]))
    return (
        f"It names {said}, which is not in the picture (or not so often). The attention of this "
        f"name lies {where} signs: {on.attention:.0%} of it is on signs, which fill {on.area:.0%} "
        f"of the picture.{told}"
    )


def course_figures() -> None:
    """The scores of a student report, marked as quoted."""
    st.markdown("**Comparison with a student report (quoted)**, Persian, 40,000 pictures of COCO:")
    sentences.table(
        ["", "BLEU-1", "BLEU-4", "test loss"],
        [[(name, None), *((f"{value:.4f}", None) for value in row)] for name, *row in COURSE],
    )


def metric_text(card: zoo.Card, name: str) -> str:
    """A score, its 95 % interval in parentheses, and whether it is tied with the best one."""
    metric = card.metrics.get(name)
    if metric is None:
        return "–"
    low, high = metric.how.get("interval", (None, None))
    tied = metric.how.get("tied", False) and not metric.how.get("leader", False)
    sure = "" if low is None else f" ({low:.2f} to {high:.2f})"
    return f"{metric.value:.3f}{sure}{', tied' if tied else ''}"


def chance_text(card: zoo.Card, language: str) -> str:
    """How far BLEU-4 of so few test pictures may be off, or nothing where it was not measured."""
    metric = card.metrics.get(f"test/{language}/bleu4")
    if metric is None or "interval" not in metric.how:
        return ""
    low, high = metric.how["interval"]
    return (
        f" On the {metric.how['n']:,} test pictures the BLEU-4 of the network that ships is "
        f"{metric.value:.3f} ({interval_text(low, high, '.3f')})."
    )


def ties_text(card: zoo.Card, titles: Mapping[str, str], *, score: str) -> str:
    """Which variants may be as good as the best of them by `score`, as ``fa/bleu4``.

    Args:
        titles: By variant, for people.
    """
    found = {name: card.metrics[f"variants/{name}/{score}"].how for name in titles}
    best = [titles[name] for name, how in found.items() if how.get("leader")]
    tied = [titles[n] for n, how in found.items() if how.get("tied") and not how.get("leader")]
    if not best:
        return ""
    others = f"Tied with it: {', '.join(tied)}." if tied else "No other variant is tied with it."
    return (
        f" By {SCORES[score.split('/')[1]]} the best variant is “{best[0]}”. {others} All variants "
        "were compared picture by picture, with the same 2,000 draws and Holm’s correction. Every "
        "variant has one seed only, so another seed may give another order."
    )
