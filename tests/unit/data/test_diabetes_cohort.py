"""The synthetic cohort: drawn as its statistics say, close to the real table, and nobody's rows."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from trustai import data
from trustai.data.tables import closeness, cohort, diabetes
from trustai.types import Table

real_table = pytest.mark.skipif(
    diabetes.source() != "prepared", reason="$TRUSTAI_DATA holds no diabetes table"
)


def known_table(n: int = 4000) -> Table:
    """Two correlated columns and one that is missing together with the second."""
    random = np.random.default_rng(0)
    labels = np.arange(n) % 4 == 0
    z = random.multivariate_normal([0, 0, 0], [[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]], n)
    values = np.stack([np.round(z[:, 0] * 10 + 50 * labels), np.exp(z[:, 1]), z[:, 2]], axis=1)
    values[:, 1:] = np.round(values[:, 1:], 2)
    gone = random.random(n) < np.where(labels, 0.5, 0.1)
    values[gone, 1:] = np.nan
    return Table(
        name="known",
        split="whole",
        rows=torch.from_numpy(values.astype(np.float32)),
        labels=torch.from_numpy(labels.astype(np.int64)),
        columns=("a", "b", "c"),
        classes=("no", "yes"),
        indices=torch.arange(n),
        integer=(True, False, False),
        synthetic=False,
        target="y",
    )


# -- fit and draw ----------------------------------------------------------------------------


def test_fit_finds_what_was_put_in() -> None:
    statistics = cohort.statistics_of(known_table())
    assert (statistics.columns, statistics.decimals) == (("a", "b", "c"), (0, 2, 2))
    no, yes = statistics.classes
    assert (no.rows, yes.rows) == (3000, 1000)
    assert no.correlation[0][1] == pytest.approx(0.8, abs=0.03)
    assert no.correlation[0][2] == pytest.approx(0, abs=0.05)
    median = cohort.LEVELS.index(0.5)
    assert no.quantiles["b"][median] == pytest.approx(1, abs=0.1)  # of exp(z)
    assert yes.quantiles["a"][median] - no.quantiles["a"][median] == pytest.approx(50, abs=2)
    assert [p.missing for p in no.patterns] == [(), ("b", "c")]
    assert yes.patterns[1].rows == pytest.approx(500, abs=50)


def test_the_draw_has_the_statistics() -> None:
    table = known_table()
    drawn = cohort.generate(n=1000, statistics=cohort.statistics_of(table))
    assert drawn.synthetic
    assert (drawn.target, drawn.classes, drawn.integer) == (
        "y",
        ("no", "yes"),
        (True, False, False),
    )
    assert torch.bincount(drawn.labels).tolist() == [750, 250]
    gone = drawn.rows.isnan()
    assert torch.equal(gone[:, 1], gone[:, 2])
    assert not gone[:, 0].any()
    shares = [t.rows[t.labels == 1, 1].isnan().double().mean() for t in (table, drawn)]
    assert abs(shares[0] - shares[1]) < 0.01
    found = closeness.compare(table.take(torch.arange(1500)), drawn, of_training=drawn)
    assert max(column["ks"] for column in found["columns"].values()) < 0.06
    assert found["correlation"]["spearman"]["max"] < 0.06


def test_values_are_written_like_the_real_ones() -> None:
    drawn = cohort.generate().rows.double()
    for j, feature in enumerate(diabetes.FEATURES):
        known = drawn[:, j][~drawn[:, j].isnan()]
        assert torch.allclose(known, known.round(decimals=feature.decimals), atol=1e-5)
        assert known.min() >= feature.low
        assert known.max() <= feature.high
        assert not feature.zero_is_missing or known.min() > 0


def test_same_seed_same_cohort() -> None:
    first, again, other = (cohort.generate(seed=seed) for seed in (0, 0, 1))
    assert data.split_sha(first) == data.split_sha(again)
    assert data.split_sha(first) != data.split_sha(other)
    assert torch.bincount(first.labels).tolist() == [500, 268]
    # The classes are mixed: the first rows are not all of one.
    assert 5 < int(first.labels[:40].sum()) < 30


def test_the_cohort_is_the_one_that_was_measured() -> None:
    assert data.split_sha(cohort.generate()) == cohort.measured()["sha256"]["synthetic"]


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="expected n to be at least 48, got 20"):
        cohort.generate(n=20)
    assert len(cohort.generate(n=60)) == 60


def test_statistics_survive_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = cohort.statistics_of(known_table())
    monkeypatch.setattr(cohort, "PATH", tmp_path / "cohort.json")
    cohort.save(statistics, {"n": 1})
    assert cohort.load() == statistics
    assert cohort.measured() == {"n": 1}


def test_impossible_correlations_are_mended() -> None:
    # a goes with b, b with c, but a against c: pairs over different rows can say so.
    broken = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    fixed = cohort._positive(broken)
    assert np.linalg.eigvalsh(fixed).min() > 0
    np.testing.assert_allclose(np.diag(fixed), 1)
    fine = np.array([[1, 0.5], [0.5, 1]])
    np.testing.assert_allclose(cohort._positive(fine), fine)


# -- closeness -------------------------------------------------------------------------------


def test_distances_by_hand() -> None:
    a, b = np.array([0.0, 1.0]), np.array([1.0, 2.0])
    # F_a is half a step ahead from 0 to 1 and from 1 to 2: 0.5 + 0.5, in units of std(0, 1).
    assert closeness.distances(a, b) == pytest.approx((0.5, 1 / np.std(a, ddof=1)))
    assert closeness.distances(a, a) == (0, 0)
    assert closeness.distances(np.array([0.0, 1.0]), np.array([5.0, 5.0, 5.0]))[0] == 1


def test_judged_by_hand() -> None:
    table = dataclasses.replace(
        known_table(4),
        rows=torch.tensor([[0.1], [0.6], [0.4], [0.9]]),
        labels=torch.tensor([0, 0, 1, 1]),
    )
    judged = closeness.accuracy_and_auc(lambda rows: rows[:, 0], table)
    # 0.1 and 0.9 are right; of the four pairs only (0.6, 0.4) is in the wrong order.
    assert (judged.accuracy, judged.auc, judged.n) == (0.5, 0.75, 4)


def test_a_table_is_close_to_itself_and_seen_when_it_is_not() -> None:
    table = known_table(400)
    twin = dataclasses.replace(table, synthetic=True)
    same = closeness.compare(table, twin, of_training=twin)
    assert same["columns"]["a"]["ks_by_class"] == 0
    assert same["correlation"]["pearson"]["max"] == 0
    assert same["rows"] == {
        "equal": 400,
        "nearest": {"real": pytest.approx(0.2, abs=0.2), "synthetic": 0},
    }
    shuffled = table.rows.clone()
    shuffled[:, 0] = shuffled[torch.randperm(400, generator=torch.Generator().manual_seed(0)), 0]
    mixed = dataclasses.replace(table, rows=shuffled, synthetic=True)
    other = closeness.compare(table, mixed, of_training=mixed)
    assert other["columns"]["a"]["ks"] == 0
    assert other["columns"]["a"]["ks_by_class"] > 0.2
    assert other["correlation"]["pearson"]["pair"] in (["a", "y"], ["a", "b"])
    assert other["correlation"]["pearson"]["max"] > 0.4


# -- what ships ------------------------------------------------------------------------------


def test_what_ships_is_close_enough() -> None:
    found = cohort.measured()
    for name in diabetes.COLUMNS:
        column = found["columns"][name]
        assert column["ks"] < 0.05
        assert column["ks_by_class"] < 0.1
        assert column["wasserstein"] < 0.1
        assert column["missing"]["real"] == pytest.approx(column["missing"]["synthetic"], abs=0.01)
    for method in ("pearson", "spearman"):
        assert found["correlation"][method]["max"] < 0.1
    assert found["positive"]["real"] == pytest.approx(found["positive"]["synthetic"], abs=0.001)
    for model in found["models"].values():
        assert model["synthetic"]["auc"] == pytest.approx(model["real"]["auc"], abs=0.05)
        assert model["synthetic"]["n"] == model["real"]["n"] == 154


def test_what_ships_holds_no_rows() -> None:
    content = json.loads(cohort.PATH.read_text(encoding="utf-8"))["statistics"]
    for one in content["classes"]:
        assert all(len(values) == len(cohort.LEVELS) <= 21 for values in one["quantiles"].values())
    assert cohort.PATH.stat().st_size < 20_000
    assert cohort.measured()["rows"]["equal"] == 0


@real_table
def test_the_committed_statistics_are_those_of_the_real_table() -> None:
    assert cohort.statistics_of(diabetes.read()) == cohort.load()


@real_table
def test_the_committed_measures_are_measured_again() -> None:
    real = diabetes.read()
    found = closeness.compare(real, cohort.generate(), of_training=cohort.of_training(real))
    committed = cohort.measured()
    for part in ("columns", "correlation", "positive", "rows", "sha256", "n", "how"):
        assert found[part] == committed[part]
    for name, model in committed["models"].items():
        for fitted, result in model.items():
            again = found["models"][name][fitted]
            assert again["auc"] == pytest.approx(result["auc"], abs=0.01)
            assert again["accuracy"] == pytest.approx(result["accuracy"], abs=0.02)


@real_table
def test_the_cohort_that_is_judged_on_the_real_test_rows_never_saw_them() -> None:
    """Other test rows, the same cohort of the training part."""
    real = diabetes.read()
    test = data.part(real, "test").indices
    changed = real.rows.clone()
    changed[test] = changed[test] * 2
    again = cohort.of_training(dataclasses.replace(real, rows=changed))
    assert data.split_sha(again) == data.split_sha(cohort.of_training(real))
