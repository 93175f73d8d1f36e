"""View of the captions page: adversarial attacks on a caption."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import captions, seeds, zoo
from trustai.attacks.steps import project_linf, uniform
from trustai.captions import Caption, attack
from trustai.captions.attack import CaptionAttackResult, CaptionPGDParams, CaptionTrial
from trustai.data import scenes
from trustai.plots import colours, pictures
from trustai.ui.captions import sentences
from trustai.ui.captions.attention import text_of
from trustai.ui.captions.pickers import (
    CaptionedPicture,
    captioner_of,
    pick_captioner,
    pick_language,
    pick_picture,
    shape_note,
)
from trustai.ui.components.live_slider import Film, Films, XAxis, data_uri, live_slider
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cached_call, sha256_of
from trustai.ui.kit.errors import plain, shown_errors
from trustai.ui.kit.export import Call, Export, Named
from trustai.ui.kit.frame import finding, first_look, fold, how_made, pixel_units, result_caption
from trustai.ui.kit.jobs import Countdown

EPS = (1, 2, 4, 8, 16, 32)
"""Offered for the chosen word, in 1/255."""
PARAMS = CaptionPGDParams(steps=12)
SIDE = 288


def show() -> None:
    pickers, results = first_look(results=2.6)
    with pickers:
        card = pick_captioner()
        shown = pick_picture(card)
        language = pick_language(card)
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="seed", bind="query-params"))
    with results:
        found = _smallest(card, shown, language, seed)
        finding(finding_text(found))
        _verdict(found)
        _explore(card, shown, found, seed)
    call = _call("smallest_epsilon", card, shown, language=language, seed=seed)
    _export(card, shown, found, "smallest", call).show()
    with how_made():
        st.caption(shape_note(card, shown))
        result_caption(found.circumstances)
    # Stopped, only this part is missing.
    with fold("Make the network say a word", icon=":material/edit:"), shown_errors():
        _chosen_word(card, shown, language, seed, found.clean)


def finding_text(found: CaptionAttackResult) -> str:
    """The smallest change that gives another caption, in one sentence."""
    one = found.found
    if one is None:
        largest = pixel_units(found.trials[-1].eps)
        return (
            f"No change of at most {plain(largest)} per pixel was found that changes the caption. "
            "Another attack may find one."
        )
    before, after = (plain(sentences.isolated(text_of(c))) for c in (found.clean, one.caption))
    return (
        f"A change of at most **{255 * one.eps:.2g}/255** per pixel is enough: “{before}” becomes "
        f"“{after}”."
    )


def _call(
    name: str, card: zoo.Card, shown: CaptionedPicture, *arguments: Any, **keywords: Any
) -> Call:
    """An attack on the captioner of a card, as it is run and as it is shown."""
    captioner, x = Named("captioner", captioner_of(card)), Named("x", shown.x)
    function = f"trustai.captions.attack.{name}"
    return Call(function, captioner, x, *arguments, params=PARAMS, **keywords)


def _smallest(
    card: zoo.Card, shown: CaptionedPicture, language: str, seed: int
) -> CaptionAttackResult:
    call = _call("smallest_epsilon", card, shown, language=language, seed=seed)
    bar = Countdown("Searching the smallest change")
    return cached_call(
        lambda: call(on_progress=bar),
        subject=shown,
        weights_sha=card.weights_sha256,
        method="captions.attack.smallest_epsilon",
        parameters={**vars(PARAMS), "language": language},
        seed=seed,
        heavy="attacking a caption",
        bar=bar,
    )


def _verdict(found: CaptionAttackResult) -> None:
    one = found.found
    if one is None:
        return
    language = found.clean.language
    sentences.cards(
        [
            ("before", text_of(found.clean), language, "the picture as it is"),
            ("after", text_of(one.caption), language, f"{255 * one.eps:.2g}/255"),
        ],
        colours_=(colours.CLEAN, colours.ATTACKED),
    )


def _explore(
    card: zoo.Card, shown: CaptionedPicture, found: CaptionAttackResult, seed: int
) -> None:
    """Every epsilon tried, beside random noise of the same size."""
    trials = [CaptionTrial(0.0, shown.x, found.clean, success=False), *found.trials]
    noisy = _noise(card, shown, found, seed)
    changes = [pictures.magnified(one.adversarial[0] - shown.x[0]) for one in trials]
    live_slider(
        Films([
            Film("Attacked", [_uri(one.adversarial[0]) for one in trials],
                 [text_of(one.caption) for one in trials], colours.ATTACKED),
            Film("Random noise of the same size", [_uri(x) for x, _ in noisy],
                 [text_of(caption) for _, caption in noisy], colours.RANDOM),
            Film("The change of the attack, enlarged",
                 [data_uri(pixels, longest_side=SIDE) for pixels, _ in changes],
                 ["none" if one.eps == 0 else f"× {factor:.0f}"
                  for one, (_, factor) in zip(trials, changes, strict=True)], colours.ATTACKED),
        ], in_row=3),
        key="change",
        label="Largest change of a pixel",
        values=[255 * one.eps for one in trials],
        start=255 * (found.found or trials[-1]).eps,
        x=XAxis(
            value_text=lambda v: f"{v:.3g}/255",
            tick_labels={255 * e: f"{255 * e:g}" for e in (0.0, *attack.LADDER)
                         if e <= trials[-1].eps},
        ),
        of=f"{shown.title}-{found.clean.language}-{seed}",
    )  # fmt: skip


def _uri(x: Tensor) -> str:
    return data_uri(pictures.framed(pictures.to_pixels(x), colours.RANDOM, side=SIDE, border=0),
                    longest_side=SIDE)  # fmt: skip


def _noise(
    card: zoo.Card, shown: CaptionedPicture, found: CaptionAttackResult, seed: int
) -> list[tuple[Tensor, Caption]]:
    """Every pixel moved by as much as the attack may, up or down by the toss of a coin."""
    eps = torch.tensor([0.0, *(one.eps for one in found.trials)]).view(-1, 1, 1, 1)
    signs = uniform(shown.x.shape, seeds.torch_generator(seed), shown.x).sign()
    x = project_linf(shown.x + eps * signs, shown.x.expand(len(eps), -1, -1, -1), eps)
    said = cached_call(
        lambda: captions.caption(captioner_of(card), x, language=found.clean.language),
        subject=shown,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(x)],
        method="captions.caption",
        parameters={"language": found.clean.language},
    )
    return [(one, some[0]) for one, some in zip(x, said, strict=True)]


def _chosen_word(
    card: zoo.Card, shown: CaptionedPicture, language: str, seed: int, clean: Caption
) -> None:
    known = captioner_of(card).vocabulary.words[language]
    left, right = st.columns(2)
    with left:
        word = st.selectbox(
            "Word",
            known,
            index=known.index(_tempting(known, clean)),
            key=f"say-{language}",
            help="Any word that the decoder knows. The attack puts it where this is easiest.",
        )
    with right:
        eps = st.select_slider(
            "Largest change of a pixel",
            EPS,
            value=8,
            format_func=lambda e: f"{e}/255",
            key="say-eps",
            bind="query-params",
        )
    found = _keyword(card, shown, language, seed, word, eps)
    _said_word(shown, found, word, language)
    call = _keyword_call(card, shown, language, seed, word, eps)
    _export(card, shown, found, "say", call).show()


def _keyword_call(
    card: zoo.Card, shown: CaptionedPicture, language: str, seed: int, word: str, eps: int
) -> Call:
    size = Named(f"{eps} / 255", eps / 255)
    return _call("targeted_keyword", card, shown, word, eps=size, language=language, seed=seed)


def _keyword(
    card: zoo.Card, shown: CaptionedPicture, language: str, seed: int, word: str, eps: int
) -> CaptionAttackResult:
    call = _keyword_call(card, shown, language, seed, word, eps)
    bar = Countdown("Searching a change that makes the network say the word")
    return cached_call(
        lambda: call(on_progress=bar),
        subject=shown,
        weights_sha=card.weights_sha256,
        method="captions.attack.targeted_keyword",
        parameters={**vars(PARAMS), "language": language, "word": word, "eps": eps},
        seed=seed,
        heavy="attacking a caption",
        bar=bar,
    )


def _tempting(known: tuple[str, ...], clean: Caption) -> str:
    """A word worth wanting: a sign that is not in the caption, else any longer word that is not."""
    nouns = {w for words in scenes.WORDS.values() for w in words.get(clean.language, ())}
    free = [w for w in known if w not in clean.words]
    return next((w for w in free if w in nouns), next((w for w in free if len(w) > 3), known[0]))


def _said_word(
    shown: CaptionedPicture, found: CaptionAttackResult, word: str, language: str
) -> None:
    (one,) = found.trials
    told = sentences.isolated(word)
    if word in found.clean.words:
        st.info(f"The caption has the word {plain(told)} already.", icon=":material/info:")
    elif one.success:
        st.error(f"Now the network says {plain(told)}.", icon=":material/bolt:")
    else:
        st.success(
            f"The attack did not make the network say {plain(told)}.", icon=":material/shield:"
        )
    before, after = st.columns(2)
    clean = pictures.framed(pictures.to_pixels(shown.x[0]), colours.CLEAN)
    show_picture(clean, "Clean picture", on=before)
    attacked = pictures.framed(pictures.to_pixels(one.adversarial[0]), colours.ATTACKED)
    show_picture(attacked, f"Attacked picture, {255 * one.eps:g}/255", on=after)
    sentences.cards(
        [
            ("before", text_of(found.clean), language, ""),
            ("after", text_of(one.caption), language, f"{255 * one.eps:g}/255"),
        ],
        colours_=(colours.CLEAN, colours.ATTACKED),
    )
    result_caption(found.circumstances)


def _export(
    card: zoo.Card, shown: CaptionedPicture, found: CaptionAttackResult, key: str, call: Call
) -> Export:
    rows = [
        {"eps": one.eps, "changed": one.success, "caption": one.caption.text}
        for one in found.trials
    ]
    last = found.found or found.trials[-1]
    return Export(
        name=f"{card.id}-{key}",
        key=f"attack-{key}",
        png=pictures.png(pictures.to_pixels(last.adversarial[0])),
        csv=pd.DataFrame(rows).to_csv(index=False),
        json={
            "picture": shown.title,
            "clean": found.clean.text,
            "trials": rows,
            "circumstances": found.circumstances,
        },
        python=f"""
from trustai import captions, data
{call.imports}

captioner = captions.load("{card.id}")
{shown.python}
found = {call.python}
print(found.clean.text)
for one in found.trials:
    print(one.eps, one.success, one.caption.text)
""",
    )
