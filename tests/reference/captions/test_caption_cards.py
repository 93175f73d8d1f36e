"""What the cards of captioners claim, measured again on a sample, and read off their tables."""

from __future__ import annotations

import functools

import pandas as pd
import pytest
import torch

from trustai import captions, data, zoo
from trustai.captions import Beam, Captioner, corpus, scores
from trustai.captions.rightness import caption_of, word_precision
from trustai.captions.score_intervals import compare_bleu
from trustai.data.captions.base import has_text_pairs
from trustai.data.text import split
from trustai.train.captions.evaluation import cross_entropies
from trustai.train.measure.captions import VARIANTS
from trustai.zoo import Card

CARDS = zoo.catalog(kind="caption")
N = 24


def sets_of(card: Card) -> list[str]:
    return list(card.configuration["datasets"])


def table_of(card: Card) -> pd.DataFrame:
    table = zoo.measurements(card.id, topic="captions")
    assert table is not None
    return table


@pytest.fixture(scope="module", params=CARDS, ids=lambda card: card.id)
def card(request: pytest.FixtureRequest) -> Card:
    return request.param


@pytest.fixture(scope="module")
def captioner(card: Card) -> Captioner:
    return captions.load(card.id)


@functools.cache
def read(name: str, n: int | None = None) -> data.CaptionSet:
    return data.caption_set(name).read("test", n, 0)


def read_or_skip(name: str) -> data.CaptionSet:
    if not data.available(name):
        pytest.skip(f"the pictures of {name} are not on this machine")
    return read(name)


def test_there_are_captioners() -> None:
    assert {"captions-scenes", "captions-photos"} <= {card.id for card in CARDS}


def test_the_encoder_is_the_one_it_learned_with(card: Card, captioner: Captioner) -> None:
    assert captioner.encoder.card is not None
    assert captioner.encoder.card.weights_sha256 == card.configuration["encoder_sha256"]


