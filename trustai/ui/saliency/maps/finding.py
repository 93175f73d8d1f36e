"""What the maps of one picture say, in one or two sentences that are made from the result."""

from __future__ import annotations

from collections.abc import Mapping

from trustai.explain import image
from trustai.explain.image.evaluation.nulls import FIELD
from trustai.ui.kit.errors import plain
from trustai.ui.kit.frame import in_words
from trustai.ui.saliency.maps.results import PictureExplanations

LITTLE = 0.05
"""A class below this probability, and a difference of probabilities below this, is little."""


def answer(explained: PictureExplanations) -> str:
    """The likeliest classes, the true one where it is known, and the one that is explained."""
    classes, label = explained.card.classes, explained.subject.label
    best = explained.probabilities.topk(min(5, len(classes)))
    said = " · ".join(
        f"{plain(classes[int(c)])} {float(p):.1%}"
        for i, (p, c) in enumerate(zip(best.values, best.indices, strict=True))
        if i == 0 or p >= 0.0005  # what would read 0.0 %
    )
    truth = "" if label is None else f" True class: {plain(classes[label])}."
    target, highest = explained.target, float(best.values[0])
    return (
        f"The network {in_words(highest)}: {said}.{truth} Explained: "
        f"**{plain(classes[target])}**, {float(explained.probabilities[target]):.1%}."
    )


def found(explained: PictureExplanations, name: str) -> str:
    """What the network sees, and what one map tells about it.

    Args:
        name: Of one of the maps of `explained`.
    """
    called = plain(explained.card.classes[explained.target])
    probability = float(explained.probabilities[explained.target])
    if explained.target != int(explained.probabilities.argmax()):
        said = f"The network gives **{called}** a probability of {probability:.1%}."
    else:
        said = f"The network {in_words(probability)}: **{called}**, {probability:.0%}."
    if probability < LITTLE:
        return f"{said} There is little to explain: the maps show only weak evidence."
    return f"{said} {hidden(image.get(name).title, probability, explained.removal(name))}"


def hidden(title: str, probability: float, lost: Mapping[str, float]) -> str:
    """What hiding the marked part does to the probability, beside hiding a random part.

    Args:
        title: Of the method.
        probability: Of the class, of the whole picture.
        lost: What it loses, of the map under the empty name and of a random map under its name.

    >>> hidden("Grad-CAM", 0.93, {"": 0.78, FIELD: 0.13})[:79]
    'Grad-CAM marks what matters: when the marked fifth of the picture is hidden, th'
    """
    own, random = (probability - lost[key] for key in ("", FIELD))
    if marks(lost):
        return (
            f"{title} marks what matters: when the marked fifth of the picture is hidden, the "
            f"probability falls to {own:.0%}. When a random fifth is hidden, it is still "
            f"{random:.0%}."
        )
    return (
        f"{title} does not mark what matters here: when the marked fifth of the picture is hidden, "
        f"the probability becomes {own:.0%}. When a random fifth is hidden, it becomes "
        f"{random:.0%}."
    )


def marks(lost: Mapping[str, float]) -> bool:
    """Whether hiding the marked part costs clearly more than hiding a random part.

    Args:
        lost: As of `hidden`.
    """
    return lost[""] - lost[FIELD] > LITTLE
