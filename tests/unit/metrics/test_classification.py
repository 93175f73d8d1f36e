"""The classification report by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trustai.metrics.classification import classification_report


def test_the_report_by_hand() -> None:
    labels, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 1])
    found = classification_report(labels, predicted, classes=("a", "macro avg", "c"))
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.confusion.tolist() == [[2, 1, 0], [0, 2, 0], [0, 1, 0]]
    table = found.table
    # A class may have any name: it does not get lost behind the row of that name.
    assert table["class"].tolist() == ["a", "macro avg", "c", "macro avg", "weighted avg"]
    assert table["precision"].tolist() == pytest.approx([1, 0.5, 0, 0.5, (3 + 1) / 6])
    assert table["recall"].tolist()[:3] == pytest.approx([2 / 3, 1, 0])
    assert table["support"].tolist()[:3] == [3, 2, 1]


def test_there_must_be_predictions() -> None:
    with pytest.raises(ValueError, match="as many predictions as labels"):
        classification_report(np.zeros(0, int), np.zeros(0, int), classes=("a", "b"))
