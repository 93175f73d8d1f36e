"""View of the captions page: one picture, its captions, and the attention of each word."""

from __future__ import annotations

import streamlit as st

from trustai import captions, zoo
from trustai.captions import Caption
from trustai.captions.attention import ObjectAttention
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
    without,
    word_figures,
    word_maps,
)
from trustai.ui.captions.generated import (
    ALPHA,
    GeneratedCaptions,
    generate_captions,
    show_beam,
    show_captions,
    show_samples,
)
from trustai.ui.captions.pickers import (
    CaptionedPicture,
    pick_captioner,
    pick_language,
    pick_picture,
    shape_note,
)
from trustai.ui.captions.scores import show_rightness
from trustai.ui.components.word_strip import word_strip
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted
from trustai.ui.kit.export import Call, Export, Named
from trustai.ui.kit.frame import finding, first_look, fold, how_made, result_caption
from trustai.ui.kit.glossary import hint

GREEDY = 0
MOST = 10


def show() -> None:
    pickers, results = first_look(results=2.6)
    with pickers:
        card = pick_captioner()
        shown = pick_picture(card)
        language = pick_language(card)
        width = st.slider(
            "Width of the beam, k",
            1,
            MOST,
            5,
            key="beam",
            bind="query-params",
            help=hint("beam search"),
        )
        caption_menu = st.container()
    with results:
        said = generate_captions(card, shown, width=width)
        with caption_menu:
            caption, call = _pick_caption(shown, said[language], language, width)
        if not caption.words:
            st.warning("The caption is empty, so there is no word to look at.")
            _picture(card, shown)
            return
        found = analyse_attention(card, shown, caption)
        finding(faithful_text(found, caption))
        _often_wrong(shown)
        _words(shown, caption, found)
        st.caption(shape_note(card, shown))
    with fold("Is attention an explanation? All words of this caption together"):
        _is_it_an_explanation(caption, found)
    show_rightness(card, {name: one.beam[0] for name, one in said.items()})
    _references(shown, language)
    with st.expander("All captions, with their probabilities", icon=":material/list:"):
        show_captions(said)
        show_beam(said[language])
    show_samples(card, shown, language)
    _how(said[language], found)
    _export(card, shown, caption, found, call).show()


def _references(shown: CaptionedPicture, language: str) -> None:
    if shown.references.get(language):
        with fold("What was written about this picture", icon=":material/edit_note:"):
            sentences.references(shown.references, language)


def _how(said: GeneratedCaptions, found: AttentionAnalysis) -> None:
    with how_made():
        result_caption(said.circumstances)
        draws = counted(len(found.nulls["random"].after), "random draw")
        result_caption(found.attention.circumstances, draws)


def _picture(card: zoo.Card, shown: CaptionedPicture) -> None:
    title = f"The picture: {shown.title}"
    show_picture(pictures.framed(shown.detail, colours.CLEAN), title, width=300)
    st.caption(shape_note(card, shown))


def _often_wrong(shown: CaptionedPicture) -> None:
    """A warning for photographs, where a wrong word is common."""
    if shown.objects is None:
        st.warning(
            "This network is small and is often wrong about photographs. How often captions like "
            "this one are right stands below.",
            icon=":material/help:",
        )


def _pick_caption(
    shown: CaptionedPicture, found: GeneratedCaptions, language: str, width: int
) -> tuple[Caption, str]:
    """The caption, and the Python that gives it."""
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
    return found.greedy if greedy else found.beam[number], f"{call.python}[0][{number}]"


def _words(shown: CaptionedPicture, caption: Caption, found: AttentionAnalysis) -> None:
    on = on_objects(caption, shown.objects)
    word_strip(
        caption,
        shown.detail,
        word_maps(caption, found),
        key="word",
        start=telling_word(caption, shown.objects),
        figures=word_figures(caption, found, on),
        masked=without(found, caption),
        of=f"{shown.title}-{caption.language}-{caption.text}",
    )
    st.caption(
        "Click a word, or use the arrow keys. Each map has its own scale: the brightest colour is "
        "its highest value. Dark means that the cell has no weight."
    )
    _on_objects(caption, on)


def _export(
    card: zoo.Card,
    shown: CaptionedPicture,
    caption: Caption,
    found: AttentionAnalysis,
    call: str,
) -> Export:
    table = table_of(caption, found, on_objects(caption, shown.objects))
    return Export(
        name=f"{card.id}-{caption.language}-words",
        key="words",
        png=sheet(caption, shown, word_maps(caption, found)),
        csv=table.to_csv(index=False),
        npz=arrays(caption, found, shown),
        json={
            "picture": shown.title,
            "language": caption.language,
            "caption": caption.text,
            "ids": list(caption.ids),
            "score": caption.score,
            "circumstances": found.maps.circumstances,
            "table": table.to_dict("list"),
        },
        python=_python(card, shown, call),
    )


def _on_objects(caption: Caption, on: tuple[ObjectAttention | None, ...] | None) -> None:
    if on is None or not any(on):
        return
    rows = [
        (sentences.numbered(i + 1, word, caption.language), one.attention, one.area)
        for i, (word, one) in enumerate(zip(caption.words, on, strict=False))
        if one is not None
    ]
    names = ("attention on it", "its share of the picture")
    figure = plots_captions.beside_chance(rows, names=names, language=caption.language)
    with fold("Is the attention on the object that the word names?"):
        chart(figure, key="on-objects", title="Attention on the named object")


def _is_it_an_explanation(caption: Caption, found: AttentionAnalysis) -> None:
    """Over all words of the caption: agreement, and what removal did."""
    n = len(caption.words)
    agree = found.agreement
    rho, overlap = agree.rank_correlation[:n], agree.overlap[:n]
    st.markdown(
        f"Attention and Grad-CAM agree with a rank correlation of {float(rho.nanmean()):+.2f}: 1 "
        "means the same order of the cells, 0 means no relation. They share "
        f"{float(overlap.nanmean()):.0%} of their highest fifth of the cells; by chance this is "
        f"{agree.share:.0%}."
    )
    rows = [
        (
            label,
            float(one.changed[:, :n].float().mean()),
            float(one.drop[:n].mean()),
            colour,
        )
        for label, one, colour in (
            ("attended cells", found.attention, colours.CLEAN),
            ("cells of Grad-CAM", found.grad_cam, colours.OTHERS[0]),
            *((NULL_TITLES[name], one, colours.RANDOM) for name, one in found.nulls.items()),
        )
    ]
    st.markdown("One fifth of the cells is blurred. Does the network still say the word?")
    title = "Words that change when cells are blurred"
    chart(plots_captions.removed(rows), key="removed", title=title)


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
