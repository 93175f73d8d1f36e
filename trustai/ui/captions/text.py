"""View of the captions page: normalising text, statistics of a corpus, and the scores."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from trustai import data, zoo
from trustai.captions import corpus
from trustai.captions.corpus import PAIRS, CorpusStatistics
from trustai.data.captions.base import has_text_pairs
from trustai.data.text import END, LANGUAGES, UNK, Vocabulary, normalise, split
from trustai.plots import captions as plots_captions
from trustai.ui.captions import sentences
from trustai.ui.captions.errors import first_scenes
from trustai.ui.captions.pickers import (
    SCENES,
    captioner_of,
    pick_captioner,
    pick_language,
)
from trustai.ui.captions.scores import show_scores
from trustai.ui.kit.caching import cached_call
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, fold
from trustai.ui.kit.jobs import Countdown

EXAMPLES = {
    "en": "A dog's T-shirt, 2 cafés & ٣ STOP-signs!",
    "fa": "كتاب‌هاي ٣ مَرد، در سال 2025؛ يك تابلوي «STOP»؟",
}
FREQUENT = 20
# A sentence of one's own is read from where its first letter is.
_STYLE = "<style>.stTextArea textarea { unicode-bidi: plaintext; text-align: start; }</style>"


def show() -> None:
    pickers, results = first_look(results=2.6)
    here, kept = _here(), _stored()
    with pickers:
        card = pick_captioner()
        language = pick_language(card)
        name = st.selectbox(
            "Corpus",
            [k for k in (PAIRS, *data.caption_names()) if k in here or k in kept],
            format_func=lambda k: _title(k, kept),
            key="corpus",
            bind="query-params",
        )
        if name not in here:
            st.caption(
                "The captions of this corpus are not on this computer. The counts were made when "
                f"{zoo.read_card(kept[name].model_id).title} was measured."
            )
    with results:
        _pipeline(card, language)
    _word_vectors(card)
    with fold("The captions that the network learns from", icon=":material/table:"):
        _statistics(name, language, None if name in here else kept[name], _title(name, kept))
    with fold("How good are the captions?", icon=":material/table:"):
        show_scores(card)


@dataclass(frozen=True)
class StoredCounts:
    """The counts of a corpus by language, and the network they came with."""

    model_id: str
    counted: dict[str, CorpusStatistics]


def _here() -> list[str]:
    """Corpora whose captions are on this machine."""
    here = [name for name in data.caption_names() if data.available(name)]
    return [PAIRS, *here] if has_text_pairs() else here


def _stored() -> dict[str, StoredCounts]:
    """Corpora that were counted when a network was measured."""
    tables = {c.id: zoo.measurements(c.id, topic="corpus") for c in zoo.catalog(kind="caption")}
    return {
        name: StoredCounts(model_id, counted)
        for model_id, table in tables.items()
        if table is not None
        for name, counted in corpus.of_table(table).items()
    }


def _title(name: str, kept: Mapping[str, StoredCounts]) -> str:
    """Of a corpus; the captions without pictures are counted on a card or here."""
    if name != PAIRS:
        return data.caption_set(name).title
    counts = kept[name].counted if name in kept else _counted(name)
    return f"{next(iter(counts.values())).captions:,} captions of COCO"


def _pipeline(card: zoo.Card, language: str) -> None:
    st.html(_STYLE)
    above = st.container()
    text = st.text_area(
        "A sentence of your own",
        EXAMPLES.get(language, ""),
        key=f"sentence-{language}",
        max_chars=400,
        height=80,
        help="Letters that look alike but have different codes become one letter. Digits of three "
        "kinds become one kind. Diacritics and punctuation are removed. A zero-width non-joiner "
        "stays inside a word.",
    )
    vocabulary = captioner_of(card).vocabulary
    words = split(text, language=language)
    ids = vocabulary.encode(text, language=language)
    whole = [vocabulary.start(language), *ids, END]
    unknown = [word for word, number in zip(words, ids, strict=True) if number == UNK]
    with above:
        finding(
            f"This sentence becomes **{counted(len(whole), 'number')}**: the start, "
            f"{counted(len(words), 'word')} and the end. **{len(unknown)}** of the words "
            f"{'is' if len(unknown) == 1 else 'are'} unknown to the network."
        )
        sentences.table(
            ["", ""],
            [
                [("as written", None), (text, language)],
                [("normalised", None), (normalise(text, language=language), language)],
                [(counted(len(words), "word"), None), (" · ".join(words), language)],
                [(f"{len(unknown)} unknown, <unk>", None), (" · ".join(unknown) or "–", language)],
                [("as numbers", None), (" ".join(map(str, whole)), None)],
            ],
        )
    with st.expander("The numbers and the vocabulary", icon=":material/table:"):
        _indices(vocabulary, whole, language)
    lost = _changed(text, normalise(text, language=language))
    if lost:
        st.caption("Changed or removed: " + plain(", ".join(lost)) + ".")


def _indices(vocabulary: Vocabulary, whole: Sequence[int], language: str) -> None:
    """The table that the numbers are read with, and how long each number becomes a vector."""
    entries = [
        (vocabulary.entries[number], language if number >= vocabulary.first(language) else None)
        for number in dict.fromkeys(whole)
    ]
    sentences.table(
        ["entry", "number"],
        [
            [entry, (f"{number:,}", None)]
            for entry, number in zip(entries, dict.fromkeys(whole), strict=True)
        ],
    )
    st.caption(
        f"The vocabulary has {len(vocabulary):,} entries. The decoder sees only the numbers. In a "
        "batch, shorter captions are filled up with 0, “<pad>”, which the loss ignores."
    )


def _word_vectors(card: zoo.Card) -> None:
    """Why the decoder learns its own word vectors."""
    decoder = captioner_of(card).decoder
    words = getattr(decoder, "words", None)
    size = "" if words is None else (
        f" Here they are {words.num_embeddings:,} vectors of {words.embedding_dim} numbers, "
        f"{words.weight.numel():,} of the {sum(p.numel() for p in decoder.parameters()):,} "
        "parameters."
    )  # fmt: skip
    with st.expander("Why are there no ready word vectors (FastText)?", icon=":material/help:"):
        st.markdown(
            "- **Near in text does not mean near in a picture.** Ready vectors put words close "
            "together that occur in the same sentences: “red” and “blue”, “left” and “right”. "
            "A caption must tell exactly these words apart.\n"
            "- **The vectors are used twice.** The same table reads the words and, transposed, "
            f"gives the probability of the next word. So it is trained with the decoder.{size}\n"
            "- **There are few words.** Every word of the vocabulary occurs several times, so its "
            "vector can be learned. Ready vectors help most with words that are never seen.\n"
            "- **The entries differ.** “<start>”, “<end>” and “<unk>” have no ready vector, and "
            "Persian words are normalised here in another way.\n"
            "- **They are large.** Ready vectors usually have 300 numbers, and each language "
            "has a file of gigabytes."
        )


def _changed(before: str, after: str) -> list[str]:
    """Names of the characters of `before` that are not in `after`, in their order."""
    gone = dict.fromkeys(c for c in before if c not in after and not c.isspace())
    return [
        f"{sentences.isolated(c) if unicodedata.category(c)[0] != 'M' else ''} "
        f"{unicodedata.name(c, 'unnamed').lower()}".strip()
        for c in gone
    ]


def _counted(name: str) -> dict[str, CorpusStatistics]:
    drawn = first_scenes() if name == SCENES else None  # not beside: it says that it draws

    def of_set() -> dict[str, CorpusStatistics]:
        if drawn is not None:
            return corpus.of_set(drawn)
        return corpus.of_set(data.caption_set(name).read("train", None, 0))

    compute: Callable[[], dict[str, CorpusStatistics]] = (
        corpus.of_pairs if name == PAIRS else of_set
    )
    bar = Countdown("Counting words", expected=3)
    return cached_call(
        lambda: bar.beside(compute),
        subject=None,
        weights_sha="",
        method="captions.corpus",
        parameters={"name": name},
        heavy="counting words",
        bar=bar,
    )


def _statistics(name: str, language: str, stored: StoredCounts | None, title: str) -> None:
    counted = stored.counted if stored else _counted(name)
    table = pd.DataFrame(map(_row, counted.values()))
    sentences.table(  # a column per language: it fits a phone
        ["", *table["language"]],
        [[(row, None), *((cell, None) for cell in table[row])] for row in table.columns[1:]],
    )
    part = {PAIRS: "all of them", SCENES: "the first 100 test scenes"}.get(name, "training part")
    st.caption(
        f"{title}, {part}. A word that occurs fewer than {corpus.MIN_COUNT} times becomes unknown, "
        "“<unk>”: a decoder could not learn it, and would choose among thousands of words more. "
        "For comparison, the corpus of a student report has 9,063 different Persian words before "
        "this step and about 3,700 after it (quoted; the second number follows from the number of "
        "parameters)."
    )
    _charts(counted, language)
    Export(
        name=f"corpus-{name}",
        key="corpus",
        csv=table.to_csv(index=False),
        json={k: one.as_dict() for k, one in counted.items()},
        python=_python(name, stored),
    ).show()


def _row(one: CorpusStatistics) -> dict[str, str]:
    return {
        "language": LANGUAGES.get(one.language).title,
        "captions": f"{one.captions:,}",
        "words": f"{one.words:,}",
        "words in a caption, on average": f"{one.mean_length:.1f}",
        "different words, as written": f"{one.unique_raw:,}",
        "different words, normalised": f"{one.unique:,}",
        f"of these at least {one.min_count} times": f"{one.unique_kept:,}",
        "share of all words that become <unk>": f"{one.share_unknown:.2%}",
    }


def _charts(counted: dict[str, CorpusStatistics], language: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        lengths = {k: dict(one.lengths) for k, one in counted.items()}
        chart(
            plots_captions.lengths(lengths),
            key="lengths",
            title="Length of the captions",
            about="words",
        )
    with right:
        shown = counted.get(language) or next(iter(counted.values()))
        title = LANGUAGES.get(shown.language).title
        chart(
            plots_captions.frequent_words(shown.frequent[:FREQUENT], language=shown.language),
            key="frequent",
            title=f"The {FREQUENT} most frequent words, {title}",
        )


def _python(name: str, stored: StoredCounts | None) -> str:
    read = f'of_set(data.caption_set("{name}").read("train", 100, 0))'
    if name == PAIRS:
        read = "of_pairs()"
    if stored:
        read = f'of_table(zoo.measurements("{stored.model_id}", topic="corpus"))["{name}"]'
    return f"""
from trustai import data, zoo
from trustai.captions import corpus
from trustai.data.text import split

print(split({EXAMPLES["fa"]!r}, language="fa"))
for language, counted in corpus.{read}.items():
    print(language, counted.captions, counted.unique_raw, counted.unique, counted.unique_kept)
"""