def test_sentences_can_be_said_again(card: Card, captioner: Captioner) -> None:
    table = table_of(card)
    for name in sets_of(card):
        if not data.available(name):
            continue
        pictures = read(name, N if name == "scenes" else None)  # a scene is drawn in 10 ms
        rows = torch.arange(0, len(pictures), max(1, len(pictures) // N))[:N]
        some = pictures.take(rows)
        annotations = captions.annotations_of(captioner, some.images)
        for language in captioner.languages:
            here = table[(table["dataset"] == name) & (table["language"] == language)]
            told = here.set_index("index")
            at = [i for i, k in enumerate(some.indices.tolist()) if k in told.index]
            if not at:
                continue
            for column, how in (("greedy", None), ("beam5", Beam(width=5))):
                found = captions.decode(
                    captioner.decoder, annotations[at], language=language, decoding=how
                )
                same = sum(
                    one[0].text == told.loc[int(some.indices[i]), column]
                    for i, one in zip(at, found, strict=True)
                )
                # Rounding on another machine may turn a close call.
                assert same >= 0.9 * len(at), (name, language, column)


@pytest.mark.slow  # reads every test picture, of which a thousand are drawn
def test_scores_are_those_of_the_sentences(card: Card) -> None:
    """BLEU on the card is BLEU of the sentences in the table, on all test pictures."""
    table = table_of(card)
    for language in ("en", "fa"):
        references, greedy, beam = [], [], []
        for name in sets_of(card):
            pictures = read_or_skip(name)
            told = table[(table["dataset"] == name) & (table["language"] == language)]
            told = told.set_index("index")
            for index, texts in zip(
                pictures.indices.tolist(), pictures.captions.get(language, ()), strict=False
            ):
                if texts:
                    references.append([split(t, language=language) for t in texts])
                    greedy.append(str(told.loc[index, "greedy"]).split())
                    beam.append(str(told.loc[index, "beam5"]).split())
        for prefix, said in (("", greedy), ("beam5/", beam)):
            for n in (1, 4):
                claimed = card.metrics[f"test/{language}/{prefix}bleu{n}"]
                assert claimed.how["n"] == len(said)
                assert scores.bleu(said, references, n=n) == pytest.approx(claimed.value, abs=2e-5)


def test_pictures_get_captions_of_their_own(card: Card) -> None:
    """A picture normalised twice would always get the same one."""
    table = table_of(card)
    for _, rows in table.groupby(["dataset", "language"]):
        assert rows["greedy"].nunique() > 0.15 * len(rows)


def test_what_the_issue_asks_of_scenes() -> None:
    card = zoo.read_card("captions-scenes")
    for language in ("en", "fa"):
        assert card.metrics[f"test/{language}/bleu4"].value >= 0.6
        # BLEU hardly notices a wrong sign: the signs are counted apart.
        assert card.metrics[f"test/{language}/signs_named"].value >= 0.8


def test_photographs_are_captioned_by_a_decoder_behind_an_installed_network() -> None:
    card = zoo.read_card("captions-photos")
    assert card.arguments["encoder"] == "imagenet-efficientnet-lite0"
    assert {"test/flickr8k-1000/en/bleu4", "test/flickr8k-1000/fa/bleu4"} <= set(card.metrics)
    for language, least in (("en", 0.5), ("fa", 0.35)):
        assert card.metrics[f"test/flickr8k-1000/{language}/bleu1"].value >= least
    assert card.metrics["test/flickr8k-1000/fa/bleu4"].value >= 0.05
    for language in ("en", "fa"):  # not what is said of any picture
        said = card.metrics[f"test/flickr8k-1000/{language}/bleu4"].value
        other = card.metrics[f"test/flickr8k-1000/{language}/bleu4_of_another"].value
        assert said > other + 0.05


def test_losses_are_measured_again() -> None:
    card = zoo.read_card("captions-photos")
    captioner = captions.load(card.id)
    found: dict[str, list[float]] = {"en": [], "fa": []}
    for name in sets_of(card):
        pictures = read_or_skip(name)
        annotations = captions.annotations_of(captioner, pictures.images)
        for language, some in cross_entropies(
            captioner.decoder, annotations, pictures.captions
        ).items():
            found[language] += [loss for of_one in some for loss in of_one]
    for language, values in found.items():
        claimed = card.metrics[f"test/{language}/loss"].value
        assert sum(values) / len(values) == pytest.approx(claimed, abs=2e-3)


def test_variants_have_their_loss_and_their_curves() -> None:
    card = zoo.read_card("captions-photos")
    curves = zoo.measurements(card.id, topic="variants")
    assert curves is not None
    assert set(curves["variant"]) == set(VARIANTS)
    for name, rows in curves.groupby("variant"):
        assert rows["val_loss"].iloc[-1] < rows["val_loss"].iloc[0], name
        assert rows["train_loss"].iloc[-1] < rows["train_loss"].iloc[0], name
        assert card.metrics[f"variants/{name}/fa/loss"].value > 1


def test_variants_are_compared_on_the_same_pictures() -> None:
    """The intervals and ties of the card follow from the captions that stand beside it."""
    card = zoo.read_card("captions-photos")
    said = zoo.measurements(card.id, topic="variant-captions")
    assert said is not None
    words = {name: [tuple(text.split()) for text in said[name]] for name in VARIANTS}
    references = [tuple(tuple(text.split()) for text in some) for some in said["references"]]
    assert len(references) == card.metrics["variants/soft/fa/bleu4"].how["n"]
    for n in (1, 4):
        found = compare_bleu(words, references, n=n)
        for k, name in enumerate(VARIANTS):
            metric = card.metrics[f"variants/{name}/fa/bleu{n}"]
            assert metric.value == pytest.approx(found.estimate[k], abs=1e-4)
            assert metric.how["interval"] == pytest.approx([found.low[k], found.high[k]], abs=1e-4)
            assert metric.how["tied"] == found.tied[k]
            assert metric.how.get("leader", False) == (k == found.leader)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_five_worst_of_a_hundred_can_be_judged_again(language: str) -> None:
    card = zoo.read_card("captions-photos")
    table, worst = table_of(card), zoo.measurements(card.id, topic="worst")
    assert worst is not None
    here = (table["dataset"] == "flickr8k-1000") & (table["language"] == language)
    rows = worst[(worst["dataset"] == "flickr8k-1000") & (worst["language"] == language)]
    lowest = table[here].head(100).sort_values("sentence_bleu", kind="stable")["sentence_bleu"]
    assert rows["sentence_bleu"].tolist() == lowest.head(5).tolist()
    for row in rows.to_dict("records"):
        caption = caption_of(row)
        references = [tuple(text.split()) for text in row["references"]]
        bleu = scores.sentence_bleu(caption.words, references)
        assert bleu == pytest.approx(row["sentence_bleu"], abs=1e-4)
        precision = word_precision(caption.words, references, language=language)
        assert precision == pytest.approx(row["precision"], nan_ok=True)
        assert caption.attention.sum((1, 2)).sub(1).abs().max() < 0.01


def test_a_corpus_can_be_counted_again() -> None:
    table = zoo.measurements("captions-photos", topic="corpus")
    assert table is not None
    counted = corpus.of_table(table)
    assert counted[corpus.PAIRS]["fa"].captions == 25_014
    if not has_text_pairs():
        pytest.skip("the captions of COCO are not on this machine")
    assert counted[corpus.PAIRS] == corpus.of_pairs()
    flickr = data.caption_set("flickr8k-1000").read("train", None, 0)
    assert counted["flickr8k-1000"] == corpus.of_set(flickr)
