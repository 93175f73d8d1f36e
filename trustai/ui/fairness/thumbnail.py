"""The home page's thumbnail of the fairness page: base rates of women and men."""

from __future__ import annotations

from trustai.data.census import synthetic
from trustai.plots import charts, colours
from trustai.ui.kit.charts import thumbnail


def show() -> None:
    """From the measured statistics alone: the home page reads no table."""
    by_sex = synthetic.measured()["positive"]["real"]["sex"]
    figure = charts.grouped_bars(
        [("income above 50,000 dollars", colours.CLEAN, list(by_sex.values()))], list(by_sex)
    )
    figure.update_layout(height=200, showlegend=False, bargap=0.5)
    figure.update_yaxes(title="above 50,000 dollars", range=[0, 1.25 * max(by_sex.values())])
    thumbnail(figure, key="thumbnail-fairness", title="Income above 50,000 dollars by sex")
