"""The data set of street scenes: drawn pictures of one to three road signs with captions.

The pictures are made like those of `trustai.data.signs`, with smaller signs and more of them; a
grammar writes what is to be seen, in several languages and by several pens. Picture `index` of a
split and seed is the same whatever else is asked for, and so are its captions and masks.

>>> scene = draw(0, 3)
>>> scene.image.shape, len(scene.captions["en"]), len(scene.captions["fa"])
((96, 96, 3), 5, 5)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from trustai.data.scenes.english import ENGLISH
from trustai.data.scenes.grammar import Facts, Grammar, Seen, describe
from trustai.data.scenes.layout import arrange
from trustai.data.scenes.mentions import Mention, Phrases, find
from trustai.data.scenes.persian import PERSIAN
from trustai.data.signs import CLASSES, OVERSAMPLING
from trustai.data.signs.camera import expose, hang, plant
from trustai.data.signs.draws import Draws
from trustai.data.signs.scene import backdrop, canyon, city, country, suburb
from trustai.data.signs.street import MOODS
from trustai.data.splits import check_range, check_stream, generator_of
from trustai.data.text import split
from trustai.types import CaptionSet, SceneObject

SIZE = 96
GRAMMARS: Mapping[str, Grammar] = {"en": ENGLISH, "fa": PERSIAN}
LANGUAGES: tuple[str, ...] = tuple(GRAMMARS)

# What may be said of a street, and the backdrops that show it.
STREETS = {"city": (city, canyon), "village": (suburb,), "country": (country,)}
# What to call the moods; the others by their own names.
LIGHTS = {"day": "sunny", "overcast": "cloudy"}


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture, what is in it and what is said of it.

    Attributes:
        image: ``uint8 (H, W, 3)``, RGB.
        objects: The signs; of those on one pole the upper first, else from left to right.
        captions: Per language `grammar.REFERENCES` sentences.
        facts: What the sentences say.
    """

    image: NDArray[np.uint8]
    objects: tuple[SceneObject, ...]
    captions: Mapping[str, tuple[str, ...]]
    facts: Facts


def draw(seed: int, index: int, *, split: str = "test", size: int = SIZE) -> Scene:
    """Scene `index` of the stream (`split`, `seed`).

    Args:
        seed: In ``[0, 2**32)``.
        index: In ``[0, 2**32)``.
        split: ``"train"``, ``"validation"`` or ``"test"``; each has a stream of its own.
        size: Side in pixels. Models see 96; larger pictures show the same scene sharper.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_stream(split, seed, index)
    if not 32 <= size <= 1024:
        raise ValueError(f"expected size in [32, 1024] pixels, got {size}")
    # The words come from streams of their own: how they are said does not hang on the size.
    image, masks, facts = _picture(Draws(generator_of(split, seed, index, 0)), size)
    captions = {
        language: describe(facts, grammar, Draws(generator_of(split, seed, index, 1 + k)))
        for k, (language, grammar) in enumerate(GRAMMARS.items())
    }
    objects = tuple(
        SceneObject(name=seen.name, words=WORDS[seen.name], mask=torch.from_numpy(mask))
        for seen, mask in zip(facts.signs, masks, strict=True)
    )
    return Scene(image=image, objects=objects, captions=captions, facts=facts)


def generate(*, split: str, n: int, seed: int = 0, start: int = 0) -> CaptionSet:
    """Scenes `start` to `start + n - 1` of a split, with their captions and objects.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``: disjoint streams.
        n: How many, at least 1.
        seed: In ``[0, 2**32)``.
        start: Number of the first scene.

    Returns:
        Images ``uint8 (n, 3, 96, 96)``, captions in `LANGUAGES`, `indices` from `start` on.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_range(split, seed, start, n)
    images = np.empty((n, 3, SIZE, SIZE), np.uint8)

    def one(k: int) -> tuple[Mapping[str, tuple[str, ...]], tuple[SceneObject, ...]]:
        scene = draw(seed, start + k, split=split)
        images[k] = scene.image.transpose(2, 0, 1)
        return scene.captions, scene.objects

    # Two threads, for the reason that `signs.generate` gives.
    with ThreadPoolExecutor(max_workers=2) as pool:
        said = list(pool.map(one, range(n)))
    return CaptionSet(
        name="scenes",
        split=split,
        images=torch.from_numpy(images),
        captions={name: tuple(captions[name] for captions, _ in said) for name in LANGUAGES},
        indices=torch.arange(start, start + n),
        objects=tuple(objects for _, objects in said),
    )


def mentions(words: Sequence[str], *, language: str) -> tuple[Mention, ...]:
    """Which signs a sentence names, in its order: what to compare with the signs of the scene.

    BLEU hardly tells one sign from another, since most words of a sentence are about places.

    Args:
        words: Normalised, as `trustai.data.text.split` gives them.
        language: One of `LANGUAGES`.

    Raises:
        ValueError: no such language.

    >>> [one.name for one in mentions("a stop sign above a give way sign".split(), language="en")]
    ['stop', 'yield']
    """
    if language not in LANGUAGES:
        raise ValueError(f"expected language to be one of {', '.join(LANGUAGES)}, got {language!r}")
    return find(words, PHRASES[language])


PHRASES: Mapping[str, Phrases] = {
    language: {
        split(phrase, language=language): name
        for name, noun in grammar.nouns.items()
        for phrase in noun.phrases
    }
    for language, grammar in GRAMMARS.items()
}
WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    name: {language: grammar.nouns[name].words for language, grammar in GRAMMARS.items()}
    for name in CLASSES
}


def _picture(dice: Draws, size: int) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]], Facts]:
    layout = arrange(dice)
    names = _choose(dice, len(layout.spots))
    street, mood = dice.pick(tuple(STREETS)), dice.pick(MOODS)
    picture = backdrop(dice, mood, OVERSAMPLING * size, setting=dice.pick(STREETS[street]))
    # All poles first: none stands before a face.
    for spot in layout.spots:
        if spot.pole:
            plant(picture, spot.pose, mood, dice, bare=True)
    faces = [
        hang(picture, name, spot.pose, mood, dice)
        for name, spot in zip(names, layout.spots, strict=True)
    ]
    smallest = min((spot.pose for spot in layout.spots), key=lambda pose: pose.width)
    image = expose(picture.reduce(OVERSAMPLING), smallest, mood, dice)
    masks = [np.asarray(face.reduce(OVERSAMPLING)) >= 128 for face in faces]
    signs = tuple(
        Seen(name, spot.place, spot.size) for name, spot in zip(names, layout.spots, strict=True)
    )
    # At night a street is a street: what stands along it is too dark to tell.
    street = "street" if mood.name == "night" else street
    return image, masks, Facts(layout.kind, signs, street, LIGHTS.get(mood.name, mood.name))


def _choose(dice: Draws, n: int) -> list[str]:
    """`n` classes of which no two share a word that names them."""
    names: list[str] = []
    while len(names) < n:
        name = dice.pick(CLASSES)
        if not any(_share_a_word(name, other) for other in names):
            names.append(name)
    return names


def _share_a_word(one: str, other: str) -> bool:
    return any(set(WORDS[one][k]) & set(WORDS[other][k]) for k in LANGUAGES)
