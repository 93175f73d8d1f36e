"""The table of every group on the fairness page: rates, intervals and AUC, groups crossed too."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_score, roc_auc_score

from tests.app.pages import no_fault, open_page, texts
from trustai.fairness import load_path
from trustai.metrics.fairness import RARE


@pytest.mark.parametrize("step", [0, 9])
def test_groups_are_crossed_and_judged_as_scikit_learn_does(step: int) -> None:
    app = open_page("fairness", step=str(step), groups="Sex and race")
    no_fault(app)
    (shown,) = (one.value for one in app.dataframe if "ROC AUC" in one.value)
    part = load_path().parts["test"]
    assert len(shown) == len(part.names["sex"]) * len(part.names["race"])
    assert shown["rows"].sum() == len(part.labels)
    probability = part.probability[step]
    for sex, race in (("Female", "Black"), ("Male", "White")):
        some = (part.groups["sex"] == part.names["sex"].index(sex)) & (
            part.groups["race"] == part.names["race"].index(race)
        )
        row = shown.set_index("group").loc[f"{sex}, {race}"]
        said, labels = probability[some] >= 0.5, part.labels[some]
        assert row["rows"] == some.sum()
        assert row["selection rate"].startswith(f"{said.mean():.1%} (")
        assert row["precision"].startswith(f"{precision_score(labels, said):.1%} (")
        auc, text = roc_auc_score(labels, probability[some]), row["ROC AUC"]
        assert text.startswith(f"{auc:.3f} (")
        low, high = (float(end) for end in text.split("(")[1].rstrip(")").split(" to "))
        assert low < auc < high


def test_a_rare_group_is_named() -> None:
    """Every group of the real census is large enough when it is not crossed."""
    part = load_path().parts["test"]
    sizes = np.bincount(part.groups["sex"] * len(part.names["race"]) + part.groups["race"])
    app = open_page("fairness", groups="Sex and race")
    assert ("fewer than 30 people" in texts(app)) == bool((sizes < RARE).any())
    one = open_page("fairness", groups="Race")
    (shown,) = (frame.value for frame in one.dataframe if "ROC AUC" in frame.value)
    assert shown["group"].tolist() == list(part.names["race"])
