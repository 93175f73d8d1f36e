"""The title of a figure has room above everything else, whatever stands above its plot."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from trustai.plots import charts, look


def _lines(*names: str) -> go.Figure:
    figure = go.Figure([go.Scatter(y=[0, 1], name=name) for name in names])
    return charts.layout(figure, height=300)


def _top(figure: go.Figure, title: str = "A title", about: str = "") -> int:
    """The margin above the plot; the plot itself stays as high as it was."""
    plot = figure.layout.height - figure.layout.margin.t
    found = look.titled(figure, title, about).layout
    assert found.height - found.margin.t == plot
    return int(found.margin.t)


def test_a_legend_has_its_rows_below_the_title() -> None:
    bare = _top(_lines())
    assert _top(_lines("one")) == bare, "Plotly names no single line"
    one_row = _top(_lines("one", "two"))
    assert one_row - bare >= 16
    assert _top(_lines("a name of many words", "another of the kind")) - one_row == 24
    hidden = _lines("one", "two").update_layout(showlegend=False)
    assert _top(hidden) == bare


def test_more_lines_of_title_have_more_room() -> None:
    assert _top(_lines(), "A title " * 8) - _top(_lines()) == 22 + 12, "and it begins lower"
    assert _top(_lines(), about="Road signs") - _top(_lines()) == 28
    assert _top(_lines(), about="Road signs " * 8) - _top(_lines(), about="Road signs") == 20


def test_an_axis_above_the_plot_keeps_its_own_room() -> None:
    above = _lines().update_xaxes(side="top")
    assert _top(above) - _top(_lines()) == charts.MARGIN - 8


@pytest.mark.parametrize("names", [("0", "1"), tuple(f"speed limit {i}0" for i in range(15))])
def test_a_confusion_matrix_names_every_class_above_and_its_scale_below(
    names: tuple[str, ...],
) -> None:
    counts = [[3 if i == k else 1 for i in range(len(names))] for k in range(len(names))]
    figure = charts.confusion(counts, names)
    (cells,) = figure.data
    assert cells.colorbar.y < 0, "above the plot it pushes the title out of sight"
    assert cells.textfont.size >= 12
    assert figure.layout.xaxis.side == "top"
    assert (figure.layout.xaxis.dtick, figure.layout.yaxis.dtick) == (1, 1)
    room = max(map(len, names)) * 5 if len(names) > 2 else 0
    assert _top(figure) > 60 + room, "called, the names of the classes, and the title"
