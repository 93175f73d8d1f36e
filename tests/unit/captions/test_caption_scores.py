"""BLEU, METEOR and CIDEr against cases computed by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustai.captions import scores
from trustai.train.captions.evaluation import CaptionPredictions, figures_of

SENTENCES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=7)
PAIRS = st.lists(st.tuples(SENTENCES, st.lists(SENTENCES, min_size=1, max_size=3)), min_size=1)


def words(text: str) -> list[str]:
    return text.split()


# -- BLEU ------------------------------------------------------------------------------------


def test_bleu_clips_and_takes_the_best_of_several_references() -> None:
    # Papineni's example: "the" stands twice in the first reference, so 2 of 7 are right.
    hypothesis = words("the the the the the the the")
    references = [words("the cat is on the mat"), words("there is a cat on the mat")]
    assert scores.bleu([hypothesis], [references], n=1) == pytest.approx(2 / 7)
    assert scores.bleu([hypothesis], [references], n=2) == 0


def test_bleu_4_by_hand() -> None:
    # 5 of 6 words, 3 of 5 pairs, 2 of 4 triples, 1 of 3 quadruples, as long as the reference.
    hypothesis, reference = words("a dog runs on the beach"), words("a dog runs on a beach")
    assert scores.bleu([hypothesis], [[reference]]) == pytest.approx(
        (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25
    )


def test_bleu_adds_up_over_the_corpus_before_it_divides() -> None:
    hypotheses = [words("a dog"), words("b c d e")]
    references = [[words("a cat")], [words("b c d e"), words("x")]]
    assert scores.bleu(hypotheses, references, n=1) == pytest.approx(5 / 6)
    assert scores.bleu(hypotheses, references, n=2) == pytest.approx(math.sqrt(5 / 6 * 3 / 4))


def test_bleu_is_brief_against_the_reference_closest_in_length() -> None:
    references = [words("a b c d e f"), words("a b x x")]
    assert scores.bleu([words("a b")], [references], n=1) == pytest.approx(math.exp(1 - 4 / 2))


def test_persian_words_count_as_they_are() -> None:
    reference = words("مردی می\u200cرود")
    assert scores.bleu([words("مردی می\u200cرود")], [[reference]], n=2) == 1
    assert scores.bleu([words("مردی می رود")], [[reference]], n=1) == pytest.approx(1 / 3)


def test_sentence_bleu_is_smoothed() -> None:
    # 3 of 4 words, then with one added 2 of 4 pairs, 1 of 3 triples, 1 of 2 quadruples.
    found = scores.sentence_bleu(words("a b x c"), [words("a b y c")])
    assert found == pytest.approx((3 / 4 * 2 / 4 * 1 / 3 * 1 / 2) ** 0.25)
    assert scores.sentence_bleu(words("a b"), [words("a b"), words("c")]) == 1
    assert scores.sentence_bleu(words("x"), [words("a b")]) == 0


# -- METEOR ----------------------------------------------------------------------------------


def test_meteor_by_hand() -> None:
    # Six of six words in two runs, "on the mat" and "the cat sat".
    found = scores.meteor([words("on the mat the cat sat")], [[words("the cat sat on the mat")]])
    assert found == pytest.approx(1 - 0.5 * (2 / 6) ** 3)
    # Two of three words are right, two of five are found, in one run.
    precision, recall = 2 / 3, 2 / 5
    mean = 10 * precision * recall / (recall + 9 * precision)
    found = scores.meteor([words("a dog sleeps")], [[words("look a dog is running")]])
    assert found == pytest.approx(mean * (1 - 0.5 * (1 / 2) ** 3))


def test_meteor_uses_no_word_twice_and_takes_the_best_reference() -> None:
    one = scores.meteor([words("a a a")], [[words("a")]])
    assert one == pytest.approx(10 / 3 / (1 + 9 / 3) * 0.5)
    assert scores.meteor([words("a b")], [[words("x"), words("a b")]]) == pytest.approx(15 / 16)
    assert scores.meteor([words("a"), words("b")], [[words("a")], [words("a")]]) == 0.25


def test_meteor_prefers_long_runs() -> None:
    # The first "a" of the reference would tear "a dog" apart.
    found = scores.meteor([words("the a dog")], [[words("a the a dog")]])
    recall = 3 / 4
    assert found == pytest.approx(10 * recall / (recall + 9) * (1 - 0.5 * (1 / 3) ** 3))


# -- CIDEr-D ---------------------------------------------------------------------------------


def test_cider_of_single_words_by_hand() -> None:
    # Each word stands in one of the two pictures and weighs log 2; there are no longer n-grams.
    # The first is right, the second shares nothing with its reference: cosines 1 and 0 for n = 1.
    found = scores.cider([["a"], ["x"]], [[["a"]], [["b"]]])
    assert found == pytest.approx(10 * (1 / 4) / 2)


def test_cider_by_hand() -> None:
    hypotheses = [words("a dog"), words("a cat")]
    references = [[words("a dog runs")], [words("a cat")]]
    # "a" stands in both pictures and weighs nothing, everything else log 2. First picture, one
    # word too short: n=1 {dog} with {dog, runs}; n=2 {a dog} with {a dog, dog runs}; n=3 none.
    first = math.exp(-1 / 72) * (1 / math.sqrt(2) + 1 / math.sqrt(2)) / 4
    second = (1 + 1) / 4
    assert scores.cider(hypotheses, references) == pytest.approx(10 * (first + second) / 2)


def test_cider_gains_nothing_by_repeating() -> None:
    references = [[words("dog runs")], [words("cat")]]
    # Clipped to the reference's weight: min(2, 1) * 1 / (2 * 1) for n = 1, "dog dog" is not there.
    found = scores.cider([words("dog dog"), words("x")], [[words("dog")], [words("cat")]])
    assert found == pytest.approx(10 * math.exp(-1 / 72) * (1 / 2) / 4 / 2)
    repeated = scores.cider([words("dog runs dog runs"), words("cat")], references)
    assert repeated < scores.cider([words("dog runs"), words("cat")], references)


def test_cider_averages_over_references_and_ignores_what_all_say() -> None:
    references = [[words("a dog"), words("a fox")], [words("a cat")]]
    found = scores.cider([words("a dog"), words("a")], references)
    assert found == pytest.approx(10 * (0.5 * 2 / 4) / 2)
    assert scores.cider([words("a dog")], [[words("a dog")]]) == 0


# -- all of them -----------------------------------------------------------------------------


def test_bleu_4_can_be_above_bleu_1() -> None:
    """A sentence too short for a run of four counts in BLEU-1 only."""
    hypotheses, references = [["a"] * 2, ["a"] * 4], [[["a"]], [["a"] * 4]]
    assert scores.bleu(hypotheses, references, n=1) == pytest.approx(5 / 6)
    assert scores.bleu(hypotheses, references, n=4) == pytest.approx((5 / 6 * 3 / 4) ** 0.25)


@given(pairs=PAIRS)
def test_scores_stay_in_their_range(
    pairs: list[tuple[list[str], list[list[str]]]],
) -> None:
    hypotheses, references = [h for h, _ in pairs], [r for _, r in pairs]
    found = scores.scores_of(hypotheses, references)
    assert list(found) == ["bleu1", "bleu2", "bleu3", "bleu4", "meteor", "cider"]
    for name, value in found.items():
        assert 0 <= value <= (10 + 1e-9 if name == "cider" else 1)
    assert scores.bleu([r[0] for r in references], references, n=1) == 1


@pytest.mark.parametrize(
    ("hypotheses", "references", "message"),
    [
        ([], [], "at least one hypothesis"),
        ([["a"]], [], "references for 1 hypotheses, got 0"),
        ([["a"], ["b"]], [[["a"]], []], "at least one reference, got none for picture 1"),
        ([["a"]], [[[]]], "at least one reference"),
        ([["a"]], [["a dog"]], "sequences of words, got text for picture 0"),
        (["a dog"], [[["a"]]], "sequences of words"),
    ],
)
def test_what_cannot_be_scored(hypotheses: list, references: list, message: str) -> None:
    for score in (scores.bleu, scores.meteor, scores.cider):
        with pytest.raises(ValueError, match=message):
            score(hypotheses, references)


def test_orders_that_do_not_exist() -> None:
    for n in (0, 5):
        with pytest.raises(ValueError, match=rf"expected n in \[1, 4\], got {n}"):
            scores.bleu([["a"]], [[["a"]]], n=n)
        with pytest.raises(ValueError, match=rf"expected n in \[1, 4\], got {n}"):
            scores.sentence_bleu(["a"], [["a"]], n=n)


def test_what_is_said_of_another_picture() -> None:
    """Each caption is also compared with the captions of the next picture, the last with the first
    one's: by hand, one of two is wholly right there, and the other has nothing in common."""
    dog, cat = tuple(words("a dog runs over here")), tuple(words("two cats sleep on chairs"))
    said = CaptionPredictions(
        dataset="toy",
        language="en",
        indices=(0, 1),
        references=((dog, dog), (cat, dog)),
        found={"": (dog, cat), "beam5/": (dog, dog)},
    )
    found = {name: metric.value for name, metric in figures_of([said], prefix="").items()}
    assert found["bleu4"] == 1
    assert found["bleu4_of_another"] == pytest.approx(0.5)
    assert found["beam5/bleu4_of_another"] == 1
