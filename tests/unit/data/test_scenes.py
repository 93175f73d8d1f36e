"""Scenes of signs: the same by seed and index, masks and captions that tell the truth."""

from __future__ import annotations

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from PIL import Image

from trustai import data
from trustai.data import scenes
from trustai.data.scenes import GRAMMARS, LANGUAGES, SIZE, Scene, draw, generate, mentions
from trustai.data.scenes.grammar import REFERENCES, Facts, Grammar, Noun, Seen, describe
from trustai.data.scenes.layout import KINDS, PLACES
from trustai.data.signs import CLASSES, SPLITS
from trustai.data.signs.draws import Draws
from trustai.data.text import split
from trustai.types import CaptionSet

N = 240


@pytest.fixture(scope="module")
def drawn() -> list[Scene]:
    return [draw(0, k) for k in range(N)]


@pytest.fixture(scope="module")
def many() -> CaptionSet:
    return generate(split="test", n=80)


def _centre(mask: torch.Tensor) -> tuple[float, float]:
    """x and y in shares of the side."""
    y, x = mask.nonzero().double().mean(0) / len(mask)
    return float(x), float(y)


def test_a_caption_set_is_complete(many: CaptionSet) -> None:
    assert (many.name, many.split, len(many)) == ("scenes", "test", 80)
    assert many.images.dtype == torch.uint8
    assert many.images.shape == (80, 3, SIZE, SIZE)
    assert many.indices.tolist() == list(range(80))
    assert tuple(many.captions) == LANGUAGES == ("en", "fa")
    assert many.objects is not None
    assert len(many.objects) == 80
    assert {len(texts) for all_ in many.captions.values() for texts in all_} == {REFERENCES}
    assert len({picture.numpy().tobytes() for picture in many.images}) == 80


def test_is_a_data_set() -> None:
    loaded = data.load("scenes", split="validation", n=2, seed=5)
    assert torch.equal(loaded.images, generate(split="validation", n=2, seed=5).images)
    assert "scenes" in data.caption_names()
    assert data.caption_set("scenes").languages == LANGUAGES
    assert data.caption_set("scenes").size == SIZE


def test_a_scene_is_the_same_whatever_is_asked_for(many: CaptionSet) -> None:
    part = generate(split="test", n=9, start=30)
    rows = torch.arange(30, 39)
    assert torch.equal(part.indices, rows)
    assert torch.equal(part.images, many.images[rows])
    assert part.captions == many.take(rows).captions
    with ThreadPoolExecutor(8) as pool:
        again = list(pool.map(lambda k: draw(0, k % 40), range(80)))
    assert many.objects is not None
    for k, scene in enumerate(again):
        assert scene.image.transpose(2, 0, 1).tobytes() == many.images[k % 40].numpy().tobytes()
        assert all(scene.captions[name] == many.captions[name][k % 40] for name in LANGUAGES)
        for one, other in zip(scene.objects, many.objects[k % 40], strict=True):
            assert one.name == other.name
            assert torch.equal(one.mask, other.mask)


def test_global_random_state_is_neither_read_nor_moved() -> None:
    np.random.seed(1)
    first, state = draw(5, 5), np.random.get_state()[1]
    np.random.seed(2)
    assert np.array_equal(first.image, draw(5, 5).image)
    assert first.captions == draw(5, 5).captions
    np.random.seed(1)
    draw(5, 6)
    assert np.array_equal(state, np.random.get_state()[1])


def test_splits_and_seeds_are_different_streams() -> None:
    streams = [(part, seed) for part in SPLITS for seed in (0, 1)]
    drawn = [draw(seed, k, split=part) for part, seed in streams for k in range(20)]
    assert len({scene.image.tobytes() for scene in drawn}) == 20 * len(streams)
    first = [scene.captions["en"] for scene in drawn[:20]]
    for k in range(20, len(drawn), 20):
        others = (scene.captions["en"] for scene in drawn[k : k + 20])
        assert sum(a == b for a, b in zip(first, others, strict=True)) < 3


def test_everything_that_can_be_said_occurs(drawn: list[Scene]) -> None:
    facts = [scene.facts for scene in drawn]
    assert {one.kind for one in facts} == set(KINDS)
    assert {seen.name for one in facts for seen in one.signs} == set(CLASSES)
    assert {seen.place for one in facts for seen in one.signs} == set(PLACES)
    for grammar in GRAMMARS.values():
        assert set(grammar.frames) == set(KINDS)
        assert list(grammar.nouns) == list(CLASSES)
        assert {one.street for one in facts} == set(grammar.streets) == set(grammar.wheres)
        assert {one.light for one in facts} == set(grammar.lights)
        assert {seen.size for one in facts for seen in one.signs} == {"", *grammar.sizes}


