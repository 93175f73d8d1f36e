"""What an attack of growing strength does to one network's explanation of one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from trustai import attacks, zoo
from trustai.explain import image
from trustai.types import AttackResult, Attribution
from trustai.ui.kit.caching import (
    cached_call,
    classifier,
    sha256_of,
)
from trustai.ui.kit.subjects import Subject


@dataclass(frozen=True, eq=False)
class Step:
    """One network at one epsilon.

    Attributes:
        attack: The attacked picture and what the network says of it.
        original: The map of the class that it named on the clean picture.
        now: The map of the class that it names on the attacked one.
    """

    attack: AttackResult
    original: Attribution
    now: Attribution


@dataclass(frozen=True, eq=False)
class Story:
    """One network at every epsilon, and how like the clean map its maps of the first class are."""

    card: zoo.Card
    steps: list[Step]
    rank_correlation: list[float]
    ssim: list[float]
    top_overlap: list[float]


def story_of(
    card: zoo.Card,
    subject: Subject,
    name: str,
    layer: str,
    attack: str,
    eps: Sequence[float],
) -> Story:
    """Attacks and explains at every `eps`, under a bar; from the store what is known."""
    network = classifier(card.id)
    y = network.predict(subject.x).argmax(1)
    bar = st.empty()

    def compute() -> list[Step]:
        steps = []
        for i, e in enumerate(eps):
            bar.progress(i / len(eps), text=f"Attacking and explaining: {card.title}")
            steps.append(_step(network, subject.x, y, name, layer, attack, e))
        return steps

    steps = cached_call(
        compute,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(subject.x)],
        method=f"explanation under attack/{attack}/{name}",
        parameters={"eps": list(eps), "layer": layer},
        heavy="attacking and explaining one picture",
    )
    bar.empty()
    clean = steps[0].original.map
    maps = [step.original.map for step in steps]
    signed = steps[0].original.signed
    return Story(
        card,
        steps,
        [image.rank_correlation(clean, m).item() for m in maps],
        [image.ssim(clean, m, signed=signed).item() for m in maps],
        [image.top_overlap(clean, m).item() for m in maps],
    )


def _step(
    network: zoo.Classifier,
    x: Tensor,
    y: Tensor,
    name: str,
    layer: str,
    attack: str,
    eps: float,
) -> Step:
    result = attacks.run(attack, network, x, y, eps=eps, seed=0)
    now = int(result.logits.argmax())
    original = image.explain(name, network, result.adversarial, target=int(y), layer=layer)
    if now == int(y):
        return Step(result, original, original)
    changed = image.explain(name, network, result.adversarial, target=now, layer=layer)
    return Step(result, original, changed)
