"""View of the captions page: the five worst of a hundred captions, with their attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
import torch

from trustai import captions, data, zoo
from trustai.captions import Caption, scores
from trustai.captions.attention import attention_on_objects
from trustai.captions.rightness import caption_of
from trustai.data import scenes
from trustai.data.text import split
from trustai.plots import colours, pictures
from trustai.types import CaptionSet
from trustai.ui.captions import sentences
from trustai.ui.captions.attention import telling_word, text_of
from trustai.ui.captions.pickers import (
    SCENES,
    CaptionedPicture,
    captioner_of,
    photograph_at,
    pick_captioner,
    pick_language,
    scene_at,
    sets_of,
    whole,
)
from trustai.ui.captions.scores import fault
from trustai.ui.captions.sentences import isolated
from trustai.ui.components.word_strip import WordMap, word_strip
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cached_call, sha256_of
from trustai.ui.kit.datasets import missing_pictures
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look
from trustai.ui.kit.jobs import Countdown

N = 100
WORST = 5
GREY_SIDE = 224  # pixels of the square that stands for a picture that is not here


@dataclass(frozen=True, eq=False)
class ScoredCaption:
    """A greedy caption and how close it comes to what was written.

    Attributes:
        index: Number of the test picture.
        bleu: Sentence BLEU-4, smoothed, in ``[0, 1]``.
    """

    index: int
    caption: Caption
    bleu: float


def show() -> None:
    pickers, results = first_look(results=2.6)
    with pickers:
        card = pick_captioner()
        language = pick_language(card)
        sets = sets_of(card)
        if not sets:  # pictures of one's own were never kept
            sets = sorted(data.caption_names(), key=lambda name: name == SCENES)
            st.caption("Its training pictures are not kept, so it is judged on other pictures.")
        here = [name for name in sets if data.available(name)]
        name = _pick_set(here or sets)
    with results:
        if name in here:
            _live(card, name, language)
        else:
            _from_table(card, name, language)


def _pick_set(names: list[str]) -> str:
    return st.selectbox(
        "Pictures",
        names,
        format_func=lambda n: data.caption_set(n).title,
        key="of",
        bind="query-params",
    )


def _live(card: zoo.Card, name: str, language: str) -> None:
    judged = score_captions(card, name, language)
    if not judged:
        st.info("None of its test pictures has captions in this language.")
        return
    worst = sorted(judged, key=lambda one: one.bleu)[:WORST]
    finding(finding_text(judged))
    shown = [
        scene_at(one.index) if name == SCENES else photograph_at(name, one.index) for one in worst
    ]
    _ranked([(place, *one) for place, one in enumerate(zip(worst, shown, strict=True), start=1)])
    if name == SCENES:
        _all_words(judged, language)
    rows = [{"index": j.index, "sentence_bleu": j.bleu, "caption": j.caption.text} for j in judged]
    Export(
        name=f"{card.id}-{language}-judged",
        key="judged",
        csv=pd.DataFrame(rows).to_csv(index=False),
        json={"model": card.id, "weights_sha256": card.weights_sha256, "language": language,
              "pictures": name, "rows": rows},
        python=_python(card, name, language),
    ).show()  # fmt: skip


def finding_text(judged: list[ScoredCaption]) -> str:
    """How far the worst caption is from the average, in one sentence."""
    mean = sum(one.bleu for one in judged) / len(judged)
    worst = min(judged, key=lambda one: one.bleu)
    return (
        f"The captions of {len(judged)} test pictures have a mean BLEU of **{mean:.2f}**. The "
        f"worst one has **{worst.bleu:.2f}**: “{plain(isolated(text_of(worst.caption)))}”."
    )


def _ranked(found: Sequence[tuple[int, ScoredCaption, CaptionedPicture]]) -> None:
    """The worst caption, and the next ones folded."""
    for place, one, shown in found:
        if place == 1:
            _one(place, one, shown)
            continue
        with st.expander(f"{place}. BLEU {one.bleu:.2f}, test picture {one.index}"):
            _one(place, one, shown, heading=False)


@st.cache_resource(show_spinner="Drawing a hundred scenes", max_entries=1)
def first_scenes() -> CaptionSet:
    """Read-only."""
    return scenes.generate(split="test", n=N)


def score_captions(card: zoo.Card, name: str, language: str) -> list[ScoredCaption]:
    """The first hundred test pictures that have captions in the language."""
    found = first_scenes() if name == SCENES else whole(name)
    texts = found.captions.get(language, ())
    rows = [i for i, some in enumerate(texts) if some][:N]
    captioner, bar = captioner_of(card), Countdown("Captioning a hundred pictures")

    def compute() -> list[ScoredCaption]:
        annotations = captions.annotations_of(
            captioner, found.images[rows], batch_size=16, on_progress=bar
        )
        said = captions.decode(captioner.decoder, annotations, language=language)
        return [
            ScoredCaption(
                index,
                some[0],
                scores.sentence_bleu(
                    some[0].words, [split(text, language=language) for text in texts[row]]
                ),
            )
            for row, index, some in zip(rows, found.indices[rows].tolist(), said, strict=True)
        ]

    return cached_call(
        compute,
        subject=None,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(found.images[rows])] if rows else [],
        method="captions.judged",
        parameters={"language": language, "set": name},
        heavy="captioning a hundred pictures",
        bar=bar,
    )


def _all_words(judged: list[ScoredCaption], language: str) -> None:
    """Over all hundred scenes, how often signs are right and attention is on what is named."""
    objects = first_scenes().objects
    assert objects is not None  # of scenes they are known
    right = sum(
        sorted(m.name for m in scenes.mentions(one.caption.words, language=language))
        == sorted(o.name for o in objects[one.index])
        for one in judged
    )
    st.markdown(
        f"**{right} of {len(judged)}** captions name exactly the right signs. BLEU hardly notices "
        "a wrong sign, because most words of a sentence are about places."
    )
    named = [
        on
        for one in judged
        for on in attention_on_objects(one.caption, objects[one.index])
        if on is not None
    ]
    if named:
        attention = sum(on.attention for on in named) / len(named)
        area = sum(on.area for on in named) / len(named)
        st.markdown(
            f"{len(named):,} words name a sign that is in the picture. On average "
            f"**{attention:.0%}** of their attention lies on this sign, which fills {area:.0%} of "
            "the picture."
        )


def _one(place: int, one: ScoredCaption, shown: CaptionedPicture, *, heading: bool = True) -> None:
    caption, language = one.caption, one.caption.language
    if heading:
        st.subheader(f"{place}. BLEU {one.bleu:.2f}, test picture {one.index}", anchor=False)
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        show_picture(pictures.framed(shown.detail, colours.CLEAN), shown.title, width=280)
    with right:
        sentences.cards([("caption of the network", text_of(caption), language, "")])
        sentences.references(shown.references, language)
        if shown.objects is not None:
            st.markdown(plain(fault(caption, shown)))
    if caption.words:
        peaks = [f"highest cell {float(a.max()):.0%}" for a in caption.attention]
        word_strip(
            caption,
            shown.detail,
            [WordMap("Attention", caption.attention, peaks)],
            key=f"worst{place}",
            start=telling_word(caption, shown.objects),
            of=f"{shown.title}-{caption.text}",
        )


def _from_table(card: zoo.Card, name: str, language: str) -> None:
    """What was measured, where the pictures themselves are not on this machine."""
    title = plain(data.caption_set(name).title)
    worst = _rows(card, "worst", name, language)
    if worst.empty:
        missing_pictures(name)
        return
    finding(_found_before(worst))
    st.caption(
        f"The pictures of {title} are not on this computer, because we may not ship them. The "
        "sentences of people, the caption of the network and its attention were measured before."
    )
    found = []
    for row in worst.sort_values("place").to_dict("records"):
        shown = CaptionedPicture(
            x=torch.zeros(1, 3, 1, 1),
            detail=np.full((GREY_SIDE, GREY_SIDE, 3), 128, np.uint8),
            title=f"{name}, test picture {row['index']}",
            python="",
            private=False,
            references={language: tuple(row["references"])},
        )
        one = ScoredCaption(row["index"], caption_of(row), row["sentence_bleu"])
        found.append((row["place"], one, shown))
    _ranked(found)
    everything = _rows(card, "captions", name, language)
    Export(
        name=f"{card.id}-{language}",
        key="judged",
        csv=everything.to_csv(index=False),
        json={"model": card.id, "rows": everything.to_dict("records")},
        python=f"""