def test_no_sign_hides_another_or_leaves_the_picture(drawn: list[Scene]) -> None:
    for scene in drawn:
        assert 1 <= len(scene.objects) <= 3
        for one, other in combinations(scene.objects, 2):
            assert not (one.mask & other.mask).any()
        for thing in scene.objects:
            mask = thing.mask
            assert mask.dtype == torch.bool
            assert mask.shape == (SIZE, SIZE)
            edge = torch.cat([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
            assert not edge.any(), thing.name
            # About 22 to 44 pixels wide, a triangle half of its square, seen up to 38 degrees off.
            assert 150 < int(mask.sum()) < 1800, thing.name


def test_masks_are_where_the_faces_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn_with(name: str, index: int) -> Scene:
        monkeypatch.setattr(scenes, "_choose", lambda dice, n: [name] * n)
        return draw(3, index)

    for index in range(16):
        left, red = drawn_with("turn left", index), drawn_with("no entry", index)
        change = np.abs(left.image.astype(int) - red.image).max(-1)
        seen = np.zeros_like(change, dtype=bool)
        for one, other in zip(left.objects, red.objects, strict=True):
            mask = one.mask.numpy()
            assert torch.equal(one.mask, other.mask)
            assert (change[mask] > 8).mean() > 0.3
            seen |= mask
        # Blur and shaking carry a face a few pixels over its edge, no farther.
        padded = np.pad(seen, 3)
        grown = np.any(
            [padded[i : i + SIZE, j : j + SIZE] for i in range(7) for j in range(7)], axis=0
        )
        assert change[~grown].max() == 0


def test_facts_are_what_the_masks_show(drawn: list[Scene]) -> None:
    for scene in drawn:
        facts, centres = scene.facts, [_centre(thing.mask) for thing in scene.objects]
        assert [seen.name for seen in facts.signs] == [thing.name for thing in scene.objects]
        if facts.kind.startswith("stack"):
            (ax, ay), (bx, by) = centres[:2]
            assert by - ay > 0.2
            assert abs(ax - bx) < 0.08
        if facts.kind.startswith("row"):
            assert all(b[0] - a[0] > 0.2 for a, b in pairwise(centres))
        if facts.kind == "stack and one":
            side = 1 if facts.signs[0].place == "left" else -1
            assert side * (centres[2][0] - centres[0][0]) > 0.3
        if facts.kind in ("one", "stack"):
            low, high = {"left": (0, 0.36), "middle": (0.4, 0.6), "right": (0.64, 1)}[
                facts.signs[0].place
            ]
            assert low < centres[0][0] < high
        tall = {
            seen.size: float(thing.mask.any(1).sum())
            for seen, thing in zip(facts.signs, scene.objects, strict=True)
        }
        assert tall.get("small", 0) < 30
        assert tall.get("large", 99) > 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_name_every_sign_and_no_other(drawn: list[Scene], language: str) -> None:
    for scene in drawn:
        there = sorted(thing.name for thing in scene.objects)
        for text in scene.captions[language]:
            words = split(text, language=language)
            named = mentions(words, language=language)
            assert sorted(one.name for one in named) == there, text
            for thing in scene.objects:
                own = [one for one in named if one.name == thing.name]
                inside = {word for one in own for word in words[one.start : one.stop]}
                naming = {word for word in words if word in thing.words[language]}
                # Its words occur, inside its own phrase and nowhere else.
                assert naming
                assert naming <= inside
                elsewhere = words[: own[0].start] + words[own[0].stop :]
                assert not naming & set(elsewhere), text


def test_captions_say_the_place() -> None:
    spoken = {"en": ("left", "middle", "right"), "fa": ("چپ", "وسط", "راست")}
    alone = [scene for scene in (draw(1, k) for k in range(60)) if scene.facts.kind == "one"]
    for scene in alone:
        true = PLACES.index(scene.facts.signs[0].place)
        for language, places in spoken.items():
            for text in scene.captions[language]:
                words = split(text, language=language)
                (sign,) = mentions(words, language=language)
                rest = words[: sign.start] + words[sign.stop :]
                assert [place in rest for place in places] == [k == true for k in range(3)], text


def test_words_of_objects_are_normalised() -> None:
    for name in CLASSES:
        for language in LANGUAGES:
            words = scenes.WORDS[name][language]
            assert words
            assert all(split(word, language=language) == (word,) for word in words)


def test_english_is_written_right(drawn: list[Scene]) -> None:
    for scene in drawn:
        for text in scene.captions["en"]:
            assert re.fullmatch(r"[A-Z0-9][A-Za-z0-9, ]*\.", text), text
            assert "  " not in text
            assert not re.search(r"\b[Aa] (?=[aeiou8])|\b[Aa]n (?![aeiou8])", text), text


def test_persian_is_written_right(drawn: list[Scene]) -> None:
    # Only what normalising would leave: Persian yeh, kaf and digits, joiners inside words.
    for scene in drawn:
        for text in scene.captions["fa"]:
            bare = text.removesuffix(".").replace("،", "")
            assert text.endswith(".")
            assert " ".join(split(text, language="fa")) == bare
            assert not re.search("[a-zA-Z0-9يك]", text)
    said = " ".join(scene.captions["fa"][0] for scene in drawn)
    assert {"تابلوی", "می\u200cشود", "می\u200cشوند", "جاده\u200cی"} <= set(
        said.replace(".", "").split()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_vary_and_can_be_learned(drawn: list[Scene], language: str) -> None:
    texts = [[split(text, language=language) for text in s.captions[language]] for s in drawn]
    counts = Counter(word for five in texts for text in five for word in text)
    assert 50 < len(counts) < 100
    assert min(counts.values()) >= 3
    assert np.mean([len(set(five)) for five in texts]) > 4.7
    # Of the runs of four words in one reference most stand in another: what BLEU-4 counts.
    hits = total = 0
    for first, *others in texts:
        known = {text[i : i + 4] for text in others for i in range(len(text) - 3)}
        runs = [first[i : i + 4] for i in range(len(first) - 3)]
        hits, total = hits + sum(run in known for run in runs), total + len(runs)
    assert 0.7 < hits / total < 0.98


def test_a_grammar_by_hand() -> None:
    grammar = Grammar(
        frames={"one": ("{a} {at} {where} {when}",)},
        article=("a {size}{sign}",),
        nouns={"stop": Noun(("octagon",), ("octagon",))},
        sizes={"small": ("tiny",)},
        places={"left": ("here",)},
        streets={"city": ("town",)},
        wheres={"city": ("in town",)},
        lights={"night": ("at night",)},
        smooth=(("a tiny", "one tiny"),),
    )
    facts = Facts("one", (Seen("stop", "left", "small"),), "city", "night")
    drawn = [
        describe(facts, grammar, Draws(np.random.Generator(np.random.PCG64(k)))) for k in range(9)
    ]
    assert {len(said) for said in drawn} == {REFERENCES}
    assert {text for said in drawn for text in said} == {
        "One tiny octagon here in town at night.",
        "One tiny octagon here in town.",
        "One tiny octagon here at night.",
        "One tiny octagon here.",
    }


def test_mentions_by_hand() -> None:
    words = split("a turn left sign beside an ahead only sign, turn left", language="en")
    found = mentions(words, language="en")
    assert [(one.name, one.start, one.stop) for one in found] == [
        ("turn left", 1, 4),
        ("straight ahead", 6, 9),
    ]
    words = split("تابلوی گردش به راست در سمت چپ و تابلوی حداکثر سرعت ۵۰", language="fa")
    assert [one.name for one in mentions(words, language="fa")] == ["turn right", "speed limit 50"]
    assert mentions([], language="en") == ()
    with pytest.raises(ValueError, match="expected language to be one of en, fa, got 'de'"):
        mentions(words, language="de")


@pytest.mark.parametrize("size", [64, 192])
def test_another_size_shows_and_says_the_same(size: int) -> None:
    for index in range(5):
        one, other = draw(0, index), draw(0, index, size=size)
        assert other.image.shape == (size, size, 3)
        assert other.captions == one.captions
        assert other.facts == one.facts
        both = (Image.fromarray(scene.image).resize((48, 48), 4) for scene in (one, other))
        first, second = (np.asarray(picture).astype(int) for picture in both)
        assert np.abs(first - second).mean() < 12
        for a, b in zip(one.objects, other.objects, strict=True):
            assert abs(a.mask.double().mean() - b.mask.double().mean()) < 0.01


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "expected n to be at least 1, got 0"),
        ({"seed": -1}, "expected seed in [0, 2**32), got -1"),
        ({"start": 2**32 - 1, "n": 2}, "expected index in [0, 2**32), got 4294967296"),
        ({"split": "whole"}, "expected split to be one of train, validation, test, got 'whole'"),
    ],
)
def test_generate_refuses_in_one_sentence(arguments: dict[str, object], message: str) -> None:
    call = {"split": "test", "n": 1} | arguments
    with pytest.raises(ValueError, match="expected") as caught:
        generate(**call)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_draw_refuses_a_size_too_small() -> None:
    with pytest.raises(ValueError, match=re.escape("expected size in [32, 1024] pixels, got 8")):
        draw(0, 0, size=8)


def test_is_fast_enough_to_make_a_training_set() -> None:
    draw(0, 0)
    started = time.thread_time()
    for k in range(100):
        draw(1, k)
    # About 200/s on one core; a generous floor, in this thread's own time, so others do not count.
    assert 100 / (time.thread_time() - started) > 60
