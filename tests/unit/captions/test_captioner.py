"""Decoders of captions, and the ways from their probabilities to a sentence."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from trustai import captions, zoo
from trustai.captions import Beam, Captioner, Greedy, Nucleus, decode, nucleus
from trustai.data.text import END, UNK
from trustai.zoo import CaptionDecoder, LSTMDecoder, ResNet18, TransformerDecoder
from trustai.zoo.architectures.caption_attention import ATTENTIONS

WORDS = {"en": ("a", "cat", "dog"), "fa": ("گربه", "سگ")}
PLACES, CHANNELS = 9, 16


def decoder_of(kind: str = "additive", *, seed: int = 0) -> CaptionDecoder:
    torch.manual_seed(seed)
    settings = {
        "vocabulary": WORDS,
        "encoder": "some-resnet18",
        "stages": ("layer4",),
        "side": 24,
        "channels": CHANNELS,
    }
    if kind == "transformer":
        made: CaptionDecoder = TransformerDecoder(**settings, embedding=16)  # type: ignore[arg-type]
    else:
        made = LSTMDecoder(  # type: ignore[assignment]
            **settings,  # type: ignore[arg-type]
            attention=kind,
            embedding=8,
            hidden=12,
            attention_size=8,
        )
    with torch.no_grad():
        for p in made.parameters():
            p.mul_(1.7)  # decided enough that words differ
    return made.freeze()


KINDS = [*ATTENTIONS.names(), "transformer"]


@pytest.fixture(name="annotations")
def _annotations() -> Tensor:
    return torch.randn(3, PLACES, CHANNELS, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", KINDS)
def test_attention_sums_to_one_and_steps_are_teacher_forcing(
    kind: str, annotations: Tensor
) -> None:
    decoder = decoder_of(kind)
    words = torch.tensor([[3, 5, 6, 7], [3, 7, 6, 5], [4, 8, 9, 8]])
    logits, attention = decoder(annotations, words)
    assert logits.shape == (3, 4, len(decoder.vocabulary))
    assert attention.shape == (3, 4, PLACES)
    assert (attention >= 0).all()
    torch.testing.assert_close(attention.sum(2), torch.ones(3, 4))
    state = decoder.begin(annotations)
    for t in range(4):
        one, weights, state = decoder.step(state, words[:, t])
        torch.testing.assert_close(one, logits[:, t], rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(weights, attention[:, t], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_can_be_taken_apart(kind: str, annotations: Tensor) -> None:
    decoder = decoder_of(kind)
    _, _, state = decoder.step(decoder.begin(annotations), torch.tensor([3, 3, 3]))
    word = torch.tensor([5, 6, 7])
    logits = decoder.step(state, word)[0]
    order = torch.tensor([2, 0, 2])
    torch.testing.assert_close(
        decoder.step(state.take(order), word[order])[0], logits[order], rtol=1e-4, atol=1e-5
    )


def test_a_hard_attention_takes_one_place_and_draws_in_training(annotations: Tensor) -> None:
    decoder = decoder_of("hard")
    _, weights, state = decoder.step(decoder.begin(annotations), torch.tensor([3, 3, 3]))
    assert state.chosen is not None
    assert state.chosen.tolist() == weights.argmax(1).tolist()
    decoder = decoder_of("hard", seed=3)
    decoder.train()
    torch.manual_seed(0)
    drawn = set()
    for _ in range(40):
        _, _, state = decoder.step(decoder.begin(annotations), torch.tensor([3, 3, 3]))
        assert state.chosen is not None
        drawn.add(int(state.chosen[0]))
    assert len(drawn) > 1


def exhaustive(
    decoder: CaptionDecoder, annotations: Tensor, *, alpha: float, max_words: int
) -> list[tuple[float, tuple[int, ...]]]:
    """Every sentence of up to `max_words` words, end included, best first."""
    allowed = decoder.vocabulary.allowed("en").clone()
    allowed[UNK] = False
    words = [i for i in allowed.nonzero()[:, 0].tolist() if i != END]
    sentences = [
        (*some, END) for n in range(max_words) for some in itertools.product(words, repeat=n)
    ]
    sentences += list(itertools.product(words, repeat=max_words))
    found = []
    for sentence in sentences:
        given = torch.tensor([[decoder.vocabulary.start("en"), *sentence[:-1]]])
        logits = decoder(annotations, given)[0][0].masked_fill(~allowed, -math.inf)
        log_p = logits.log_softmax(1)[range(len(sentence)), list(sentence)]
        found.append((float(log_p.sum()) / len(sentence) ** alpha, sentence))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("kind", ["additive", "transformer"])
@pytest.mark.parametrize("alpha", [0.0, 0.7, 1.0])
def test_a_wide_beam_is_exhaustive_search(kind: str, alpha: float, annotations: Tensor) -> None:
    decoder = decoder_of(kind)
    best = exhaustive(decoder, annotations[:1], alpha=alpha, max_words=3)
    (found,) = decode(
        decoder, annotations[:1], language="en", decoding=Beam(width=27, alpha=alpha, max_words=3)
    )
    assert len(found) == 27
    assert [c.score for c in found] == pytest.approx([score for score, _ in best[:27]], rel=1e-4)
    assert found[0].ids == best[0][1]


def test_a_beam_of_one_is_greedy_and_a_wider_one_is_never_worse(annotations: Tensor) -> None:
    better = 0
    for seed in range(12):
        decoder = decoder_of(seed=seed)
        greedy = decode(decoder, annotations, language="en", decoding=Greedy(max_words=6))
        one = decode(
            decoder, annotations, language="en", decoding=Beam(width=1, alpha=0, max_words=6)
        )
        wide = decode(
            decoder, annotations, language="en", decoding=Beam(width=40, alpha=0, max_words=6)
        )
        for (g,), (o,), w in zip(greedy, one, wide, strict=True):
            assert o.ids == g.ids
            assert w[0].score >= g.score - 1e-4
            better += w[0].score > g.score + 1e-4
    assert better > 0  # else the beam would not have been put to the test


def test_a_longer_sentence_wins_by_its_length(annotations: Tensor) -> None:
    lengths = {}
    for alpha in (0.0, 2.0):
        found = [
            decode(decoder_of(seed=s), annotations, language="en", decoding=Beam(5, alpha, 6))
            for s in range(6)
        ]
        lengths[alpha] = sum(len(c[0].ids) for one in found for c in one)
    assert lengths[2.0] > lengths[0.0]


@pytest.mark.parametrize("how", [Greedy(5), Beam(3, 0.7, 5), Nucleus(0.9, 1.0, 5)])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_what_a_caption_holds(how: captions.Decoding, language: str, annotations: Tensor) -> None:
    decoder = decoder_of()
    for found in decode(decoder, annotations, language=language, decoding=how, seed=3):
        assert len(found) == (3 if isinstance(how, Beam) else 1)
        assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
        assert len({c.ids for c in found}) == len(found)
        for c in found:
            assert set(c.words) <= set(WORDS[language])
            assert c.finished == (c.ids[-1] == END)
            assert len(c.words) == len(c.ids) - c.finished
            assert c.attention.shape == (len(c.ids), 3, 3)
            torch.testing.assert_close(c.attention.sum((1, 2)), torch.ones(len(c.ids)))
            given = torch.tensor([[decoder.vocabulary.start(language), *c.ids[:-1]]])
            assert c.text == " ".join(c.words)
            assert given.shape[1] == len(c.log_probabilities)


def test_the_language_is_one_that_is_known(annotations: Tensor) -> None:
    with pytest.raises(ValueError, match="expected language to be one of en, fa, got 'de'"):
        decode(decoder_of(), annotations, language="de")


def test_draws_repeat_with_their_seed(annotations: Tensor) -> None:
    decoder, how = decoder_of(), Nucleus(p=1.0, temperature=3.0, max_words=8)
    before = torch.get_rng_state()
    first = [
        decode(decoder, annotations, language="en", decoding=how, seed=s)[0][0].ids
        for s in range(5)
    ]
    again = [
        decode(decoder, annotations, language="en", decoding=how, seed=s)[0][0].ids
        for s in range(5)
    ]
    alone = decode(decoder, annotations[1:2], language="en", decoding=how, seed=2)[0][0].ids
    together = decode(decoder, annotations, language="en", decoding=how, seed=2)[1][0].ids
    assert first == again
    assert len(set(first)) > 1
    assert alone == together
    assert torch.equal(before, torch.get_rng_state())


def test_the_nucleus_by_hand() -> None:
    log_p = torch.tensor([[0.5, 0.3, 0.15, 0.05], [0.1, 0.2, 0.3, 0.4]]).log()
    torch.testing.assert_close(
        nucleus(log_p, p=0.8), torch.tensor([[0.625, 0.375, 0, 0], [0, 2 / 9, 3 / 9, 4 / 9]])
    )
    torch.testing.assert_close(nucleus(log_p, p=1e-6).sum(1), torch.ones(2))
    torch.testing.assert_close(nucleus(log_p, p=1.0), log_p.exp())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Beam(width=0), "expected width in"),
        (lambda: Beam(alpha=3), "expected alpha in"),
        (lambda: Nucleus(p=0), "expected p in"),
        (lambda: Nucleus(temperature=0), "expected temperature"),
    ],
)
def test_settings_out_of_range(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


# -- with an encoder -----------------------------------------------------------------------------


@pytest.fixture
def captioner() -> Captioner:
    torch.manual_seed(0)
    encoder = ResNet18(n_classes=3, width=2, mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)).freeze()
    return Captioner(encoder, decoder_of())


@pytest.fixture
def x() -> Tensor:
    return torch.rand(4, 3, 24, 24, generator=torch.Generator().manual_seed(2))


def test_a_picture_is_normalised_once(captioner: Captioner, x: Tensor) -> None:
    """The mean annotation vector is what the encoder itself makes of the picture in [0, 1]:
    normalised twice, all pictures would look alike to it."""
    features = captioner.encoder.features(x)
    torch.testing.assert_close(captioner.annotations(x).mean(1), features)
    twice = captioner.annotations(captioner.encoder.normalise(x)).mean(1)
    assert not torch.allclose(twice, features, atol=0.05)


def test_pictures_of_any_size_become_squares(captioner: Captioner, x: Tensor) -> None:
    assert torch.equal(captioner.squares(x), x)
    tall = torch.rand(2, 3, 70, 31)
    assert captioner.squares(tall).shape == (2, 3, 24, 24)
    assert captioner.maps(tall).shape == (2, CHANNELS, 3, 3)
    grey = torch.full((1, 3, 50, 90), 0.5)
    torch.testing.assert_close(captioner.squares(grey), torch.full((1, 3, 24, 24), 0.5))
    with pytest.raises(ValueError, match="expected pictures"):
        captioner.squares(torch.rand(3, 24, 24))


def test_finer_stages_are_pooled_to_the_coarsest(x: Tensor) -> None:
    encoder = ResNet18(n_classes=3, width=2).freeze()
    decoder = decoder_of()
    decoder.stages = ("layer3", "layer4")
    maps = Captioner(encoder, decoder).maps(x)
    assert maps.shape == (4, 8 + 16, 3, 3)
    torch.testing.assert_close(maps[:, 8:].mean((2, 3)), encoder.features(x))


def test_two_pictures_get_grids_and_words_of_their_own(captioner: Captioner, x: Tensor) -> None:
    together = captions.caption(captioner, x, decoding=Beam(3, max_words=6))
    for i in range(len(x)):
        alone = captions.caption(captioner, x[i : i + 1], decoding=Beam(3, max_words=6))[0]
        assert [c.ids for c in alone] == [c.ids for c in together[i]]
        torch.testing.assert_close(alone[0].attention, together[i][0].attention, atol=1e-4, rtol=0)


def test_threads_leave_nothing_behind_and_agree(captioner: Captioner, x: Tensor) -> None:
    def text(_: int) -> tuple[tuple[int, ...], ...]:
        found = captions.caption(captioner, x, decoding=Greedy(6))
        return tuple(one[0].ids for one in found)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(text, range(16)))
    assert len(answers) == 1
    assert not any(m._forward_hooks for m in captioner.encoder.modules())
    assert not any(p.requires_grad for p in captioner.encoder.parameters())


@pytest.mark.usefixtures("models")
def test_a_decoder_comes_back_from_its_file(make_card: Callable[..., zoo.Card]) -> None:
    arguments = {
        "vocabulary": {name: list(words) for name, words in WORDS.items()},
        "encoder": "some-resnet18",
        "stages": ["layer4"],
        "side": 24,
        "channels": CHANNELS,
        "embedding": 8,
        "hidden": 12,
        "attention_size": 8,
    }
    decoder = decoder_of()
    zoo.save(decoder, make_card("some-words", architecture="caption-lstm", arguments=arguments))
    read = zoo.load("some-words", kind=CaptionDecoder)
    assert read.vocabulary == decoder.vocabulary
    assert read.card is not None
    assert zoo.kind_of(read.card) == "caption"
    with pytest.raises(ValueError, match="some-resnet18"):
        captions.load("some-words")
