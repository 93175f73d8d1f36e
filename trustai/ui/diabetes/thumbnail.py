"""The home page's thumbnail of the diabetes page: ROC curves of its networks."""

from __future__ import annotations

from trustai.metrics import binary
from trustai.plots import charts
from trustai.plots.charts import ShareCurve
from trustai.ui.diabetes.models import MeasuredNetwork, measured_networks
from trustai.ui.kit.charts import thumbnail


def show() -> None:
    lines = [roc_line(network) for network in measured_networks()]
    figure = charts.share_curves(lines, x_title="false alarms", y_title="found", chance=(0, 1))
    figure.update_layout(height=200, showlegend=False)
    thumbnail(figure, key="thumbnail-diabetes", title="ROC curves of the models")


def roc_line(network: MeasuredNetwork) -> ShareCurve:
    """The points of `binary.roc`, counted: the home page does not wait for scikit-learn."""
    thresholds = network.probability.unique().flip(0).tolist()
    false, true = [0.0], [0.0]
    for threshold in thresholds:
        (left, alarmed), (missed, found) = binary.confusion(
            network.labels, network.probability, threshold=threshold
        )
        false.append(alarmed / (alarmed + left))
        true.append(found / (found + missed))
    return ShareCurve(network.card.title, false, true, network.colour)
