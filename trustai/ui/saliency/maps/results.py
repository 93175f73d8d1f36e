"""All explanations of one picture by one network: computed once, kept, and measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import streamlit as st
from torch import Tensor

from trustai import data, zoo
from trustai.data.images import samples
from trustai.data.uploads import to_square, to_tensor
from trustai.explain import image
from trustai.explain.image.evaluation.cost import quick_params
from trustai.explain.image.evaluation.nulls import BLOB, FIELD, PICTURE
from trustai.types import Attribution, OnProgress
from trustai.ui.kit.caching import cached_call, classifier
from trustai.ui.kit.export import Call, Named
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.measured import explanation_seconds
from trustai.ui.kit.subjects import Subject, answer_of, pictures_at

R = TypeVar("R")

FAITHFULNESS = image.FaithfulnessParams(steps=16, n_random=1)
N_OTHERS = 4


class PictureExplanations:
    """What one network's explanations of one picture, for one class, have in common.

    It owns the passes that methods share, the keys under which results are kept, and the measuring
    of the maps. For one run of a page.

    Args:
        card: Of the network.
        subject: The picture.
        target: The class explained; None: the predicted one.
        layer: That the CAM methods look at.
        seed: Of the methods and of the random fields.
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
        return self._params.get(name, quick_params(name, side=self.subject.x.shape[-1]))

    def seconds_of(self, name: str) -> float:
        """An estimate for one map with the parameters of this page; 0 if nobody measured it."""
        return 0.0 if name in self._params else explanation_seconds(self.card, name)

    def title_of(self, name: str) -> str:
        """What a method's map shows, for its name on the page and on a slide."""
        return f"{image.get(name).title}: evidence for “{self.card.classes[self.target]}”"

    def of(
        self, name: str, *, bar: Countdown | None = None, on_progress: OnProgress | None = None
    ) -> Attribution | ValueError:
        """What a method says, or the reason why it cannot apply.

        Args:
            bar: Of this map alone, where it has to be computed first.
            on_progress: Called instead of `bar` with the share done.
        """
        if name not in self._found:
            try:
                self._found[name] = self._kept(
                    lambda: self._panel.explain(
                        name, params=self.params_of(name), on_progress=bar or on_progress
                    ),
                    f"explain.image/{name}",
                    self._settings(name),
                    heavy="explaining one picture",
                    bar=bar,
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

    def faithfulness(self, name: str, *, bar: Countdown | None = None) -> image.Faithfulness:
        """Deletion and insertion of one of `maps`, beside those of the nulls that cost little: a
        random field as smooth as the map and the blob, which all methods share.

        Measured on the folded network: the same function up to rounding, a third faster.
        """
        result = self.maps[name]
        blob = self._curves(BLOB, lambda: image.blob(self.subject.x))
        return self._kept(
            lambda: image.faithfulness(
                _folded(self.card.id, self.card.weights_sha256),
                self.subject.x,
                result,
                seed=self.seed,
                params=FAITHFULNESS,
                known={BLOB: blob},
                on_progress=bar,
            ),
            f"explain.image.faithfulness/{name}",
            {"judging": dataclasses.asdict(FAITHFULNESS), **self._settings(name)},
            heavy="measuring how faithful a map is",
            bar=bar,
        )

    def faithfulness_python(self) -> str:
        """The lines that judge the `result` of `python` as `faithfulness` does, and print it."""
        call = Call(
            "trustai.explain.image.faithfulness", Named("classifier.folded()", None),
            Named("x", self.subject.x), Named("result", None), seed=self.seed,
            params=Named(f"image.{FAITHFULNESS}", FAITHFULNESS),
        )  # fmt: skip
        return (
            f"faith = {call.python}\n"
            "print(faith.deletion.area.item(), faith.insertion.area.item())\n"
        )

    def with_other_picture(
        self, name: str, measured: image.Faithfulness, *, bar: Countdown | None = None
    ) -> image.Faithfulness:
        """`faithfulness` with one null more: what the method says of another picture.

        Args:
            name: Of one of `maps`.
            measured: Its `faithfulness`.
            bar: Shown while the other picture is explained.
        """
        if self._other is None:
            return measured
        found = self._other.of(name, bar=bar)
        if isinstance(found, ValueError) or found.problems[0]:
            return measured
        curves = self._curves(
            f"{PICTURE}/{name}/{self._other.subject.sha}", lambda: found.map, **self._settings(name)
        )
        return dataclasses.replace(measured, nulls={**measured.nulls, PICTURE: curves})

    def removal(self, name: str) -> dict[str, float]:
        """By how much the probability falls without the most important fifth of a map's pixels.

        Returns:
            Of one of `maps` under the empty name, of a random field and of the blob under theirs.
        """
        result = self.maps[name]

        def compute() -> dict[str, float]:
            x, network = self.subject.x, classifier(self.card.id)
            (field,) = image.random_fields(result.map, seed=self.seed)
            maps = {"": result.map, FIELD: field, BLOB: image.blob(x)}
            return {
                key: image.removal(network, x, one, target=result.target).item()
                for key, one in maps.items()
            }

        return self._kept(
            compute,
            f"explain.image.removal/{name}",
            self._settings(name),
            heavy="hiding the most important pixels",
        )

    def sanity(self, name: str, bar: Countdown) -> list[image.SanityStep]:
        """The maps of the predicted class while the network is randomised layer by layer."""
        return self._kept(
            lambda: list(
                image.sanity(
                    name,
                    classifier(self.card.id),
                    self.subject.x,
                    layer=self.layer,
                    params=self.params_of(name),
                    on_progress=bar,
                )
            ),
            f"explain.image.sanity/{name}",
            {**self._settings(name), "layer": self.layer},
            heavy="randomising the network layer by layer",
            bar=bar,
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

    def _curves(
        self, name: str, maps: Callable[[], Tensor], **decides: Any
    ) -> image.PerturbationCurves:
        """The curves of a null map of this picture."""
        return self._kept(
            lambda: image.perturbation_curves(
                _folded(self.card.id, self.card.weights_sha256),
                self.subject.x,
                maps(),
                target=self.target,
                params=FAITHFULNESS,
            ),
            f"explain.image.perturbation_curves/{name}",
            {**decides, "target": self.target, "judging": dataclasses.asdict(FAITHFULNESS)},
            heavy="measuring how faithful a null map is",
        )

    @cached_property
    def _other(self) -> PictureExplanations | None:
        """The same methods on another picture, of another class: the first that is found."""
        for subject in other_subjects(self.card):
            other = PictureExplanations(
                self.card, subject, layer=self.layer, seed=self.seed, params=self._params
            )
            if other.target != self.target and subject.sha != self.subject.sha:
                return other
        return None

    def _kept(
        self, compute: Callable[[], R], method: str, parameters: Mapping[str, Any], *, heavy: str,
        bar: Countdown | None = None,
    ) -> R:  # fmt: skip
        return cached_call(
            compute,
            subject=self.subject,
            weights_sha=self.card.weights_sha256,
            method=method,
            parameters=parameters,
            seed=self.seed,
            heavy=heavy,
            bar=bar,
        )


def other_subjects(card: zoo.Card) -> Iterator[Subject]:
    """A few pictures that the network knows, one after the other: photographs or test pictures."""
    if card.photographs or not data.available(card.dataset):
        for name in samples.names()[:N_OTHERS]:
            x = to_tensor(to_square(samples.load(name), card.photo_side))
            yield Subject(x=x, label=None, title=name, python="", private=False)
        return
    for i in range(N_OTHERS):
        x = pictures_at(card.dataset, [i]).pixels
        yield Subject(x=x, label=None, title=f"test picture {i}", python="", private=False)


@st.cache_resource(show_spinner=False, max_entries=2)
def _folded(model_id: str, weights_sha: str) -> zoo.Classifier:
    """Shared by all sessions; only ever predicts."""
    return classifier(model_id).folded()
