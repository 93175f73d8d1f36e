"""The thumbnail of the page: the accuracies of the networks."""

from __future__ import annotations

from trustai import zoo
from trustai.plots import charts
from trustai.ui.kit.charts import thumbnail


def show() -> None:
    labels = {"clean_accuracy": "clean", "pgd20_accuracy": "attacked"}
    judged = [c for c in zoo.catalog(kind="picture") if labels.keys() <= c.metrics.keys()]
    cards = [c for c in judged if c.dataset == "cifar10"] or judged
    groups = [
        (c.short_title, charts.model_colour(c.id), [c.metrics[k].value for k in labels])
        for c in cards
    ]
    figure = charts.grouped_bars(groups, list(labels.values()))
    figure.update_layout(height=200, showlegend=False)
    thumbnail(figure, key="thumbnail-models", title="Accuracy of the networks")
