"""Figures hold the numbers that they were given, in the colours of the language."""

from __future__ import annotations

import numpy as np
import pytest

from trustai.plots import charts, colours, tabular_evaluation
from trustai.plots import saliency as plots_saliency

CLASSES = ("ant", "bee", "cat", "dog")


def test_top_classes_are_ordered_from_the_top_down() -> None:
    figure = charts.top_classes(
        [
            ("clean", colours.CLEAN, [0.1, 0.7, 0.15, 0.05]),
            ("attacked", colours.ATTACKED, [0.05, 0.2, 0.05, 0.7]),
        ],
        CLASSES,
        k=2,
    )
    # Horizontal bars grow upwards: the last is on top. Clean's best two, then attacked's others.
    attacked, clean = figure.data
    assert list(clean.y) == ["dog", "cat", "bee"]
    assert list(clean.x) == [0.05, 0.15, 0.7]
    assert list(attacked.x) == [0.7, 0.05, 0.2]
    assert list(clean.text) == ["5.0%", "15.0%", "70.0%"]
    assert (clean.name, clean.marker.color) == ("clean", colours.CLEAN)
    assert (attacked.name, attacked.marker.color) == ("attacked", colours.ATTACKED)


def test_top_classes_with_fewer_classes_than_k() -> None:
    figure = charts.top_classes([("p", colours.CLEAN, [0.25, 0.75])], ("no", "yes"))
    assert list(figure.data[0].y) == ["no", "yes"]


def test_confusion_shows_counts_and_shares_of_the_row() -> None:
    heat = charts.confusion([[3, 1], [0, 0]], ("a", "b")).data[0]
    assert [list(row) for row in heat.z] == [[0.75, 0.25], [0, 0]]
    assert [list(row) for row in heat.text] == [["3", "1"], ["", ""]]
    assert (heat.zmin, heat.zmax) == (0, 1)
    assert list(heat.x) == list(heat.y) == ["a", "b"]


def test_confusion_puts_the_first_class_on_top() -> None:
    assert charts.confusion([[1, 0], [0, 1]], ("a", "b")).layout.yaxis.autorange == "reversed"


def test_learning_curves_take_the_known_columns_only() -> None:
    history = {"train_loss": [2.0, 1.0], "val_accuracy": [0.5, None], "val_robust": [0.1, 0.2]}
    lines = {line.name: line for line in charts.learning_curves(history).data}
    assert set(lines) == {"validation, clean", "validation, attacked (PGD-5)"}
    clean = lines["validation, clean"]
    assert list(clean.x) == [1, 2]
    assert list(clean.y) == [0.5, None]
    assert clean.line.color == colours.CLEAN
    assert lines["validation, attacked (PGD-5)"].line.color == colours.ATTACKED


def test_robustness_curves_keep_points_colour_and_dash() -> None:
    curve = ("PGD", colours.ATTACKED, "dash", [0, 1, 2], [0.9, 0.5, 0.1])
    figure = charts.robustness([curve], x_title="eps")
    (line,) = figure.data
    assert list(line.x) == [0, 1, 2]
    assert list(line.y) == [0.9, 0.5, 0.1]
    assert (line.line.color, line.line.dash) == (colours.ATTACKED, "dash")
    assert figure.layout.xaxis.title.text == "eps"


def test_grouped_bars_say_their_percentage() -> None:
    (bar,) = charts.grouped_bars([("m", colours.RANDOM, [0.256, 1.0])], ["x", "y"]).data
    assert list(bar.text) == ["26%", "100%"]
    assert list(bar.x) == ["x", "y"]


@pytest.mark.parametrize(
    ("model_id", "colour"),
    [
        ("cifar10-resnet18", colours.ATTACKED),
        ("cifar10-resnet18-adversarial", colours.TRAINED_AGAINST),
        ("cifar10-resnet18-half-fgsm", colours.TRAINED_AGAINST),
        ("cifar10-resnet18-corrupted", colours.OTHERS[0]),
    ],
)
def test_a_network_has_one_colour_everywhere(model_id: str, colour: str) -> None:
    assert charts.model_colour(model_id) == colour


