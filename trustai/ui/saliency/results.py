"""The results that the saliency page's views share, each computed once and kept."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st
from torch import Tensor

from trustai import zoo
from trustai.explain import image
from trustai.explain.image.evaluation.curves import Curve
from trustai.types import Attribution
from trustai.ui.kit.caching import (
    cached_call,
    classifier,
    sha256_of,
)

FAITHFULNESS = image.FaithfulnessParams(steps=16, n_random=1)


def attribution(
    panel: image.Panel,
    card: zoo.Card,
    x: Tensor,
    name: str,
    *,
    target: int,
    layer: str,
    seed: int,
    params: Any,
) -> Attribution | ValueError:
    """One method of the panel from the store, or the reason why it cannot apply."""
    method = image.get(name)
    settings = dataclasses.asdict(method.checked(params))
    try:
        return cached_call(
            lambda: panel.explain(name, params=params),
            weights_sha=card.weights_sha256,
            inputs=[sha256_of(x)],
            method=f"explain.image/{name}",
            parameters={"target": target, "layer": layer if method.layered else "", **settings},
            seed=seed,
            heavy="explaining one picture",
        )
    except ValueError as error:
        return error


def faithfulness_of(
    card: zoo.Card, x: Tensor, result: Attribution, seed: int
) -> image.Faithfulness:
    """Judged on the folded network: the same function up to rounding, a third faster."""
    settings = {**dataclasses.asdict(FAITHFULNESS), "grid": list(result.grid)}

    def chance() -> tuple[Curve, Curve]:
        """The curves that all methods of one grid share."""
        return cached_call(
            lambda: image.random_curves(
                _folded(card.id, card.weights_sha256),
                x,
                result.grid,
                target=result.target,
                params=FAITHFULNESS,
                seed=seed,
            ),
            weights_sha=card.weights_sha256,
            inputs=[sha256_of(x, result.target)],
            method="explain.image.random_curves",
            parameters=settings,
            seed=seed,
            heavy="measuring how faithful a random map is",
        )

    return cached_call(
        lambda: image.faithfulness(
            _folded(card.id, card.weights_sha256),
            x,
            result,
            seed=seed,
            params=FAITHFULNESS,
            chance=chance(),
        ),
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(x, result.map, result.target)],
        method="explain.image.faithfulness",
        parameters=settings,
        seed=seed,
        heavy="measuring how faithful a map is",
    )


@st.cache_resource(show_spinner=False, max_entries=2)
def _folded(model_id: str, weights_sha: str) -> zoo.Classifier:
    """Shared by all sessions; only ever predicts."""
    return classifier(model_id).folded()
