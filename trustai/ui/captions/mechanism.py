"""View of the captions page: how attention works, its kinds with their formulas, and variants."""

from __future__ import annotations

import html

import streamlit as st

from trustai import zoo
from trustai.data.text import LANGUAGES
from trustai.plots import captions as plots_captions
from trustai.plots import colours
from trustai.ui.captions import sentences
from trustai.ui.captions.generated import generate_captions
from trustai.ui.captions.pickers import captioner_of, example, pick_captioner
from trustai.ui.captions.scores import SCORES, chance_text, course_figures, metric_text, ties_text
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import about, finding, first_look, fold
from trustai.zoo import CaptionDecoder, LSTMDecoder
from trustai.zoo.architectures.caption_attention import ATTENTIONS

VARIANTS = "variants/"
TITLES = {name: attention.title for name, attention in ATTENTIONS} | {
    "soft": "Soft attention (additive)",
    "scheduled-linear": "Scheduled sampling, linear",
    "scheduled-sigmoid": "Scheduled sampling, inverse sigmoid",
    "transformer": "A small Transformer",
}
COLUMNS = ("bleu1", "bleu4", "loss")


STEPS = (
    (
        "Annotation vectors a",
        "The encoder describes every place of the picture by {width} numbers. This is done once "
        "for a picture.",
        "picture",
    ),
    (
        "Keys W a",
        "Every annotation vector becomes {size} numbers that say what is at this place of the "
        "picture.",
        "picture",
    ),
    (
        "Query U h",
        "The hidden state h of the LSTM, {hidden} numbers, remembers the words so far. The query, "
        "{size} numbers too, says what the next word needs.",
        "words",
    ),
    (
        "Attention weights α",
        "The query is compared with every key. A softmax turns the results into weights that add "
        "up to 1. These are the maps that the page shows.",
        "both",
    ),
    (
        "Context z",
        "The mean of the annotation vectors, each with its weight. The next word sees only this of "
        "the picture.",
        "both",
    ),
    (
        "Gate β",
        "A number between 0 and 1 for every entry of the context, computed from h. For a word such "
        "as “of” the gate can close, because it follows from the words before.",
        "words",
    ),
    (
        "Next word",
        "The LSTM gets the last word and the gated context and computes a new h. From h, the "
        "context and the last word the network computes a probability for every word.",
        "words",
    ),
)
"""What happens for every word, in this order: a title, a text, and what it is about."""


def show() -> None:
    pickers, results = first_look(results=2.6)
    with pickers:
        card = pick_captioner()
    with results:
        finding(finding_text(card))
        _diagram(captioner_of(card).decoder)
    with st.expander("Soft, hard and dot-product attention", icon=":material/functions:"):
        _kinds()
    with fold("What does each variant change?", icon=":material/table:"):
        _variants(card)


def finding_text(card: zoo.Card) -> str:
    """Where the attention of one word of an example lies, in one sentence."""
    said = generate_captions(card, example(card), width=5)
    caption = next(iter(said.values())).greedy
    peaks = [float(one.max()) for one in caption.attention[: len(caption.words)]]
    i = max(range(len(peaks)), key=peaks.__getitem__)
    return (
        f"For the word “{plain(caption.words[i])}” of an example the network puts "
        f"**{peaks[i]:.0%}** of its attention on one of **{caption.attention[i].numel()} places** "
        "of the picture."
    )


def _diagram(decoder: CaptionDecoder) -> None:
    """Boxes with words: what happens for every word, in the order in which it happens."""
    steps = "".join(
        f'<li style="border-color:{colours.checked(colour)}"><b>{html.escape(title)}</b>'
        f"<span>{html.escape(text)}</span></li>"
        for title, text, colour in _steps(decoder)
    )
    st.html(f'<style>{_STYLE}</style><ol class="trustai-steps">{steps}</ol>')


def _steps(decoder: CaptionDecoder) -> list[tuple[str, str, str]]:
    """Title, text and colour of every box: blue of the picture, purple of the words, green where
    the two meet."""
    size, hidden = "some", "some"
    if isinstance(decoder, LSTMDecoder):
        size = f"{decoder.attention.query.out_features}"
        hidden = f"{decoder.attention.query.in_features}"
    colour = {"picture": colours.CLEAN, "words": colours.OTHERS[0], "both": colours.TRAINED_AGAINST}
    values = {"width": decoder.width, "size": size, "hidden": hidden}
    return [(title, text.format(**values), colour[of]) for title, text, of in STEPS]


