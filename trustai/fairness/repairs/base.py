"""The base class of repairs: ways to make the decisions of a model fairer, by name.

A repair learns from the training rows and then decides of any rows. Those of the library fairlearn
are called, not copied; gradient boosting is the model under all but two of them, because it is the
most accurate one on tables and gets along with weights of rows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from trustai.fairness.groups import Groups
from trustai.metrics.fairness import intersections
from trustai.registry import Registry
from trustai.types import NoParameters
from trustai.zoo.described import Described

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]
OTHERS = "all others"
THRESHOLD = 0.5
"""Of a model without thresholds of its own."""


@dataclass(frozen=True, eq=False)
class People:
    """Rows of a table, and what is known of the people beside them.

    Attributes:
        rows: ``float32 (N, F)`` in raw units, without the attributes; NaN for missing.
        encoded: ``float32 (N, D)``: standardised numbers and one-hot levels.
        labels: ``int64 (N,)`` of 0 and 1.
        groups: By attribute.
    """

    rows: Floats
    encoded: Floats
    labels: Ints
    groups: Mapping[str, Groups]

    def compared(self) -> tuple[tuple[str, ...], Ints]:
        """The compared groups of all attributes crossed.

        Returns:
            Names, and ``int64 (N,)`` into them, -1 for everybody else.
        """
        names = [groups.names[: groups.compared] for groups in self.groups.values()]
        return intersections(names, [groups.binary() for groups in self.groups.values()])

    def crossed(self) -> tuple[tuple[str, ...], Ints]:
        """As `compared`, and everybody else is the last group."""
        names, codes = self.compared()
        return (*names, OTHERS), np.where(codes < 0, len(names), codes)


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a model says of some rows.

    Attributes:
        decided: ``int64 (N,)`` of 0 and 1.
        scores: ``(N,)`` in ``[0, 1]``: how probable it is that 1 is decided, or the model's own
            probability where it has one.
    """

    decided: Ints
    scores: Floats


Decide = Callable[[People], Decisions]


class Repair(Described[NoParameters]):
    """How a repair describes itself.

    Attributes:
        model: What is repaired, in words.
        needs_group: Whether a decision needs to know the person's group, which the law of many
            countries forbids.
    """

    params = NoParameters
    model: ClassVar[str] = "gradient boosting"
    needs_group: ClassVar[bool] = False


class FittedRepair(Repair):
    """A repair that is fitted to rows: a sub-class writes `fit`.

    Attributes:
        seeded: Whether another seed may give other decisions.
    """

    seeded: ClassVar[bool] = True

    @abstractmethod
    def fit(self, train: People, *, seed: int) -> Decide:
        """Learn, and return how it decides of other people.

        Args:
            train: To learn from.
            seed: Of everything that is drawn.
        """


REPAIRS: Registry[Repair] = Registry("repair")


def boosting(*, seed: int) -> Any:
    """The model under the repairs: scikit-learn's histogram gradient boosting, 87 % on its own."""
    # Imported here: it takes a second, and only fitting needs it.
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(random_state=seed, early_stopping=False)


def out_of_fold(train: People, *, seed: int) -> Floats:
    """Of every training row the probability by a model that did not learn from it, ``(N,)``.

    Thresholds are chosen on them: on rows that it learned from a model is too sure.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    found: Floats = cross_val_predict(
        boosting(seed=seed), train.rows, train.labels, cv=folds, method="predict_proba"
    )[:, 1]
    return found


def of_scores(scores: Floats) -> Decisions:
    """1 is decided from a probability of `THRESHOLD` on."""
    return Decisions((scores >= THRESHOLD).astype(np.int64), scores)
