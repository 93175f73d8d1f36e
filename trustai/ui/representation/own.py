"""View of uploaded pictures among the training pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import data, represent
from trustai.data.images import samples
from trustai.data.uploads import to_square, to_tensor
from trustai.plots import colours, pictures, representation
from trustai.plots.representation import Marker
from trustai.represent import KNNClassifier
from trustai.represent.projection import UMAPProjection
from trustai.represent.quality import K
from trustai.ui.components.live_slider import data_uri
from trustai.ui.kit.caching import cached_call, sha256_of
from trustai.ui.kit.charts import chart
from trustai.ui.kit.datasets import missing_pictures
from trustai.ui.kit.errors import counted
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look
from trustai.ui.kit.jobs import Countdown, Stopped, heavy_job
from trustai.ui.kit.measured import world_of
from trustai.ui.kit.uploads import NamedPicture, pictures_from_user
from trustai.ui.representation.picture import SHOWN, strip
from trustai.ui.representation.tables import (
    MapMeasurements,
    legend,
    measured_maps,
    pick_network,
    reference_cloud,
)

MOST = 24
DEFAULT = "cifar10-resnet18"
UMAP_SECONDS = 20
"""What fitting takes the first time on a server, when the library also compiles."""
FAR = 0.95
"""A picture is called unlike the training pictures from this share of them on."""


@dataclass(frozen=True, eq=False)
class PictureBatch:
    """The pictures as the network sees them, ``(N, 3, H, W)``, private where one was uploaded."""

    x: Tensor
    private: bool

    @cached_property
    def sha(self) -> str:
        """Of all of them."""
        return sha256_of(self.x)


def show() -> None:
    models = measured_maps()
    pickers, results = first_look(results=2.6)
    with pickers:
        mapped = pick_network(models, default=DEFAULT)
        uploaded = pictures_from_user(key="own_pictures", most=MOST)
        own = uploaded or _samples()
        if not uploaded:
            st.caption("These are sample photographs until you upload your own.")
        st.caption(
            "Each picture is cut to a square and scaled to "
            f"{mapped.card.photo_side}×{mapped.card.photo_side} pixels for the network. "
            + world_of(mapped.card)
        )
    x = torch.cat([to_tensor(to_square(o.pixels, mapped.card.photo_side)) for o in own])
    with results:
        features = cached_call(
            lambda: represent.features_of(mapped.network, x),
            subject=PictureBatch(x, private=any(o.private for o in own)),
            weights_sha=mapped.card.weights_sha256,
            method="representation/features",
            heavy="looking at your pictures",
        )
        table = table_of(mapped, own, x, features)
        finding(finding_text(table))
        _maps(mapped, features)
    _table(table)
    _neighbours(mapped, own, features)
    _export(mapped, table, uploaded=bool(uploaded)).show()


def finding_text(table: pd.DataFrame) -> str:
    """How many pictures are unlike the training pictures, in one sentence."""
    far = int((table["farther out than"] >= FAR).sum())
    return (
        f"**{far} of {counted(len(table), 'picture')}** {'is' if far == 1 else 'are'} unlike the "
        f"training pictures: the nearest training picture is farther away than for {FAR:.0%} of "
        "the training pictures themselves."
    )


def _samples() -> list[NamedPicture]:
    return [
        NamedPicture(samples.describe(name).title, samples.load(name), private=False)
        for name in samples.names()
    ]


def table_of(
    mapped: MapMeasurements, own: Sequence[NamedPicture], x: Tensor, features: Tensor
) -> pd.DataFrame:
    """What the network and its neighbours say of each picture, and how far out it lies."""
    knn, classes = KNNClassifier.of(mapped.fitted), mapped.card.classes
    with torch.no_grad():
        sure, says = mapped.network.head(features).softmax(1).max(1)
    near = knn.neighbours(features, k=K)
    usual = knn.neighbours(knn.reference, k=1, leave_one_out=True).distances[:, 0]
    votes = near.vote(K, n_classes=knn.n_classes)
    return pd.DataFrame(
        {
            "picture": [data_uri(pictures.to_pixels(one), longest_side=64) for one in x],
            "number": list(range(1, len(own) + 1)),
            "name": [o.name for o in own],
            "last layer says": [classes[i] for i in says.tolist()],
            "sure": sure.tolist(),
            f"{K} neighbours say": [classes[i] for i in votes.tolist()],
            "nearest": near.distances[:, 0].tolist(),
            "farther out than": [float((usual < d).float().mean()) for d in near.distances[:, 0]],
        }
    )


def _maps(mapped: MapMeasurements, features: Tensor) -> None:
    legend(mapped.card.classes)
    wants_umap = st.toggle(
        "UMAP as well",
        key="own_umap",
        help="UMAP is fitted to the training pictures. Then your pictures are placed on the map. "
        "The first time this takes 10 to 20 seconds.",
    )
    pca = mapped.pca
    st.markdown("**PCA**")
    _map(mapped, pca.points, pca.place(features), "own-pca")
    first, second = pca.share
    st.caption(f"The two axes hold {first + second:.0%} of the variance of the training pictures.")
    if not wants_umap:
        return
    st.markdown("**UMAP**")
    try:
        fitted, places = _placed_by_umap(mapped, features)
    except Stopped:
        return
    _map(mapped, fitted.points, places, "own-umap")
    params = fitted.params
    st.caption(
        f"UMAP with {params.n_neighbors} neighbours, min_dist {params.min_dist:g}, seed "
        f"{params.seed}. It finds a place for every picture, also for one that is like no training "
        "picture. The column *farther out than* shows this."
    )


def _placed_by_umap(mapped: MapMeasurements, features: Tensor) -> tuple[UMAPProjection, Tensor]:
    """The fitted map and where the pictures lie on it. The library can neither report nor stop."""
    card, bar = mapped.card, Countdown("Fitting UMAP", expected=UMAP_SECONDS)
    kept, reference = _umaps(), mapped.fitted.reference
    known = kept.get(card.weights_sha256)

    def fit() -> tuple[UMAPProjection, Tensor]:
        fitted = known or represent.umap(reference)
        kept[card.weights_sha256] = fitted
        return fitted, fitted.place(features)

    with heavy_job("drawing a UMAP map"), bar.running(f"umap/{card.weights_sha256}"):
        return fit() if known else bar.beside(fit)


@st.cache_resource(show_spinner=False)
def _umaps() -> dict[str, UMAPProjection]:
    """By the weights' SHA-256 what was fitted on this server: a network of the zoo each."""
    return {}


