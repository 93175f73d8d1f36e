"""View of the captions page: one picture, its captions, and the attention of each word."""

from __future__ import annotations

import streamlit as st
import torch

from trustai import captions, zoo
from trustai.captions import Caption
from trustai.captions.attention import ObjectAttention
from trustai.data.text import LANGUAGES
from trustai.plots import captions as plots_captions
from trustai.plots import colours, pictures
from trustai.ui.captions import sentences
from trustai.ui.captions.attention import (
    NULL_TITLES,
    AttentionAnalysis,
    analyse_attention,
    arrays,
    faithful_text,
    on_objects,
    sheet,
    table_of,
    telling_word,
    text_of,
    without,
    word_figures,
    word_maps,
)
from trustai.ui.captions.generated import ALPHA, GeneratedCaptions, generate_captions
from trustai.ui.captions.pickers import (
    CaptionedPicture,
    captioner_of,
    pick_captioner,
    pick_language,
    pick_picture,
    shape_note,
)
from trustai.ui.captions.scores import show_rightness
from trustai.ui.components.word_strip import word_strip
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cached_call
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted
from trustai.ui.kit.export import Call, Export, Named
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.glossary import hint

GREEDY = 0
MOST = 10
SAMPLES = 5


def show() -> None:
    pickers, results = st.columns([1, 2.6], gap="medium")
    with pickers:
        card = pick_captioner()
        shown = pick_picture(card)
        title = f"The picture: {shown.title}"
        show_picture(pictures.framed(shown.detail, colours.CLEAN), title, width=300)
        st.caption(shape_note(card, shown))
        width = st.slider(
            "Width of the beam, k",
            1,
            MOST,
            5,
            key="beam",
            bind="query-params",
            help=hint("beam search"),
        )
    with results:
        said = generate_captions(card, shown, width=width)
        _captions(said)
        show_rightness(card, {name: one.beam[0] for name, one in said.items()})
        language, caption, call = _pick_caption(card, shown, said, width)
        if not caption.words:
            st.warning("The caption is empty, so there is no word to look at.")
        else:
            _words(card, shown, caption, call)
        _alternatives(said[language], language, width)
        _chance(card, shown, language)
        sentences.references(shown.references, language)


def _captions(said: dict[str, GeneratedCaptions]) -> None:
    entries = []
    for name, one in said.items():
        title = LANGUAGES.get(name).title
        best = one.beam[0]
        entries += [
            (f"{title}, greedy", text_of(one.greedy), name, _likely(one.greedy)),
            (f"{title}, beam of {len(one.beam)}", text_of(best), name, _likely(best)),
        ]
    sentences.cards(entries)
    result_caption(next(iter(said.values())).circumstances)


def _likely(caption: Caption) -> str:
    return f"log probability {sum(caption.log_probabilities):.2f}"


def _pick_caption(
    card: zoo.Card, shown: CaptionedPicture, said: dict[str, GeneratedCaptions], width: int
) -> tuple[str, Caption, str]:
    """The language, the caption, and the Python that gives it."""
    st.subheader("Word by word: where did it look?")
    left, right = st.columns(2)
    with left:
        language = pick_language(card)
    found = said[language]
    with right:
        chosen = st.selectbox(
            "Caption",
            range(len(found.beam) + 1),
            format_func=lambda i: "greedy" if i == GREEDY else f"number {i} of the beam",
            key="caption",
            bind="query-params",
        )
    greedy = chosen == GREEDY
    decoding = captions.Greedy() if greedy else captions.Beam(width=width, alpha=ALPHA)
    call = Call(
        "trustai.captions.caption", Named("captioner", None), Named("x", shown.x),
        language=language, decoding=Named(f"captions.{decoding}", decoding),
    )  # fmt: skip
    number = 0 if greedy else chosen - 1
    return language, found.greedy if greedy else found.beam[number], f"{call.python}[0][{number}]"


