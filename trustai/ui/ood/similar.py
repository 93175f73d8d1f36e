"""The training pictures that are most similar to one picture."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from trustai import data, zoo
from trustai.plots import colours, pictures
from trustai.types import ImageSet
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.datasets import missing_pictures
from trustai.ui.kit.errors import plain
from trustai.ui.kit.subjects import whole

NEIGHBOURS = 5


def show_similar(card: zoo.Card, features: Tensor) -> None:
    """The training pictures whose features are nearest.

    Args:
        features: ``(1, D)`` of the picture at hand.
    """
    st.subheader("The most similar training pictures")
    fitted = zoo.feature_statistics(classifier(card.id))
    distance = torch.cdist(features, fitted.reference)[0]
    nearest = distance.argsort()[:NEIGHBOURS]
    indices = fitted.indices[nearest].tolist()
    names = [card.classes[c] for c in fitted.labels[nearest].tolist()]
    if data.available(card.dataset):
        found = _training_pictures(card.dataset, indices)
        with st.container(horizontal=True):
            for image, name, d in zip(found.pixels, names, distance[nearest].tolist(), strict=True):
                framed = pictures.framed(pictures.to_pixels(image), colours.CLEAN, side=160)
                show_picture(framed, f"{name}: distance {d:.2f}", caption=True, width=112)
    else:
        st.markdown(", ".join(f"{plain(n)} ({d:.2f})" for n, d in
                              zip(names, distance[nearest].tolist(), strict=True)))  # fmt: skip
        missing_pictures(card.dataset, instead="Their classes and distances are known.")
    usual = _usual_distance(fitted)
    st.caption(
        f"These are the nearest of {len(fitted.reference):,} remembered training pictures, by the "
        f"{fitted.reference.shape[1]} features before the last layer. The median distance of a "
        f"training picture to its own nearest neighbour is {usual:.2f}."
    )


def _training_pictures(name: str, indices: list[int]) -> ImageSet:
    draw = data.dataset(name).draw
    if draw is not None:
        return draw("train", indices)
    train = whole(name, "train")
    rows = [int((train.indices == i).nonzero()[0, 0]) for i in indices]
    return train.take(torch.tensor(rows))


def _usual_distance(fitted: zoo.FeatureStatistics) -> float:
    few = fitted.reference[:: max(1, len(fitted.reference) // 300)]
    apart = torch.cdist(few, fitted.reference)
    apart[apart == 0] = torch.inf  # itself
    return float(np.median(apart.amin(1).numpy()))
