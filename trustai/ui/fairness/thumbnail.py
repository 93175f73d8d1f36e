"""The home page's thumbnail of the fairness page: two distributions that should be one."""

from __future__ import annotations

import numpy as np

from trustai.fairness.densities import POINTS
from trustai.plots.fairness.curves import GroupCurve, densities
from trustai.ui.fairness.measured import heights, looks, path
from trustai.ui.kit.charts import thumbnail


def show() -> None:
    """The answers of the network without a repair, by sex."""
    measured = path()
    drawn = heights(measured.card.weights_sha256, "sex")[0]
    x = np.linspace(0, 1, POINTS).tolist()
    figure = densities(
        [
            GroupCurve(look.name, look.colour, look.dash, x, drawn[k].tolist())
            for k, look in enumerate(looks(measured.parts["test"], "sex"))
        ]
    )
    figure.update_layout(height=200)
    thumbnail(figure, key="thumbnail-fairness", title="Predicted incomes of two groups")
