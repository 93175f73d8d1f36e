"""Explanations of one picture under attacks of growing epsilon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from trustai import attacks, zoo
from trustai.explain import image
from trustai.metrics.similarity import rank_correlation, ssim, top_overlap
from trustai.types import AttackResult, Attribution
from trustai.ui.kit.caching import cached_call, classifier
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.subjects import Subject, answer_of

LINF = (0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16)
L2 = (0, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5)


@dataclass(frozen=True, eq=False)
class AttackSeriesStep:
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
class AttackSeries:
    """One network at every epsilon, and how like the clean map its maps of the first class are.

    Attributes:
        values: The epsilons in the unit of the slider.
    """

    card: zoo.Card
    method: str
    layer: str
    attack: str
    values: tuple[float, ...]
    steps: list[AttackSeriesStep]

    @cached_property
    def rank_correlation(self) -> list[float]:
        clean, *_ = maps = self._maps
        return [rank_correlation(clean, one).item() for one in maps]

    @cached_property
    def ssim(self) -> list[float]:
        clean, *_ = maps = self._maps
        signed = self.steps[0].original.signed
        return [ssim(clean, one, signed=signed).item() for one in maps]

    @cached_property
    def top_overlap(self) -> list[float]:
        clean, *_ = maps = self._maps
        return [top_overlap(clean, one).item() for one in maps]

    @property
    def unit(self) -> str:
        return "/255" if attacks.get(self.attack).norm == "linf" else ""

    @property
    def _maps(self) -> list[Tensor]:
        return [step.original.map for step in self.steps]


def attack_series(
    card: zoo.Card, subject: Subject, *, method: str, layer: str, attack: str
) -> AttackSeries:
    """Attacks and explains at every epsilon, under a bar; from the store what is known."""
    linf = attacks.get(attack).norm == "linf"
    values = LINF if linf else L2
    eps = [v / 255 if linf else float(v) for v in values]
    network = classifier(card.id)
    y = answer_of(card, subject).argmax(1)
    bar = Countdown(f"Attacking and explaining the picture, {card.title}")

    def compute() -> list[AttackSeriesStep]:
        steps = []
        for i, e in enumerate(eps, start=1):
            steps.append(_step(network, subject.x, y, method, layer, attack, e))
            bar(i / len(eps))
        return steps

    steps = cached_call(
        compute,
        subject=subject,
        weights_sha=card.weights_sha256,
        method=f"explanation under attack/{attack}/{method}",
        parameters={"eps": eps, "layer": layer},
        heavy="attacking and explaining one picture",
        bar=bar,
    )
    return AttackSeries(card, method, layer, attack, values, steps)


def _step(
    network: zoo.Classifier,
    x: Tensor,
    y: Tensor,
    name: str,
    layer: str,
    attack: str,
    eps: float,
) -> AttackSeriesStep:
    result = attacks.run(attack, network, x, y, eps=eps, seed=0)
    now = int(result.logits.argmax())
    original = image.explain(name, network, result.adversarial, target=int(y), layer=layer)
    if now == int(y):
        return AttackSeriesStep(result, original, original)
    changed = image.explain(name, network, result.adversarial, target=now, layer=layer)
    return AttackSeriesStep(result, original, changed)
