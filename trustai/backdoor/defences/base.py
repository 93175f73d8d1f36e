"""The base classes of defences against backdoors, one for each thing that a defence looks at.

- ``training-data``: which pictures of a training set are poisoned (`TrainingDataDefence`),
- ``input``: whether a picture that comes in carries a trigger (`InputDefence`),
- ``network``: whether a network has a backdoor, and for which class (`NetworkDefence`),
- ``repair``: a network without it (`RepairDefence`).

Everywhere a higher score is more suspicious. A method adds its own step and a description of
itself; `trustai.backdoor.defences.defend` validates, isolates the network and builds the result.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from torch import Tensor

from trustai.backdoor.defences.results import NetworkInspection
from trustai.registry import Registry
from trustai.types import ImageSet, OnProgress
from trustai.zoo import Classifier
from trustai.zoo.described import Described

P = TypeVar("P")
DefenceKind = Literal["training-data", "input", "network", "repair"]


class Defence(Described[P]):
    """A defence against backdoors.

    Attributes:
        kind: What it looks at.
        needs: What the defender must have, one plain sentence.
    """

    kind: ClassVar[DefenceKind]
    needs: ClassVar[str]


DEFENCES: Registry[Defence[Any]] = Registry("defence")


@dataclass(frozen=True, eq=False)
class ClassVerdict:
    """What a defence says of the training pictures of one label.

    Attributes:
        scores: ``(n,)``, higher is more suspicious; comparable between labels.
        group: ``int64 (n,)``: 1 for the part that is told from the rest.
        flagged: ``bool (n,)``: what it would remove.
        figures: What the verdict rests on, by name.
    """

    scores: Tensor
    group: Tensor
    flagged: Tensor
    figures: Mapping[str, float]


class TrainingDataDefence(Defence[P]):
    """Looks at the features of the training pictures, label by label."""

    kind = "training-data"
    needs = "All training pictures with the labels that the network learned from."

    @abstractmethod
    def of_class(self, features: Tensor, *, params: P, seed: int) -> ClassVerdict:
        """The verdict on the pictures of one label.

        Args:
            features: ``float64 (n, D)``, finite, n at least 10.
            params: The method's own.
            seed: Of everything that is drawn.
        """


@dataclass(frozen=True, eq=False)
class Work(Generic[P]):
    """What a defence works with.

    Attributes:
        model: An isolated copy of the network, whose parameters require no gradient.
        params: The method's own.
        seed: Of everything that is drawn.
        report: Called with the share of the work done; may raise to stop.
    """

    model: Classifier
    params: P
    seed: int
    report: OnProgress


class InputDefence(Defence[P]):
    """Looks at pictures that come in, one by one."""

    kind = "input"
    needs = "Some clean pictures; no label of them."

    @abstractmethod
    def scores(self, x: Tensor, clean: Tensor, *, work: Work[P]) -> Tensor:
        """``float64 (N,)``: how suspicious each picture is, which does not depend on the others.

        Args:
            x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
            clean: ``(K, 3, H, W)``: clean pictures of the defender, none of them in `x`.
            work: Network, parameters, seed and progress.
        """


class NetworkDefence(Defence[P]):
    """Looks at the network itself."""

    kind = "network"
    needs = "The network with its gradients, and some clean pictures; no label of them."

    @abstractmethod
    def inspect(self, clean: Tensor, *, work: Work[P]) -> NetworkInspection:
        """The smallest trigger for every class.

        Args:
            clean: ``float32 (K, 3, H, W)`` in ``[0, 1]``.
            work: Network, parameters, seed and progress.
        """


@dataclass(frozen=True, eq=False)
class Repair:
    """What a repair did to the network that it was given.

    Attributes:
        figures, history: As of `trustai.backdoor.defences.results.Repaired`.
        reconstructed: The triggers that it used.
    """

    figures: Mapping[str, float]
    history: Mapping[str, tuple[float, ...]]
    reconstructed: NetworkInspection | None = None


class RepairDefence(Defence[P]):
    """Changes a network so that its backdoor no longer works."""

    kind = "repair"
    needs = "A few clean pictures with their true labels."

    @abstractmethod
    def repair(
        self, clean: ImageSet, reconstructed: NetworkInspection | None, *, work: Work[P]
    ) -> Repair:
        """Change ``work.model``, a copy with parameters of its own.

        Args:
            clean: Pictures with their true labels.
            reconstructed: What Neural Cleanse found in this network, where it is known already.
            work: Network, parameters, seed and progress.
        """


def quietly(share: float) -> None:
    """No progress is told."""


def part_of(report: OnProgress, begin: float, end: float) -> OnProgress:
    """Progress of a part of the work, from `begin` to `end` of the whole.

    >>> told = []
    >>> part_of(told.append, 0.5, 1)(0.5)
    >>> told
    [0.75]
    """
    return lambda share: report(begin + share * (end - begin))
