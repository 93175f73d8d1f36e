"""All explanations of one picture by one network: computed once, kept, and measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

import streamlit as st

from trustai import zoo
from trustai.explain import image
from trustai.explain.image.evaluation.curves import PerturbationCurve
from trustai.types import Attribution, OnProgress
from trustai.ui.kit.caching import cached_call, classifier
from trustai.ui.kit.subjects import Subject, answer_of

R = TypeVar("R")

FAITHFULNESS = image.FaithfulnessParams(steps=16, n_random=1)
LARGE = 160
"""From this side on a pass is dear enough to count them."""


class PictureExplanations:
    """What one network's explanations of one picture, for one class, have in common.

    It owns the passes that methods share, the keys under which results are kept, and the measuring
    of the maps. For one run of a page.

    Args:
        card: Of the network.
        subject: The picture.
        target: The class explained; None: the predicted one.
        layer: That the CAM methods look at.
        seed: Of the methods and of the random maps.
        params: By name the parameters that were chosen on the page; the other methods have their
            defaults, or on a large picture their `quick` ones.
    """

    def __init__(
        self,
        card: zoo.Card,
        subject: Subject,
        *,
        target: int | None = None,
        layer: str,
        seed: int = 0,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.card, self.subject, self.layer, self.seed = card, subject, layer, seed
        self.probabilities = answer_of(card, subject).softmax(1)[0]
        self.target = int(self.probabilities.argmax()) if target is None else target
        self._params = params or {}
        self._found: dict[str, Attribution | ValueError] = {}

    def params_of(self, name: str) -> Any:
        """The parameters of a method; None for its defaults."""
        method = image.get(name)
        large = self.subject.x.shape[-1] >= LARGE and not method.suits_large_pictures
        return self._params.get(name, method.quick if large else None)

    def key_of(self, name: str) -> str:
        """What tells this picture, network, class and method from all others."""
        parts = self.card.weights_sha256, self.subject.sha, self.seed, name, self._settings(name)
        return repr(parts)

    def of(self, name: str, on_progress: OnProgress | None = None) -> Attribution | ValueError:
        """What a method says, or the reason why it cannot apply.

        Args:
            on_progress: Called with the share done where the map has to be computed first.
        """
        if name not in self._found:
            try:
                self._found[name] = self._kept(
                    lambda: self._panel.explain(
                        name, params=self.params_of(name), on_progress=on_progress
                    ),
                    f"explain.image/{name}",
                    self._settings(name),
                    heavy="explaining one picture",
                )
            except ValueError as error:
                self._found[name] = error
        return self._found[name]

    @property
    def maps(self) -> dict[str, Attribution]:
        """What has been explained so far and can be drawn."""
        return {
            name: found
            for name, found in self._found.items()
            if not isinstance(found, ValueError) and found.problems[0] is None
        }

    def faithfulness(self, name: str) -> image.Faithfulness:
        """Deletion and insertion of one of `maps`, beside those of random maps as coarse.

        Measured on the folded network: the same function up to rounding, a third faster.
        """
        result = self.maps[name]
        judging = dataclasses.asdict(FAITHFULNESS) | {"grid": list(result.grid)}
        return self._kept(
            lambda: image.faithfulness(
                _folded(self.card.id, self.card.weights_sha256),
                self.subject.x,
                result,
                seed=self.seed,
                params=FAITHFULNESS,
                chance=self._random_curves(result, judging),
            ),
            f"explain.image.faithfulness/{name}",
            {"judging": judging, **self._settings(name)},
            heavy="measuring how faithful a map is",
        )

    def removal(self, name: str) -> tuple[float, float, float]:
        """By how much the probability falls without the most important fifth of a map's pixels.

        Returns:
            For one of `maps`, for a random map as coarse, and for random pixels.
        """
        result = self.maps[name]

        def compute() -> list[float]:
            x, network = self.subject.x, classifier(self.card.id)
            (pixels,) = image.random_maps(x, (x.shape[2], x.shape[3]), n=1, seed=0)
            (coarse,) = image.random_maps(x, result.grid, n=1, seed=0)
            return [
                image.removal(network, x, one, target=result.target).item()
                for one in (result.map, coarse, pixels)
            ]

        own, coarse, pixels = self._kept(
            compute,
            f"explain.image.removal/{name}",
            self._settings(name),
            heavy="taking away what counts most",
        )
        return own, coarse, pixels

    def sanity(self, name: str, on_progress: OnProgress) -> list[image.SanityStep]:
        """The maps of the predicted class while the network is randomised layer by layer."""
        return self._kept(
            lambda: list(
                image.sanity(
                    name,
                    classifier(self.card.id),
                    self.subject.x,
                    layer=self.layer,
                    params=self.params_of(name),
                    on_progress=on_progress,
                )
            ),
            f"explain.image.sanity/{name}",
            {**self._settings(name), "layer": self.layer},
            heavy="randomising the network layer by layer",
        )

    def python(self, name: str, *, seed: bool = True) -> str:
        """The lines of Python that explain the same picture by one method."""
        params = self.params_of(name)
        imports = (
            ""
            if params is None
            else f"from {type(params).__module__} import {type(params).__name__}\n"
        )
        where = f', layer="{self.layer}"' if image.get(name).layered else ""
        given = (f", seed={self.seed}" if seed else "") + (f", params={params}" if imports else "")
        return (
            f"from trustai import data, zoo\nfrom trustai.explain import image\n{imports}\n"
            f'classifier = zoo.load("{self.card.id}")\n{self.subject.python}\n'
            f'result = image.explain("{name}", classifier, x, target={self.target}{where}{given})\n'
        )

    @cached_property
    def _panel(self) -> image.Panel:
        network = classifier(self.card.id)
        return image.Panel(
            network, self.subject.x, target=self.target, layer=self.layer, seed=self.seed
        )

    def _settings(self, name: str) -> dict[str, Any]:
        """What decides the map of a method, beside picture, network and seed."""
        method = image.get(name)
        params = dataclasses.asdict(method.checked(self.params_of(name)))
        return {"target": self.target, "layer": self.layer if method.layered else "", **params}

    def _random_curves(
        self, result: Attribution, judging: Mapping[str, Any]
    ) -> tuple[PerturbationCurve, PerturbationCurve]:
        """The curves that all methods of one grid share."""
        return self._kept(
            lambda: image.random_curves(
                _folded(self.card.id, self.card.weights_sha256),
                self.subject.x,
                result.grid,
                target=result.target,
                params=FAITHFULNESS,
                seed=self.seed,
            ),
            "explain.image.random_curves",
            {"target": self.target, **judging},
            heavy="measuring how faithful a random map is",
        )

    def _kept(
        self, compute: Callable[[], R], method: str, parameters: Mapping[str, Any], *, heavy: str
    ) -> R:
        return cached_call(
            compute,
            subject=self.subject,
            weights_sha=self.card.weights_sha256,
            method=method,
            parameters=parameters,
            seed=self.seed,
            heavy=heavy,
        )


@st.cache_resource(show_spinner=False, max_entries=2)
def _folded(model_id: str, weights_sha: str) -> zoo.Classifier:
    """Shared by all sessions; only ever predicts."""
    return classifier(model_id).folded()
