"""How well a backdoor hides and how surely it works: clean accuracy and attack success rate."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from trustai.attacks.backdoor import Trigger, attacked_rows, stamp
from trustai.metrics.intervals import proportion
from trustai.types import ImageSet
from trustai.zoo import Classifier


@dataclass(frozen=True)
class Share:
    """A share of pictures.

    Attributes:
        value: In ``[0, 1]``.
        low, high: Wilson's 95 % interval.
        n: Pictures.
    """

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, hits: Tensor) -> Share:
        """Of ``bool (N,)``, a picture each.

        Raises:
            ValueError: there is no picture.

        >>> import torch
        >>> Share.of(torch.tensor([True, True, False, False])).value
        0.5
        """
        if not len(hits):
            raise ValueError("expected at least one picture, got none")
        low, high = proportion(int(hits.sum()), len(hits))
        return cls(hits.float().mean().item(), low, high, len(hits))


def accuracy(classifier: Classifier, pictures: ImageSet) -> Share:
    """The share of clean pictures that are named rightly.

    Args:
        classifier: Any.
        pictures: With their true labels.
    """
    return Share.of(classifier.predict(pictures.pixels).argmax(1) == pictures.labels)


def attacked(pictures: ImageSet, *, target: int, source: int | None = None) -> ImageSet:
    """The pictures whose fate the attacker wants to change: of the source, or not of the target.

    Args:
        target: The class that the attacker wants.
        source: The class whose pictures it wants it for; None for all others.
    """
    of = attacked_rows(pictures.labels, target=target, source=source)
    return pictures.take(of.nonzero()[:, 0])


def success(
    classifier: Classifier,
    pictures: ImageSet,
    *,
    trigger: Trigger,
    target: int,
    source: int | None = None,
) -> Share:
    """The attack success rate: the share of marked pictures that are named the target.

    Pictures of the target itself do not count: they would be named so without a mark
    (Gu et al. 2017, https://arxiv.org/abs/1708.06733).

    Args:
        classifier: Any.
        pictures: Clean ones, with their true labels.
        trigger: What is put on them.
        target: The class that the attacker wants.
        source: Only pictures of this class; None for all but those of the target.
    """
    marked = attacked(pictures, target=target, source=source)
    said = classifier.predict(stamp(marked.pixels, trigger)).argmax(1)
    return Share.of(said == target)
