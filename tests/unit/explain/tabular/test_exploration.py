"""Exploring a table: numbers by hand, and sentences that say what the numbers are."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from trustai import data
from trustai.explain.tabular.exploration import outliers, separation, summary
from trustai.types import Table
from trustai.zoo import Card

NAN = math.nan


def table(
    values: list[list[float]] | np.ndarray,
    labels: list[int],
    *,
    columns: str = "abcdefgh",
    levels: tuple[tuple[str, ...] | None, ...] = (),
) -> Table:
    rows = torch.tensor(np.asarray(values), dtype=torch.float32)
    n_columns = rows.shape[1]
    return Table(
        name="toy",
        split="whole",
        rows=rows,
        labels=torch.tensor(labels),
        columns=tuple(columns[:n_columns]),
        classes=("well", "ill"),
        indices=torch.arange(len(rows)),
        integer=(False,) * n_columns,
        synthetic=False,
        levels=levels,
        target="y",
    )


# -- correlation -----------------------------------------------------------------------------

# b = a squared: the same order, not the same line. c runs against a. The gap costs one row.
CURVE = table(
    [[0, 0, 9], [1, 1, 7], [2, 4, NAN], [3, 9, 8], [4, 16, 1], [5, 25, 0]], [0, 0, 0, 1, 1, 1]
)


def test_pearson_by_hand() -> None:
    found = summary.correlation(CURVE)
    a, b = np.arange(6), np.arange(6) ** 2
    expected = ((a - a.mean()) * (b - b.mean())).mean() / (a.std() * b.std())
    assert found.matrix.loc["a", "b"] == pytest.approx(expected)
    assert list(found.matrix.columns) == ["a", "b", "c", "y"]
    assert (found.pair, found.n) == (("a", "b"), 6)
    assert found.value == pytest.approx(expected)


def test_spearman_sees_only_order_and_leaves_gaps_out() -> None:
    found = summary.correlation(CURVE, method="spearman")
    assert found.value == pytest.approx(1)
    # Ranks of c without the gap: 5 3 4 2 1 against 1 2 3 4 5; sum of d^2 = 38.
    assert found.matrix.loc["a", "c"] == pytest.approx(1 - 6 * 38 / (5 * 24))
    assert found.sentence == (
        "a and b have the largest correlation (Spearman +1.00, 6 rows with both values). "
        "y has its largest correlation with a (+0.88)."
    )


def test_the_strongest_pair_may_be_negative_and_never_holds_the_target() -> None:
    values = np.array([[0, 5.0], [1, 4.1], [0, 5.1], [1, 4.0], [0.2, 4.8], [0.9, 4.2]])
    found = summary.correlation(table(values, [0, 1, 0, 1, 0, 1]))
    assert found.pair == ("a", "b")
    assert found.value < -0.9
    assert found.value == found.matrix.loc["a", "b"]


def test_columns_without_order_are_left_out() -> None:
    values = np.random.default_rng(0).integers(0, 2, (40, 4)).astype(float)
    toy = table(values, [0, 1] * 20, levels=(None, ("x", "y", "z"), ("no", "yes"), None))
    assert summary.ordered(toy) == ["a", "c", "d"]
    assert list(summary.correlation(toy).matrix.columns) == ["a", "c", "d", "y"]


def test_constant_columns_have_no_correlation() -> None:
    found = summary.correlation(table([[1, 7, 2], [2, 7, 4], [3, 7, 7]], [0, 1, 1]))
    assert found.pair == ("a", "c")
    with pytest.raises(ValueError, match="expected at least two columns of numbers that vary"):
        summary.correlation(table([[1, 7], [2, 7], [3, 7]], [0, 1, 1]))
    with pytest.raises(
        ValueError, match="expected method to be pearson or spearman, got 'kendall'"
    ):
        summary.correlation(CURVE, method="kendall")  # type: ignore[arg-type]


def test_the_pair_is_read_in_each_class() -> None:
    up, down = [[i, i] for i in range(5)], [[i, -i] for i in range(5)]
    same = summary.pair_sentence(table([*up, *up], [0] * 5 + [1] * 5), pair=("a", "b"))
    assert (
        same
        == "As a rises, b rises clearly in both classes (Spearman +1.00 in “well”, +1.00 in “ill”)."
    )
    against = summary.pair_sentence(table([*up, *down], [0] * 5 + [1] * 5), pair=("a", "b"))
    assert "b rises clearly in one class and falls clearly in the other" in against
    flat = [[0, 1], [1, 0], [2, 0], [3, 1.0]]
    still = summary.pair_sentence(table([*flat, *up], [0] * 4 + [1] * 5), pair=("a", "b"))
    assert "hardly changes in one class and rises clearly in the other" in still


# -- classes, separation, gaps ---------------------------------------------------------------


def test_balance() -> None:
    found = summary.balance(table([[0]] * 4, [1, 1, 0, 1]))
    assert found.counts == (1, 3)
    assert found.sentence.startswith(
        "3 of 4 rows are “ill”. Always guessing this class gives 75% accuracy"
    )


def test_separation_counts_pairs() -> None:
    # a: of the 2 x 2 pairs the ill one is higher in 3, lower in 1. b: always lower; c: all tied.
    values = [[1, 5, 0], [4, 6, 0], [3, 1, 0], [5, 2, 0], [9, NAN, 0]]
    found = separation.separation(table(values, [0, 0, 1, 1, 1]))
    assert found.auc == {"a": pytest.approx(5 / 6), "b": 0, "c": 0.5}
    assert found.sentence == (
        "b alone separates the classes best: in pairs of one row of each class, the row with “ill” "
        "has the lower value in 100% of the pairs. c separates them least (50%)."
    )


def test_separation_without_values() -> None:
    found = separation.separation(table([[1, NAN], [2, NAN]], [0, 1]))
    assert found.auc["a"] == 1
    assert math.isnan(found.auc["b"])
    assert found.sentence.endswith("has the higher value in 100% of the pairs.")


def test_separation_looks_at_categories_too() -> None:
    """The city is nearly the answer, the number says nothing."""
    random = np.random.default_rng(0)
    labels = np.array([0, 1] * 100)
    city = np.where(labels == 1, 2, random.integers(0, 2, 200)).astype(float)
    city[:6] = [1, 0, 1, 0, 1, 0]
    toy = table(
        np.stack([random.normal(size=200), city], axis=1),
        labels,
        levels=(None, ("Amol", "Bam", "Khoy")),
    )
    found = separation.separation(toy)
    assert found.auc["b"] > 0.95
    assert found.answers == ["b"]
    assert found.sentence.startswith(
        "b alone separates the classes best: 100% of the rows with “Khoy” are “ill”, and 0% of "
        "those with “Bam” (ROC AUC 0.9"
    )


def test_a_category_that_says_nothing_gets_no_credit_for_chance() -> None:
    """With 20 levels of five rows, the shares of the same rows would tell a lot."""
    random = np.random.default_rng(1)
    each = []
    for _ in range(20):
        city = random.integers(0, 20, 100).astype(float)[:, None]
        levels = (tuple(f"city {i}" for i in range(20)),)
        toy = table(city, [0, 1] * 50, levels=levels)
        each.append(separation.separation(toy).auc["a"])
    assert abs(np.mean(each) - 0.5) < 0.05


@pytest.mark.parametrize("levels", [(None,), (("no", "yes"),)])
def test_yes_and_no_are_not_higher_and_lower(levels: tuple[tuple[str, ...] | None]) -> None:
    values = np.array([[0.0]] * 30 + [[1.0]] * 10 + [[0.0]] * 10 + [[1.0]] * 30)
    found = separation.separation(table(values, [0] * 40 + [1] * 40, levels=levels))
    yes, no = ("yes", "no") if levels[0] else ("1", "0")
    assert found.auc["a"] == pytest.approx(0.75)
    assert found.sentence == (
        f"a alone separates the classes best: 75% of the rows with “{yes}” are “ill”, and 25% of "
        f"those with “{no}” (ROC AUC 0.750)."
    )


def test_a_column_that_is_the_answer_is_suspected() -> None:
    labels = [0, 1] * 50
    values = np.stack([np.array(labels) * 2.0 + 1, np.arange(100.0)], axis=1)
    found = separation.separation(table(values, labels))
    assert found.answers == ["a"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sex", True),
        ("PatientAge", True),
        ("age_years", True),
        ("marital-status", True),
        ("Race", True),
        ("average", False),
        ("sextant", False),
        ("mileage", False),
    ],
)
def test_columns_that_may_not_decide_about_people(name: str, expected: bool) -> None:
    toy = dataclasses.replace(table([[1.0], [2.0]], [0, 1]), columns=(name,))
    assert separation.sensitive_columns(toy) == [name] * expected


def test_missing_per_column_and_class() -> None:
    found = summary.missing(table([[1, NAN], [NAN, NAN], [3, NAN], [4, 1]], [0, 0, 1, 1]))
    assert found.counts.to_dict("list") == {"well": [1, 2], "ill": [0, 1]}
    assert list(found.counts.index) == ["a", "b"]
    assert (found.sizes, found.complete) == ((2, 2), 1)
    assert found.sentence == (
        "b is missing most often, in 3 of 4 rows (100% of “well” and 50% of “ill”). "
        "1 row is complete."
    )
    whole = summary.missing(table([[1], [2]], [0, 1]))
    assert whole.sentence == "No value is missing: all 2 rows are complete."


# -- outliers --------------------------------------------------------------------------------


def test_iqr_by_hand() -> None:
    # Quartiles 2.5 and 7.5: the whiskers end at -5 and 15.
    column = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12.0, 100.0, NAN]
    found = outliers.outliers(table([[v, 0.0] for v in column], [0, 1] * 6))
    assert found.flags[:, 0].tolist() == [v == 100 for v in column]
    assert found.limits[0].tolist() == [0, 12]
    assert found.limits[1].isnan().all()
    assert found.rows.tolist() == [False] * 10 + [True, False]
    assert found.sentence == (
        "By the IQR rule, a has the largest share of outliers: 1 of 11 values (9.1%). The other "
        "values are between 0 and 12. 1 of 12 rows (8%) have an outlier."
    )


def test_the_forest_finds_the_lonely_value_in_the_middle() -> None:
    random = np.random.default_rng(0)
    column = np.concatenate([random.normal(-10, 1, 150), random.normal(10, 1, 150), [0.0, 60.0]])
    toy = table(column[:, None], [0, 1] * 151)
    forest = outliers.outliers(toy, method="isolation_forest")
    assert forest.flags[-2:, 0].all()
    assert forest.flags.double().mean() < 0.1
    iqr = outliers.outliers(toy)
    assert not iqr.flags[-2, 0]
    assert iqr.flags[-1, 0]
    again = outliers.outliers(toy, method="isolation_forest")
    assert torch.equal(forest.flags, again.flags)


@pytest.mark.parametrize("method", outliers.METHODS)
def test_categories_and_pairs_of_values_have_no_outliers(method: outliers.OutlierName) -> None:
    values = np.zeros((60, 3))
    values[0] = 1
    values[1:3, 1] = 9
    toy = table(values, [0, 1] * 30, levels=(None, ("x",) * 10, None))
    found = outliers.outliers(toy, method=method)
    assert not found.flags.any()
    assert found.sentence.endswith(" rule finds no outlier.")


def test_mostly_one_value_has_no_whiskers() -> None:
    column = [0.0] * 20 + [1, 2, 3]
    assert not outliers.outliers(table([[v] for v in column], [0, 1] * 11 + [0])).flags.any()


def test_another_method_is_rejected() -> None:
    with pytest.raises(
        ValueError, match="expected method to be iqr or isolation_forest, got 'zscore'"
    ):
        outliers.outliers(CURVE, method="zscore")  # type: ignore[arg-type]


# -- what removing them does -----------------------------------------------------------------


def poisoned() -> Table:
    """Separable at 0 in the first column, but for far outliers whose label is the other one."""
    random = np.random.default_rng(0)
    x = random.normal(0, 1, 300)
    labels = (x > 0).astype(int)
    values = np.stack([x, random.normal(0, 1, 300)], axis=1)
    values[:24, 0] = np.where(labels[:24] == 1, -60, 60) + random.normal(0, 1, 24)
    values[::50, 1] = NAN
    return table(values, labels.tolist())


def test_removing_harmful_outliers_helps_the_linear_model() -> None:
    shares: list[float] = []
    found = outliers.removal(poisoned(), folds=3, on_progress=shares.append)
    assert shares == [1 / 3, 2 / 3, 1.0]
    effects = {(effect.method, effect.model): effect for effect in found}
    assert len(effects) == 4
    linear = effects["iqr", "logistic regression"]
    assert 0.05 < linear.removed < 0.15
    assert linear.difference == pytest.approx(linear.after - linear.before)
    assert linear.difference > 2 * linear.error
    # Judged on all held-out rows: the poisoned ones stay wrong.
    assert linear.after < 0.95
    assert "logistic regression gets better" in linear.sentence
    assert (
        f"({linear.before:.1%} to {linear.after:.1%} of held-out rows are correct"
        in linear.sentence
    )
    assert found == outliers.removal(poisoned(), folds=3)


@pytest.mark.parametrize(
    ("difference", "error", "says"),
    [(0.05, 0.01, "gets better"), (-0.05, 0.01, "gets worse"), (0.05, 0.03, "beyond chance")],
)
def test_the_sentence_follows_the_numbers(difference: float, error: float, says: str) -> None:
    effect = outliers.Effect("a model", "iqr", 0.1, 0.75, 0.75 + difference, difference, error)
    assert says in effect.sentence
    assert f"{100 * difference:+.1f} ± {100 * error:.1f} points" in effect.sentence
    assert "Without the 10% of training rows" in effect.sentence
    assert "beyond chance" in dataclasses.replace(effect, removed=0.0).sentence


def test_a_card_tells_what_removing_does_to_the_same_rows_only(
    make_card: Callable[..., Card],
) -> None:
    whole = poisoned()
    effects = [
        outliers.Effect("gradient boosting", "iqr", 0.1, 0.7, 0.75, 0.05, 0.01),
        outliers.Effect("logistic regression", "isolation_forest", 0.2, 0.8, 0.79, -0.01, 0.02),
    ]
    card = make_card(metrics=outliers.as_metrics(effects, whole))
    card = Card.from_json(card.to_json())
    assert outliers.effects_on(card, whole) == effects
    assert outliers.effects_on(card, whole.take(torch.arange(1, len(whole)))) == []


def test_too_many_folds_are_rejected() -> None:
    with pytest.raises(ValueError, match=r"expected folds in \[2, 3\], got 5"):
        outliers.removal(CURVE)


def test_the_cohort_is_read_in_every_way() -> None:
    cohort = data.load("diabetes-synthetic", split="whole")
    found = summary.correlation(cohort)
    assert found.pair == ("SkinThickness", "BMI")
    assert found.best == "Glucose"
    sentences = [
        found.sentence,
        summary.pair_sentence(cohort, pair=found.pair),
        summary.balance(cohort).sentence,
        separation.separation(cohort).sentence,
        summary.missing(cohort).sentence,
        *(outliers.outliers(cohort, method=method).sentence for method in outliers.METHODS),
    ]
    assert len(set(sentences)) == 7
    assert all(s.endswith(".") and "nan" not in s for s in sentences)
    assert "Glucose alone separates the classes best" in sentences[3]
    assert "Insulin is missing most often, in 374 of 768 rows" in sentences[4]