@pytest.mark.parametrize(
    "figure",
    [
        charts.top_classes([("p", colours.CLEAN, [0.25, 0.75])], ("no", "yes")),
        charts.confusion([[1, 0], [0, 1]], ("a", "b")),
        charts.learning_curves({"val_accuracy": [0.5]}),
    ],
)
def test_text_is_large_enough_for_a_projector(figure: object) -> None:
    assert figure.layout.font.size >= 13  # type: ignore[attr-defined]


def test_a_value_map_averages_down_and_keeps_the_mean() -> None:
    values = np.random.default_rng(0).random((256, 256), np.float32)
    (heatmap,) = plots_saliency.value_map(values, signed=False, table="viridis").data
    assert heatmap.z.shape == (64, 64)
    assert float(np.mean(heatmap.z)) == pytest.approx(float(values.mean()), abs=1e-5)
    assert heatmap.zmin == 0


def test_a_signed_value_map_is_centred() -> None:
    values = np.array([[1.0, -3.0], [0.0, 2.0]], np.float32)
    (heatmap,) = plots_saliency.value_map(values, signed=True, table="viridis").data
    assert (heatmap.zmin, heatmap.zmax) == (-3, 3)


def test_the_climb_marks_the_step_of_its_picture() -> None:
    line, mark = charts.ascent([0.0, 2.0, 5.0, 4.0], at=2).data
    assert list(line.y) == [0, 2, 5, 4]
    assert (list(mark.x), list(mark.y)) == ([2], [5.0])


def test_cost_and_lead_has_the_best_method_on_top_with_its_interval() -> None:
    lead, costs = plots_saliency.cost_and_lead(
        ["a", "b", "c"], [0.1, 10, 1], [0.2, -0.1, 0.5], [(0.1, 0.3), (-0.2, 0.0), (0.4, 0.7)]
    ).data
    assert list(lead.y) == list(costs.y) == ["b", "a", "c"], "an axis counts from below"
    assert list(lead.x) == [-0.1, 0.2, 0.5]
    assert list(costs.x) == [10, 0.1, 1]
    assert list(lead.error_x.array) == pytest.approx([0.1, 0.1, 0.2])
    assert list(lead.error_x.arrayminus) == pytest.approx([0.1, 0.1, 0.1])
    bare, _ = plots_saliency.cost_and_lead(["a"], [1], [0.2], None).data
    assert not bare.error_x.visible


def test_tests_and_cost_puts_every_test_beside_the_others() -> None:
    column = tabular_evaluation.FigureColumn
    figure = tabular_evaluation.tests_and_cost(
        ["a", "b"],
        [
            column("swap", [0.7, 0.9], [(0.6, 0.8), (0.8, 1.0)]),
            column("gone", [0.4, 0.5], None, 0.6),
        ],
        [0.1, 10],
    )
    swap, gone, costs = figure.data
    assert (list(swap.x), list(gone.x), list(costs.x)) == ([0.7, 0.9], [0.4, 0.5], [0.1, 10])
    assert list(swap.y) == list(gone.y) == list(costs.y) == [0, 1]
    assert list(swap.error_x.array) == pytest.approx([0.1, 0.1])
    assert not gone.error_x.visible
    assert [line.x0 for line in figure.layout.shapes] == [0.6], "chance, in its own column"


def test_faithfulness_draws_nulls_in_grey_and_dashed() -> None:
    field, blob, ours = plots_saliency.faithfulness(
        [0, 1], [0.9, 0.1], {"a field": [0.9, 0.5], "a blob": [0.9, 0.4]}
    ).data
    for null in (field, blob):
        assert null.line.color == colours.RANDOM
        assert null.line.dash != "solid"
    assert field.line.dash != blob.line.dash, "never by colour alone"
    assert field.name == "a field"
    assert list(ours.y) == [0.9, 0.1]