def _map(mapped: MapMeasurements, reference: Tensor, places: Tensor, key: str) -> None:
    stars = [
        Marker(x, y, f"{i}", colours.ATTACKED) for i, (x, y) in enumerate(places.tolist(), start=1)
    ]
    cloud = reference_cloud(mapped, reference.numpy())
    chart(
        representation.with_stars(cloud, stars, mapped.card.classes),
        key=key,
        title="Your pictures on the feature map",
        about=mapped.card.title,
    )


def _table(table: pd.DataFrame) -> None:
    st.dataframe(
        table,
        hide_index=True,
        row_height=48,
        # Names stand in the choice below: with them the table is wider than its place.
        column_order=[
            "picture", "number", "last layer says", "sure", f"{K} neighbours say",
            "farther out than", "nearest",
        ],
        column_config={
            "picture": st.column_config.ImageColumn("picture", width=64),
            "number": st.column_config.NumberColumn("no.", help="On the map.", width=44),
            "last layer says": st.column_config.TextColumn("last layer says", width=104),
            "sure": st.column_config.NumberColumn("sure", format="percent", width=70),
            f"{K} neighbours say": st.column_config.TextColumn(f"{K} neighbours say", width=120),
            "nearest": st.column_config.NumberColumn(
                "nearest", format="%.3f", width=66,
                help="Cosine distance to the nearest training picture.",
            ),
            "farther out than": st.column_config.NumberColumn(
                "farther out than", format="percent", width=116,
                help="Share of the training pictures that have a nearer neighbour than your "
                "picture has. Near 100 % your picture is like none of them.",
            ),
        },
    )  # fmt: skip


def _neighbours(mapped: MapMeasurements, own: Sequence[NamedPicture], features: Tensor) -> None:
    name = mapped.card.dataset
    if not data.available(name):
        missing_pictures(name, instead="So the nearest training pictures cannot be shown.")
        return
    titles = [f"{i}: {o.name}" for i, o in enumerate(own, start=1)]
    chosen = st.selectbox("Nearest training pictures of", titles)
    row = titles.index(chosen)
    near = KNNClassifier.of(mapped.fitted).neighbours(features[row : row + 1], k=SHOWN)
    numbers = mapped.fitted.indices[near.rows[0]].tolist()
    strip(mapped, numbers, near.labels[0].tolist(), near.distances[0].tolist())


def _export(mapped: MapMeasurements, table: pd.DataFrame, *, uploaded: bool) -> Export:
    numbers = table.drop(columns="picture")
    names = table["name"].tolist() if uploaded else samples.names()
    pixels = 'read_image(open(name, "rb").read()).pixels' if uploaded else "samples.load(name)"
    return Export(
        name=f"{mapped.card.id}-own-pictures",
        key="own",
        csv=numbers.to_csv(index=False),
        json={
            "model": mapped.card.id,
            "weights_sha256": mapped.card.weights_sha256,
            "pictures": "uploaded" if uploaded else "samples",
            "references": len(mapped.fitted.labels),
            "table": numbers.to_dict("list"),
        },
        python=f"""
from trustai import represent, zoo
from trustai.data.images import samples
from trustai.data.uploads import read_image, to_square, to_tensor

classifier = zoo.load("{mapped.card.id}")
fitted = zoo.feature_statistics(classifier)
knn = represent.KNNClassifier.of(fitted)
for name in {names}:
    x = to_tensor(to_square({pixels}, {mapped.card.photo_side}))
    near = knn.neighbours(represent.features_of(classifier, x), k=1)
    print(name, classifier.predict(x).softmax(1).max().item(), near.distances.item())
""",
    )
