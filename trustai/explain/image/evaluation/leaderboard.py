"""The leaderboard of attribution methods: how faithful each is on a network, and what it costs.

Every method explains the same correctly classified pictures. Its maps are judged by deletion and
insertion, each beside random maps of the same coarseness, and, where the truth is known, by where
they point. Each picture is explained for its own class, alone, so that the seconds are what a
person waits for. Random maps are drawn once per grid: methods of one coarseness share them.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from trustai.explain.base import part_of
from trustai.explain.image.base import METHODS, Method, explain
from trustai.explain.image.baselines import BLUR
from trustai.explain.image.evaluation.curves import deletion_and_insertion
from trustai.explain.image.evaluation.faithfulness import FaithfulnessParams, random_curves
from trustai.explain.image.evaluation.localisation import (
    inside_share,
    mask_share,
    pointing_game,
)
from trustai.explain.image.evaluation.rows import SaliencyLeaderboardRow
from trustai.explain.image.passes import at_once
from trustai.types import Attribution, ImageSet, OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier
from trustai.zoo.leaderboard import Leaderboard

# Pixels by which a map's maximum may miss the object, as a share of the picture's longer side:
# Zhang et al. 2018 allow 15 pixels in photographs of about 500.
TOLERANCE = 0.03


def leaderboard(
    classifier: Classifier,
    images: ImageSet,
    *,
    methods: Sequence[str],
    seed: int = 0,
    params: FaithfulnessParams | None = None,
    settings: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
) -> Leaderboard[SaliencyLeaderboardRow]:
    """Judge every method on the same pictures.

    Args:
        classifier: In eval mode.
        images: Those that are classified correctly are used.
        methods: Some of `names()`.
        seed: Of the methods and of the random maps.
        params: How maps are judged.
        settings: By name the parameters of methods, where not those of their
            `Method.leaderboard_params`.
        on_progress: Called with the share of the methods done; may raise to stop.

    Returns:
        One row per method.

    Raises:
        ValueError: an unknown method, or no picture that is classified correctly.
    """
    started, params = time.perf_counter(), params or FaithfulnessParams()
    entries = [METHODS.get(name) for name in methods]
    used = _classified_correctly(classifier, images)
    evaluation = _Evaluation(classifier, used, params=params, seed=seed)
    rows = evaluation.rows(entries, settings or {}, on_progress)
    parameters = evaluation.parameters
    how = {"n": len(images), "seed": seed, "used": "classified correctly", **parameters}
    circumstances = classifier.circumstances(
        method="leaderboard", parameters=parameters, seed=seed, started=started
    )
    return Leaderboard(SaliencyLeaderboardRow, rows, len(used), how, circumstances)


def _classified_correctly(classifier: Classifier, images: ImageSet) -> ImageSet:
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
        self._fast = classifier.folded()  # the same function up to rounding, for the many curves
        self._by_chance: dict[tuple[tuple[int, int], int], dict[str, Tensor]] = {}

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
    ) -> tuple[SaliencyLeaderboardRow, ...]:
        """One row per method."""
        return tuple(
            self.row(
                method.name,
                method.title,
                settings.get(method.name, method.leaderboard_params),
                on_progress=part_of(on_progress, i, len(methods)),
            )
            for i, method in enumerate(methods)
        )

    def row(
        self, name: str, title: str, settings: Any, *, on_progress: OnProgress | None
    ) -> SaliencyLeaderboardRow:
        """Judge one method, some pictures at a time."""
        judged: list[dict[str, Tensor]] = []
        seconds: list[float] = []
        problems, parameters = 0, {}
        for first, part, progress in self._parts(on_progress):
            try:
                maps = self._explained(name, part, settings, part_of(progress, 0, 2))
            except ValueError as error:  # about the network: the pictures were checked before
                return SaliencyLeaderboardRow(name, title, reason=str(error))
            seconds += [one.seconds for one in maps]
            parameters = dict(maps[0].circumstances.parameters)
            good = [i for i, one in enumerate(maps) if one.problems[0] is None]
            problems += len(maps) - len(good)
            if good:
                rows = torch.tensor(good)
                some = [maps[i] for i in good]
                rest = part_of(progress, 1, 2)
                judged.append(self._judged(part.take(rows), some, first + rows, rest))
            if progress is not None:
                progress(1.0)
        n = sum(len(figures["deletion"]) for figures in judged)
        figures: dict[str, Any] = {
            key: torch.cat([one[key] for one in judged]).nanmean().item()
            for key in (judged[0] if judged else ())
        }
        return SaliencyLeaderboardRow(
            name,
            title,
            n=n,
            parameters=parameters,
            problems=problems,
            **figures,
            seconds=statistics.median(seconds),
        )

    def _parts(
        self, on_progress: OnProgress | None
    ) -> Iterator[tuple[int, ImageSet, OnProgress | None]]:
        n, together = len(self.images), at_once(self.images.images)
        starts = range(0, n, together)
        for i, first in enumerate(starts):
            part = self.images.take(torch.arange(first, min(first + together, n)))
            yield first, part, part_of(on_progress, i, len(starts))

    def _explained(
        self, name: str, part: ImageSet, settings: Any, on_progress: OnProgress | None
    ) -> list[Attribution]:
        n = len(part)
        return [
            explain(
                name,
                self.classifier,
                part.pixels[i : i + 1],
                target=part.labels[i : i + 1],
                seed=self.seed,
                params=settings,
                on_progress=part_of(on_progress, i, n),
            )
            for i in range(n)
        ]

    def _judged(
        self,
        part: ImageSet,
        found: list[Attribution],
        numbers: Tensor,
        on_progress: OnProgress | None,
    ) -> dict[str, Tensor]:
        """Every figure ``(n,)`` of some maps, whose pictures are number `numbers` of all."""
        maps = torch.cat([one.map for one in found])
        deleted, inserted = deletion_and_insertion(
            self._fast,
            part.pixels,
            maps,
            target=part.labels,
            steps=self.params.steps,
            baseline=self.params.baseline,
            on_progress=part_of(on_progress, 0, 2),
        )
        rest = part_of(on_progress, 1, 2)
        chance = self._chance(part, [one.grid for one in found], numbers.tolist(), rest)
        figures = {"deletion": deleted.area, "insertion": inserted.area, **chance}
        figures["beats_random"] = (deleted.area < chance["random_deletion"]).float()
        if part.masks is not None:
            tolerance = TOLERANCE * max(maps.shape[1:])
            figures["pointing"] = pointing_game(maps, part.masks, tolerance=tolerance)
            figures["inside_share"] = inside_share(maps, part.masks)
            figures["mask_share"] = mask_share(part.masks)
        return figures

    def _chance(
        self,
        part: ImageSet,
        grids: list[tuple[int, int]],
        numbers: list[int],
        on_progress: OnProgress | None,
    ) -> dict[str, Tensor]:
        """The areas of random maps, from what is known already where it is known."""
        keys = list(zip(grids, numbers, strict=True))
        missing = [i for i, key in enumerate(keys) if key not in self._by_chance]
        for j, i in enumerate(missing):
            one = part.take(torch.tensor([i]))
            grid, number = keys[i]
            deleted, inserted = random_curves(
                self._fast,
                one.pixels,
                grid,
                target=one.labels,
                params=self.params,
                seed=self.seed,
                first=number,
                on_progress=part_of(on_progress, j, len(missing)),
            )
            areas = {"random_deletion": deleted.area, "random_insertion": inserted.area}
            self._by_chance[keys[i]] = areas
        names = ("random_deletion", "random_insertion")
        return {name: torch.cat([self._by_chance[key][name] for key in keys]) for name in names}
