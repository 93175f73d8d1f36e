"""Grammar that makes captions from the facts of a scene, in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trustai.data.signs.draws import Draws

REFERENCES = 5
TRIES = 4
Synonyms = tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """One sign as a sentence needs it: its class, its place and its size."""

    name: str
    place: str
    size: str


@dataclass(frozen=True)
class Facts:
    """What can be said of a scene.

    Attributes:
        kind: One of `layout.KINDS`.
        signs: In the order of `layout.Layout.spots`.
        street: A key of `Grammar.streets`.
        light: What can be seen of the hour and the weather, a key of `Grammar.lights`.
    """

    kind: str
    signs: tuple[Seen, ...]
    street: str
    light: str


@dataclass(frozen=True)
class Noun:
    """A sign in words: `phrases` that mean it, and the `words` in them that mean nothing else."""

    phrases: Synonyms
    words: tuple[str, ...]


@dataclass(frozen=True)
class Grammar:
    """The sentences of one language.

    Of several synonyms the first is said most often. The slots of a frame: ``{a} {b} {c}`` the
    signs, ``{at}`` the place of the first and ``{beside}`` that of the last, ``{street}`` the
    street as what the sentence is about, ``{where}`` and ``{when}`` the street and the light as
    additions that may be left out.

    Attributes:
        frames: Per kind of layout the sentences.
        article: What a sign begins with, a pattern of ``{size}`` and ``{sign}``.
        nouns, sizes, places, streets, wheres, lights: What fills the slots.
        smooth: Pairs of texts: what joining the pieces gets wrong, and what is right.
    """

    frames: Mapping[str, Synonyms]
    article: Synonyms
    nouns: Mapping[str, Noun]
    sizes: Mapping[str, Synonyms]
    places: Mapping[str, Synonyms]
    streets: Mapping[str, Synonyms]
    wheres: Mapping[str, Synonyms]
    lights: Mapping[str, Synonyms]
    smooth: tuple[tuple[str, str], ...] = ()


def describe(facts: Facts, grammar: Grammar, dice: Draws) -> tuple[str, ...]:
    """`REFERENCES` sentences about one scene, as that many people would write them."""
    frames = grammar.frames[facts.kind]
    said: list[str] = []
    for turn in range(REFERENCES):
        # Every frame once before chance says which comes again.
        frame = frames[turn if turn < len(frames) else _leaning(dice, len(frames))]
        # Two people may write the same, but seldom do.
        for _ in range(TRIES):
            text = _sentence(facts, grammar, frame, dice)
            if text not in said:
                break
        said.append(text)
    return tuple(said)


def _leaning(dice: Draws, n: int) -> int:
    """A number below `n`, the first most often."""
    return 0 if dice.chance(0.6) else dice.below(n)


def _say(synonyms: Synonyms, dice: Draws) -> str:
    return synonyms[_leaning(dice, len(synonyms))]


def _sentence(facts: Facts, grammar: Grammar, frame: str, dice: Draws) -> str:
    article = _say(grammar.article, dice)

    def sign(seen: Seen) -> str:
        noun = _say(grammar.nouns[seen.name].phrases, dice)
        size = _say(grammar.sizes[seen.size], dice) + " " if seen.size else ""
        return article.format(size=size, sign=noun)

    signs = [sign(seen) for seen in facts.signs]
    where = _say(grammar.wheres[facts.street], dice) if dice.chance(0.65) else ""
    when = _say(grammar.lights[facts.light], dice) if dice.chance(0.7) else ""
    text = frame.format(
        **dict(zip("abc", signs, strict=False)),
        at=_say(grammar.places[facts.signs[0].place], dice),
        beside=_say(grammar.places[facts.signs[-1].place], dice),
        street=_say(grammar.streets[facts.street], dice),
        where=where,
        when=when,
    )
    text = " ".join(text.split())
    for wrong, right in grammar.smooth:
        text = text.replace(wrong, right)
    return text[0].upper() + text[1:] + "."