def _kinds() -> None:
    for name, attention in ATTENTIONS:
        with st.container(key=f"attention-{name}"):
            about(attention)
    st.caption(
        "aᵢ: the annotation vector of place i; h: the hidden state; α: the weights; z: the "
        "context; A: the length of a key; r: the reward; b: its mean so far. "
        "W, U and v are learned."
    )
    st.markdown(
        "**Why soft attention?** It has a gradient everywhere, so it is trained by ordinary "
        "backpropagation. It needs no random draws and no reward, and the same picture always "
        "gives the same map. Hard attention has one advantage: the word depends on one known place."
    )


def _variants(card: zoo.Card) -> None:
    """One switch at a time: scores, test loss and learning curves of each."""
    languages = captioner_of(card).languages
    names = list(dict.fromkeys(k.split("/")[1] for k in card.metrics if k.startswith(VARIANTS)))
    if not names:
        st.caption("The variants of this network were not measured.")
        course_figures()
        return
    measured = {k.split("/")[2] for k in card.metrics if k.startswith(VARIANTS)}
    columns = [(one, score) for one in languages if one in measured for score in COLUMNS]
    header = ["", *(f"{LANGUAGES.get(one).title}, {_short(score)}" for one, score in columns)]
    own = [("the network of this app", None)] + [
        (metric_text(card, f"test/{language}/{score}"), None) for language, score in columns
    ]
    rows = [
        [(TITLES.get(name, name), None)]
        + [(metric_text(card, f"{VARIANTS}{name}/{one}/{score}"), None) for one, score in columns]
        for name in names
    ]
    sentences.table(header, [own, *rows])
    epochs = max(m.how["epochs"] for k, m in card.metrics.items() if k.startswith(VARIANTS))
    st.caption(
        "All captions are from greedy search. Every variant has the same pictures, sentences and "
        f"seed, and differs in one switch. Each was trained for at most {epochs} epochs, only on "
        "sentences with a picture. The network of this app was trained for longer."
        + "".join(chance_text(card, one) for one in languages if one in measured)
        + "".join(
            ties_text(card, {n: TITLES.get(n, n) for n in names}, score=f"{one}/bleu4")
            for one in languages
            if one in measured
        )
    )
    course_figures()
    _curves(card)


def _short(score: str) -> str:
    return "test loss" if score == "loss" else SCORES[score]


def _curves(card: zoo.Card) -> None:
    table = zoo.measurements(card.id, topic="variants")
    if table is None:
        return
    st.markdown("**Learning curves.** The loss is the mean of −log p per word.")
    chart(
        plots_captions.learning_curves(table, titles=TITLES),
        key="curves",
        title="Loss while training",
        about=card.title,
    )
    st.caption(
        "The training loss is measured with dropout while the network is learning, and in "
        "scheduled sampling with its own words. The validation loss is measured with the averaged "
        "network without dropout. So the validation loss can be lower."
    )
    Export(
        name=f"{card.id}-variants",
        key="variants",
        csv=table.to_csv(index=False),
        json={k: m.value for k, m in card.metrics.items() if k.startswith(VARIANTS)},
        python=f"""
from trustai import zoo

print(zoo.measurements("{card.id}", topic="variants"))
for name, metric in zoo.read_card("{card.id}").metrics.items():
    if name.startswith("{VARIANTS}"):
        print(name, metric.value)
""",
    ).show()


_STYLE = """
.trustai-steps { display: grid; gap: 0.5rem; list-style: none;
  padding: 0 !important; margin: 0 !important;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); counter-reset: step; }
.trustai-steps li { margin: 0 !important; padding: 0.5rem 0.8rem;
  border-inline-start: 5px solid; border-radius: 0.5rem;
  background: color-mix(in srgb, currentColor 6%, transparent); counter-increment: step; }
.trustai-steps b { display: block; font-size: 1.05rem; }
.trustai-steps b::before { content: counter(step) ". "; }
.trustai-steps li:not(:last-child) b::after { content: " →"; }
.trustai-steps span { font-size: 0.95rem; line-height: 1.45; }
"""
