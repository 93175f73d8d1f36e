"""Proxies, counterparts in another group, and the nearest real person."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from trustai.fairness.person import nearest
from trustai.fairness.proxies import moved, mutual_information
from trustai.types import Table

N = 2_000


@pytest.fixture(scope="module")
def people() -> tuple[Table, np.ndarray]:
    """Two groups: a role that names the group, a home that follows the role, pay, and noise."""
    random = np.random.default_rng(0)
    group = random.integers(2, size=N)
    role = np.where(random.random(N) < 0.9, group, 2)  # 0: wife, 1: husband, 2: single
    home = np.where(role == 2, 1, (random.random(N) < 0.2).astype(int))  # singles rent
    pay = random.normal(20 + 10 * group, 3)
    luck = random.normal(size=N)
    rows = torch.from_numpy(np.stack([role, home, pay, luck], axis=1)).float()
    rows[:40, 1] = torch.nan
    table = Table(
        "people", "whole", rows, torch.zeros(N).long(), ("role", "home", "pay", "luck"),
        ("no", "yes"), torch.arange(N), (True, True, False, False), False,
        levels=(("wife", "husband", "single"), ("owned", "rented"), None, None),
    )  # fmt: skip
    return table, group


def test_information_is_scikit_learns_and_orders_the_proxies(
    people: tuple[Table, np.ndarray],
) -> None:
    table, group = people
    found = mutual_information(table, group)
    assert list(found)[:2] == ["role", "pay"]
    assert found["role"] == pytest.approx(mutual_info_score(table.rows[:, 0].numpy(), group))
    home = table.rows[:, 1].nan_to_num(2).numpy()
    assert found["home"] == pytest.approx(mutual_info_score(home, group))
    assert found["luck"] < 0.01
    known = np.where(np.arange(N) < N // 2, group, -1)
    half = table.take(torch.arange(N // 2))
    assert mutual_information(table, known) == mutual_information(half, group[: N // 2])


def test_a_rare_large_value_tells_something() -> None:
    """Nine of ten numbers are 0: what is above is a part of its own."""
    rows = torch.tensor([[0.0]] * 95 + [[5.0]] * 5)
    table = Table("t", "whole", rows, torch.zeros(100).long(), ("gain",), ("no", "yes"),
                  torch.arange(100), (True,), False)  # fmt: skip
    group = np.r_[np.zeros(95, int), np.ones(5, int)]
    wanted = mutual_info_score(group, group)
    assert mutual_information(table, group)["gain"] == pytest.approx(wanted)


def test_a_man_becomes_a_wife_of_the_same_pay_among_women(people: tuple[Table, np.ndarray]) -> None:
    table, group = people
    found = moved(table, group, torch.tensor([1.0, 0, 30, 0.3]), source=1, target=0, draws=2_000)
    assert found.order[0] == "role"
    assert found.given["role"] == ""
    assert found.given["home"] == "role"
    role, home, pay, luck = found.rows.numpy().T
    assert set(role) <= {0.0, 2.0}  # no woman is a husband
    assert (role == 0).mean() > 0.97  # singles are as frequent on both sides: he stays married
    assert (home[role == 0] == 0).mean() > 0.85  # and owns the home, as most wives do
    assert pay.mean() == pytest.approx(20, abs=0.5)  # the median of the men -> that of the women
    assert luck.mean() == pytest.approx(0.3, abs=0.15)  # what is no proxy stays


def test_counterparts_of_all_have_the_distribution_of_the_other_group(
    people: tuple[Table, np.ndarray],
) -> None:
    table, group = people
    men = np.nonzero(group == 1)[0][:300]
    rows = torch.cat(
        [moved(table, group, table.rows[int(i)], source=1, target=0, draws=2, seed=int(i)).rows
         for i in men]
    ).numpy()  # fmt: skip
    women = table.rows[torch.from_numpy(group == 0)].numpy()
    for level in range(3):
        share = (women[:, 0] == level).mean()
        assert (rows[:, 0] == level).mean() == pytest.approx(share, abs=0.05)
    assert np.nanmean(rows[:, 1]) == pytest.approx(float(np.nanmean(women[:, 1])), abs=0.06)
    for k in (2, 3):
        middle = np.quantile(women[:, k], [0.1, 0.5, 0.9])
        assert np.quantile(rows[:, k], [0.1, 0.5, 0.9]) == pytest.approx(middle, abs=0.7)


def test_draws_come_from_the_seed(people: tuple[Table, np.ndarray]) -> None:
    table, group = people
    row = torch.tensor([2.0, torch.nan, torch.nan, 0])
    one, same, other = (
        moved(table, group, row, source=1, target=0, draws=50, seed=seed).rows for seed in (1, 1, 2)
    )
    assert torch.equal(one.nan_to_num(-9), same.nan_to_num(-9))
    assert not torch.equal(one.nan_to_num(-9), other.nan_to_num(-9))
    assert one[:, 2].isnan().all()  # a number that is missing has no quantile


def test_the_nearest_person_by_hand() -> None:
    rows = torch.tensor([[0.0, 1], [10, 1], [20, 0], [torch.nan, 1]])
    table = Table("t", "whole", rows, torch.zeros(4).long(), ("age", "job"), ("no", "yes"),
                  torch.arange(4), (True, True), False, levels=(None, ("a", "b")))  # fmt: skip
    scale = 19 - 1  # of 0, 10, 20: the quantiles at 5 and 95 % are 1 and 19
    found = nearest(table, torch.tensor([9.0, 0]), [True, True, True, True], n=4)
    assert [one.position for one in found] == [2, 1, 0, 3]
    assert found[0].distance == pytest.approx(11 / scale / 2)
    assert found[1].distance == pytest.approx((1 / scale + 1) / 2)
    assert found[1].different == ("job", "age")
    assert found[3].distance == 1  # an age that is not known, another job
    (alone,) = nearest(table, torch.tensor([torch.nan, 1]), [False, False, False, True], n=3)
    assert (alone.distance, alone.different) == (0, ())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t, g: nearest(t, t.rows[0], np.zeros(N, bool)), "expected rows to look among"),
        (lambda t, g: nearest(t, t.rows[0], np.ones(N, bool), n=0), "expected n to be at least 1"),
        (lambda t, g: nearest(t, t.rows[0][:2], np.ones(N, bool)), r"got \(2,\)"),
        (lambda t, g: moved(t, g, t.rows[0], source=0, target=5), "expected rows of group 5"),
        (lambda t, g: moved(t, g, t.rows[0][:3], source=0, target=1), r"expected a row \(4,\)"),
        (lambda t, g: mutual_information(t, g[:5]), r"expected groups \(2000,\), got \(5,\)"),
        (lambda t, g: mutual_information(t, g * 0 - 1), "expected rows whose group is known"),
    ],
)
def test_errors_say_what_was_expected(
    people: tuple[Table, np.ndarray], call: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call(*people)  # type: ignore[operator]