def _words(card: zoo.Card, shown: CaptionedPicture, caption: Caption, call: str) -> None:
    language = caption.language
    found = analyse_attention(card, shown, caption)
    on = on_objects(caption, shown.objects)
    maps = word_maps(caption, found)
    word_strip(
        caption,
        shown.detail,
        maps,
        key="word",
        start=telling_word(caption, shown.objects),
        figures=word_figures(caption, found, on),
        masked=without(found, caption),
        of=f"{shown.title}-{language}-{caption.text}",
    )
    st.caption(
        "Click a word, or step with the arrow keys. Each map has a scale of its own, from nothing "
        "(dark) to its highest cell (bright)."
    )
    _is_it_an_explanation(caption, found)
    _on_objects(caption, on)
    table = table_of(caption, found, on)
    Export(
        name=f"{card.id}-{language}-words",
        key="words",
        png=sheet(caption, shown, maps),
        csv=table.to_csv(index=False),
        npz=arrays(caption, found, shown),
        json={
            "picture": shown.title,
            "language": language,
            "caption": caption.text,
            "ids": list(caption.ids),
            "score": caption.score,
            "circumstances": found.maps.circumstances,
            "table": table.to_dict("list"),
        },
        python=_python(card, shown, call),
    ).show()


def _on_objects(caption: Caption, on: tuple[ObjectAttention | None, ...] | None) -> None:
    if on is None or not any(on):
        return
    st.markdown("**Is the attention on what the word names?** The truth is known in scenes.")
    rows = [
        (sentences.numbered(i + 1, word, caption.language), one.attention, one.area)
        for i, (word, one) in enumerate(zip(caption.words, on, strict=False))
        if one is not None
    ]
    names = ("attention on it", "its share of the picture")
    figure = plots_captions.beside_chance(rows, names=names, language=caption.language)
    chart(figure, key="on-objects", title="Attention on the named object")


def _is_it_an_explanation(caption: Caption, found: AttentionAnalysis) -> None:
    """Over all words of the caption: agreement, and what removal did."""
    n = len(caption.words)
    agree = found.agreement
    rho, overlap = agree.rank_correlation[:n], agree.overlap[:n]
    st.markdown("**Is attention an explanation?** Over the words of this caption:")
    st.markdown(
        f"Attention and Grad-CAM order the cells alike to {float(rho.nanmean()):+.2f} (rank "
        f"correlation, 1 is the same order, 0 unrelated) and share "
        f"{float(overlap.nanmean()):.0%} of their highest fifth (by chance {agree.share:.0%})."
    )
    rows = [
        (
            label,
            float(one.changed[:, :n].float().mean()),
            float(one.drop[:n].mean()),
            colour,
        )
        for label, one, colour in (
            ("where it attended", found.attention, colours.CLEAN),
            ("where Grad-CAM looks", found.grad_cam, colours.OTHERS[0]),
            *((NULL_TITLES[name], one, colours.RANDOM) for name, one in found.nulls.items()),
        )
    ]
    st.markdown("A fifth of the cells is blurred, and each word is asked for again:")
    title = "Words that change when cells are blurred"
    chart(plots_captions.removed(rows), key="removed", title=title)
    st.markdown(faithful_text(found, n))
    draws = len(found.nulls["random"].after)
    result_caption(found.attention.circumstances, counted(n, "word"), f"{draws} random draws")


def _alternatives(said: GeneratedCaptions, language: str, width: int) -> None:
    st.subheader("What else the beam held")
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
    better = "The best is what greedy search found too." if same else ""
    st.caption(
        "Score: the log probability divided by a power of the length, or a short sentence would "
        f"always win. {better}"
    )


def _chance(card: zoo.Card, shown: CaptionedPicture, language: str) -> None:
    with st.expander("Drawn by chance: nucleus sampling", icon=":material/casino:"):
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


def _python(card: zoo.Card, shown: CaptionedPicture, call: str) -> str:
    return f"""
from trustai import captions, data
from trustai.captions.attention import agreement, word_grad_cam
from trustai.captions.removal import removal

captioner = captions.load("{card.id}")
{shown.python}
caption = {call}
maps = word_grad_cam(captioner, x, caption).maps
same = agreement(caption.attention, maps)
gone = removal(captioner, x, caption, by="attention")
for row in zip(caption.words, same.rank_correlation.tolist(), gone.drop.tolist()):
    print(*row)
"""
