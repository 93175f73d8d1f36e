"""The thumbnail of the page: how sure a network is of known classes and of the one left out."""

from __future__ import annotations

import numpy as np

from trustai.plots import charts
from trustai.ui.kit.charts import thumbnail
from trustai.ui.ood.pickers import (
    CONFIDENT,
    INLIER,
    LEFT_OUT,
    ood_measurements,
)


def show() -> None:
    measured = ood_measurements()[0]
    edges = np.linspace(0, 1, 21)
    shares = {
        set_: np.histogram(1 - measured.of(CONFIDENT, set_), edges)[0]
        / len(measured.of(CONFIDENT, set_))
        for set_ in (INLIER, LEFT_OUT)
    }
    groups = [
        (measured.name(set_), measured.colour(set_), share.tolist())
        for set_, share in shares.items()
    ]
    figure = charts.grouped_bars(groups, [f"{e:.0%}" for e in edges[1:]])
    figure.update_traces(text=None).update_xaxes(title="how sure of its answer, at most")
    figure.update_yaxes(title="pictures", range=None, autorange=True)
    figure.update_layout(height=200, showlegend=False, bargap=0.1)
    thumbnail(figure, key="thumbnail-ood", title="Confidence on familiar and unfamiliar pictures")