from trustai import zoo

worst = zoo.measurements("{card.id}", topic="worst")
print(worst[(worst["dataset"] == "{name}") & (worst["language"] == "{language}")])
""",
    ).show()


def _found_before(worst: pd.DataFrame) -> str:
    row = worst.sort_values("place").iloc[0]
    said = text_of(caption_of(row.to_dict()))
    return f"The worst caption has a BLEU of **{row['sentence_bleu']:.2f}**: “{plain(said)}”."


def _rows(card: zoo.Card, topic: str, name: str, language: str) -> pd.DataFrame:
    table = zoo.measurements(card.id, topic=topic)
    if table is None:
        return pd.DataFrame()
    return table[(table["dataset"] == name) & (table["language"] == language)]


def _python(card: zoo.Card, name: str, language: str) -> str:
    return f"""
from trustai import captions, data
from trustai.captions import scores
from trustai.data.text import split

captioner = captions.load("{card.id}")
test = data.caption_set("{name}").read("test", {N}, 0)
said = captions.decode(
    captioner.decoder, captions.annotations_of(captioner, test.images), language="{language}"
)
judged = [
    (scores.sentence_bleu(one[0].words, [split(t, language="{language}") for t in texts]), i)
    for i, (one, texts) in enumerate(zip(said, test.captions["{language}"])) if texts
]
for bleu, i in sorted(judged)[:{WORST}]:
    print(bleu, said[i][0].text)
"""
