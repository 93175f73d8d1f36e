"""Figures of tables: what they draw, and that uploaded text stays text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trustai.plots import charts, colours, tabular_data, tabular_models

EVIL = "<a href='javascript:alert(1)'>x</a>"
FRAME = pd.DataFrame(
    {"a": [1.0, 2, 3, np.nan, 5], "b": [2.0, 4, 6, 8, 100], EVIL: [0.0, 0, 1, 1, 1]}
)


def test_names_are_short_and_never_html() -> None:
    assert "<" not in charts.label(EVIL, 80)
    assert charts.label("a & b") == "a &amp; b"
    assert charts.label("DiabetesPedigreeFunction", 10) == "DiabetesP…"


def test_a_correlation_matrix_is_centred_at_zero_and_reads_off() -> None:
    figure = tabular_data.correlation_matrix(FRAME.corr())
    cells = figure.data[0]
    assert (cells.zmin, cells.zmax) == (-1, 1)
    assert cells.text[0][0] == "1.00"
    assert "<a" not in str(figure.layout.xaxis.ticktext)


def test_a_pair_plot_draws_each_pair_once_and_never_too_many_points() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).random((9000, 4)), columns=list("abcd"))
    frame["y"] = (frame["a"] > 0.5).astype(int)
    figure = tabular_data.pair_plot(frame, list("abcd"), "y", ("no", "yes"), seed=0)
    scattered = [trace for trace in figure.data if trace.mode == "markers"]
    assert len(scattered) == 2 * 6
    assert sum(len(trace.x) for trace in scattered) <= tabular_data.POINTS
    assert [t.name for t in figure.data if t.showlegend] == ["no", "yes"]


def test_distributions_are_shares_of_their_class_in_the_same_bins() -> None:
    values = [np.array([1.0, 1, 2, 3]), np.array([3.0])]
    figure = tabular_data.distribution(values, ("no", "yes"))
    assert [sum(bar.y) for bar in figure.data] == pytest.approx([1, 1])
    assert list(figure.data[0].x) == list(figure.data[1].x)
    assert len(tabular_data.distribution([np.array([])] * 2, ("no", "yes")).data) == 0


def test_flagged_values_stand_at_their_own_deviation() -> None:
    flags = {"IQR": np.array([[False, False]] * 4 + [[False, True]])}
    figure = tabular_data.spread(FRAME, ["a", "b"], flags)
    marks = next(trace for trace in figure.data if trace.name == "IQR")
    b = FRAME["b"]
    assert list(marks.x) == pytest.approx([(100 - b.mean()) / b.std()])
    assert list(marks.text) == ["b 100"]


def test_a_shape_has_its_members_their_mean_and_the_data_below() -> None:
    members = np.array([[0.0, 1.0], [0.0, 3.0]])
    figure = tabular_models.shape(
        np.array([10.0, 20.0]), members, np.array([10.0, 11, 20]), reach=(-1, 4)
    )
    density, *lines = figure.data
    assert sum(density.customdata) == 3
    assert [list(line.y) for line in lines] == [[0, 1], [0, 3], [0, 2]]


def test_columns_stand_in_the_order_of_the_first_method() -> None:
    groups = [
        ("ours", colours.CLEAN, [0.1, -0.5, 0.2], [0.0, 0.1, 0.2]),
        ("other", colours.ATTACKED, [1.0, 2.0, 3.0], None),
    ]
    figure = tabular_models.shares_of_columns(groups, ["a", "b", EVIL], x_title="x")
    assert list(figure.data[0].x) == [-0.5, 0.2, 0.1]
    assert list(figure.data[1].x) == [2, 3, 1]
    assert list(figure.data[0].error_x.array) == [0.1, 0.2, 0.0]
    assert figure.layout.yaxis.ticktext[0] == "b"
    assert "<a" not in figure.layout.yaxis.ticktext[1]
