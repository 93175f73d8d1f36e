"""The thumbnail of the page: the measured robustness curves of the signs networks."""

from __future__ import annotations

from trustai.plots import charts
from trustai.ui.kit.charts import thumbnail
from trustai.ui.kit.measured import accuracy_at, attack_measurements


def show() -> None:
    eps = [0.0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16]
    networks = attack_measurements("signs", "pgd_linf") or attack_measurements(
        "cifar10", "pgd_linf"
    )
    curves = [
        (
            n.card.short_title,
            charts.model_colour(n.card.id),
            "solid",
            eps,
            accuracy_at(n.smallest("pgd_linf"), eps),
        )
        for n in networks
    ]
    figure = charts.robustness(curves, x_title="epsilon in 1/255")
    figure.update_layout(height=200, showlegend=False)
    thumbnail(figure, key="thumbnail-attack", title="Accuracy against epsilon")
