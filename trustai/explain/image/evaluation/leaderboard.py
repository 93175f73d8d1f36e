"""The leaderboard of attribution methods: how faithful each is on a network, and what it costs.

Every method explains the same correctly classified pictures. Its maps are judged by deletion and
insertion, each beside null maps, and, where the truth is known, by where they point. Each picture
is explained for its own class, alone, so that the seconds are what a person waits for. A method's
lead is what its score (insertion minus deletion) is above that of the best null, by picture.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai.explain.base import part_of
from trustai.explain.comparison import above_zero, compared, with_figures
from trustai.explain.image.base import METHODS, Method, explain
from trustai.explain.image.baselines import BLUR
from trustai.explain.image.evaluation.faithfulness import (
    FaithfulnessParams,
    PerturbationCurves,
    faithfulness,
    perturbation_curves,
)
from trustai.explain.image.evaluation.localisation import controls, inside_share, pointing_game
from trustai.explain.image.evaluation.nulls import BLOB, CLASS, PICTURE, blob, partners
from trustai.explain.image.evaluation.rows import SaliencyLeaderboardRow
from trustai.types import Attribution, ImageSet, OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier
from trustai.zoo.leaderboard import Leaderboard

# Pixels by which a map's maximum may miss the object, as a share of the picture's longer side:
# Zhang et al. 2018 allow 15 pixels in photographs of about 500.
TOLERANCE = 0.03
HIGHER_IS_BETTER = {
    "lead": True,
    "deletion": False,
    "insertion": True,
    "pointing": True,
    "inside_share": True,
}
"""Of the figures that have an interval and a leader."""
Items = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class SaliencyLeaderboard(Leaderboard[SaliencyLeaderboardRow]):
    """A leaderboard that was just measured, with its pictures.

    Attributes:
        items: Numbers of the pictures in the data set.
        values: By method, by figure: one value per picture, nan where the map said nothing.
    """

    items: tuple[int, ...] = ()
    values: Mapping[str, Items] = field(default_factory=dict)


def leaderboard(
    classifier: Classifier,
    images: ImageSet,
    *,
    methods: Sequence[str],
    seed: int = 0,
    params: FaithfulnessParams | None = None,
    settings: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
) -> SaliencyLeaderboard:
    """Judge every method on the same pictures.

    Args:
        classifier: In eval mode.
        images: Those that are classified correctly are used.
        methods: Some of `names()`.
        seed: Of the methods, of the random fields and of the bootstrap.
        params: How maps are judged.
        settings: By name the parameters of methods, where not their `leaderboard_params`.
        on_progress: Called with the share of the methods done; may raise to stop.

    Raises:
        ValueError: an unknown method, or no picture that is classified correctly.
    """
    started, params = time.perf_counter(), params or FaithfulnessParams()
    entries = [METHODS.get(name) for name in methods]
    used = classified_correctly(classifier, images)
    evaluation = _Evaluation(classifier, used, params=params, seed=seed)
    rows, values = evaluation.rows(entries, settings or {}, on_progress)
    how = {"n": len(images), "seed": seed, "used": "classified correctly", **evaluation.parameters}
    circumstances = classifier.circumstances(
        method="leaderboard", parameters=evaluation.parameters, seed=seed, started=started
    )
    told = compared(rows, values, higher_is_better=HIGHER_IS_BETTER, seed=seed)
    return SaliencyLeaderboard(
        SaliencyLeaderboardRow, told, len(used), how, circumstances,
        items=tuple(used.indices.tolist()), values=values,
    )  # fmt: skip


def classified_correctly(classifier: Classifier, images: ImageSet) -> ImageSet:
    """The pictures that the network gets right.

    Args:
        classifier: In eval mode.
        images: Labelled as its classes.

    Raises:
        ValueError: there is none.
    """
    checks.pictures(classifier, images.pixels)
    right = classifier.predict(images.pixels).argmax(1) == images.labels
    if not right.any():
        raise ValueError(
            f"expected pictures that the network classifies correctly, got none in {len(images)}"
        )
    return images.take(right.nonzero()[:, 0])


class _Evaluation:
    """The pictures that every method explains, and what all methods' judging has in common."""

    def __init__(
        self, classifier: Classifier, images: ImageSet, *, params: FaithfulnessParams, seed: int
    ) -> None:
        self.classifier, self.images, self.params, self.seed = classifier, images, params, seed
        self.partners = partners(images.labels)
        self._fast = classifier.folded()  # the same function up to rounding, for the many curves
        self._blobs: dict[int, PerturbationCurves] = {}

    @property
    def parameters(self) -> dict[str, Any]:
        """How all maps are judged."""
        also = {"blur": BLUR, "tolerance": TOLERANCE, "threads": torch.get_num_threads()}
        return dataclasses.asdict(self.params) | also

    def rows(
        self,
        methods: Sequence[Method[Any]],
        settings: Mapping[str, Any],
        on_progress: OnProgress | None,
    ) -> tuple[list[SaliencyLeaderboardRow], dict[str, Items]]:
        """One row per method, and of those that judged a map the values of every picture."""
        found, values = [], {}
        for i, method in enumerate(methods):
            given = settings.get(method.name, method.leaderboard_params)
            report = part_of(on_progress, i, len(methods))
            row, of = self.row(method, given, on_progress=report)
            found.append(row)
            if row.n:
                values[method.name] = of
        beaten = above_zero(values, "lead", seed=self.seed)
        p = {row.method: beaten.get(row.method, torch.nan) for row in found}
        return [with_figures(row, {"lead_p": p[row.method]}) for row in found], values

    def row(
        self, method: Method[Any], settings: Any, *, on_progress: OnProgress | None
    ) -> tuple[SaliencyLeaderboardRow, Items]:
        """One method's row, and its values picture by picture."""
        try:
            maps = self._explained(method, settings, self.images.labels, part_of(on_progress, 0, 2))
        except ValueError as error:  # about the network: the pictures were checked before
            return SaliencyLeaderboardRow(method.name, method.title, reason=str(error)), {}
        good = [i for i, one in enumerate(maps) if one.problems[0] is None]
        others = self._others(method, settings, maps)
        values: Items = {}
        for k, i in enumerate(good):
            report = part_of(part_of(on_progress, 1, 2), k, len(good))
            for name, value in self._judged(i, maps[i], others, report).items():
                values.setdefault(name, np.full(len(maps), np.nan))[i] = value
        row = SaliencyLeaderboardRow(
            method.name,
            method.title,
            n=len(good),
            parameters=dict(maps[0].circumstances.parameters),
            problems=len(maps) - len(good),
            seconds=statistics.median(one.seconds for one in maps),
        )
        row = with_figures(row, _means(values))
        values |= _lead(values, row.best_null)
        if on_progress is not None:
            on_progress(1.0)
        return with_figures(row, _means(values)), values

    def _explained(
        self, method: Method[Any], settings: Any, target: Tensor, on_progress: OnProgress | None
    ) -> list[Attribution]:
        n = len(self.images)
        return [
            explain(
                method.name,
                self.classifier,
                self.images.pixels[i : i + 1],
                target=target[i : i + 1],
                seed=self.seed,
                params=settings,
                on_progress=part_of(on_progress, i, n),
            )
            for i in range(n)
        ]

    def _others(
        self, method: Method[Any], settings: Any, maps: Sequence[Attribution]
    ) -> dict[str, Sequence[Attribution]]:
        """What the method says of the partner picture, and of this picture for its class.

        Another class doubles the cost, so of slow methods it is not asked.
        """
        if self.partners is None:
            return {}
        found: dict[str, Sequence[Attribution]] = {
            PICTURE: [maps[j] for j in self.partners.tolist()]
        }
        classes = self.images.labels[self.partners]
        if not method.class_specific:
            found[CLASS] = maps
        elif method.cost != "slow" and not classes.equal(self.images.labels):
            found[CLASS] = self._explained(method, settings, classes, None)
        return found

    def _judged(
        self,
        i: int,
        found: Attribution,
        others: Mapping[str, Sequence[Attribution]],
        on_progress: OnProgress | None,
    ) -> dict[str, float]:
        """Every figure of the map of picture `i`."""
        part = self.images.take(torch.tensor([i]))
        known = {BLOB: self._blob(i)}
        said = {name: maps[i] for name, maps in others.items()}
        measured = faithfulness(
            self._fast, part.pixels, found, seed=self.seed, params=self.params, first=i,
            others={name: one.map for name, one in said.items() if one.problems[0] is None},
            known=known, on_progress=on_progress,
        )  # fmt: skip
        figures = _areas("", measured)
        for name, curves in measured.nulls.items():
            figures |= _areas(f"{name}_", curves)
        if part.masks is not None:
            tolerance = TOLERANCE * max(found.map.shape[1:])
            figures["pointing"] = pointing_game(found.map, part.masks, tolerance=tolerance)
            figures["inside_share"] = inside_share(found.map, part.masks)
            figures |= controls(part.masks, tolerance=tolerance)
        return {name: value.item() for name, value in figures.items()}

    def _blob(self, i: int) -> PerturbationCurves:
        """The curves of the blob, which all methods share."""
        if i not in self._blobs:
            part = self.images.take(torch.tensor([i]))
            self._blobs[i] = perturbation_curves(
                self._fast, part.pixels, blob(part.pixels), target=part.labels, params=self.params
            )
        return self._blobs[i]


def _areas(start: str, curves: PerturbationCurves) -> dict[str, Tensor]:
    return {
        f"{start}deletion": curves.deletion.area,
        f"{start}insertion": curves.insertion.area,
    }


def _means(values: Items) -> dict[str, float]:
    """Over the pictures that have a value; those on which a null said nothing are left out."""
    return {name: float(np.nanmean(one)) for name, one in values.items() if np.isfinite(one).any()}


def _lead(values: Items, null: str) -> Items:
    """Lead over the best null and whether it is above 0, picture by picture."""
    if not null:
        return {}
    own = values["insertion"] - values["deletion"]
    lead = own - (values[f"{null}_insertion"] - values[f"{null}_deletion"])
    return {"lead": lead, "beats_null": np.where(np.isnan(lead), np.nan, lead > 0)}
