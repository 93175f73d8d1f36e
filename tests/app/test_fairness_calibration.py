"""The fairness page's view of calibration, and of criteria that exclude each other."""

from __future__ import annotations

import pytest

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai.fairness import load_path
from trustai.fairness.calibration import by_group
from trustai.fairness.impossibility import implied_rates
from trustai.metrics.fairness import group_counts
from trustai.ui.fairness.calibration import exclusion

PAGE, VIEW = "fairness", "Calibration"


@pytest.mark.parametrize("step", [0, 9])
def test_the_finding_is_what_the_network_expects_and_what_is_true(step: int) -> None:
    app = open_page(PAGE, view=VIEW, step=str(step))
    no_fault(app)
    part = load_path().parts["test"]
    found = by_group(part.probability[step], part.labels, part.groups["sex"], part.names["sex"])
    said = found_in(app)
    for one in found:
        assert (
            f"**{one.said:.1%}** of the group {one.group} (true: {one.observed.value:.1%})" in said
        )
    worst = max(found, key=lambda one: one.ece)
    assert f"largest for {worst.group}: **{worst.ece:.1%}**" in said


def test_the_repair_costs_calibration() -> None:
    """What the view is there to show: parity makes the probabilities of a group untrue."""
    path = load_path()
    part = path.parts["test"]
    before, after = (
        by_group(part.probability[k], part.labels, part.groups["sex"], part.names["sex"])
        for k in (0, path.chosen)
    )
    assert all(one.ece < 0.04 for one in before)
    assert max(one.ece for one in after) > 2 * max(one.ece for one in before)


def test_groups_that_are_not_compared_are_shown_by_race() -> None:
    app = open_page(PAGE, view=VIEW, attribute="Race")
    no_fault(app)
    shown = app.dataframe[0].value
    assert shown["group"].tolist() == list(load_path().parts["test"].names["race"])


def test_equal_rates_imply_unequal_ones_and_no_rule_keeps_every_criterion() -> None:
    app = open_page(PAGE, view=VIEW)
    no_fault(app)
    part = load_path().parts["test"]
    counts = group_counts(part.labels, part.probability[0] >= 0.5, part.groups["sex"], n_groups=2)
    implied = implied_rates(counts, part.names["sex"])
    said = texts(app)
    for name, one in zip(implied.groups, implied.implied, strict=True):
        assert f"**{one.value:.1%}** for {name}" in said
    assert implied.gap.low > 0.02
    table = exclusion.excluded(load_path().card.weights_sha256, "sex", 0)
    assert exclusion.kept_text(table) in said
    assert "No choice of thresholds keeps all" in said
    marks = app.dataframe[1].value.set_index("thresholds for")
    assert "✓" in marks.loc["demographic parity", "demographic parity"]
    assert "✓" not in marks.loc["accuracy only", "p%-rule"]
