"""The thumbnail of the page: the map of the test pictures of one network, by class."""

from __future__ import annotations

from trustai.plots import representation
from trustai.ui.kit.charts import thumbnail
from trustai.ui.representation.tables import measured_maps


def show() -> None:
    mapped = next(iter(measured_maps().values()))
    cloud = mapped.cloud("clean", "umap")
    figure = representation.feature_map(cloud, mapped.card.classes, height=200)
    thumbnail(figure, key="thumbnail-representation", title="Feature map of two networks")
