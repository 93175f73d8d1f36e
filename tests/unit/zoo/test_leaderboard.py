"""Leaderboards as metrics of a card, and read back from it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trustai import zoo
from trustai.explain.image import SaliencyLeaderboardRow
from trustai.explain.tabular.evaluation.rows import TabularLeaderboardRow
from trustai.metrics import intervals
from trustai.ood import OODLeaderboardRow
from trustai.registry import Registry
from trustai.zoo import Card
from trustai.zoo.leaderboard import Leaderboard, LeaderboardRow, figure, with_intervals

MODELS = Path(zoo.__file__).parents[2] / "models"
KINDS = [SaliencyLeaderboardRow, TabularLeaderboardRow, OODLeaderboardRow]


@dataclass(frozen=True)
class Entry:
    title: str


SORTS: Registry[Entry] = Registry("sort")
SORTS.add("merge", Entry("Merge sort"), order=2)
SORTS.add("quick", Entry("Quicksort"), order=1)


@dataclass(frozen=True)
class SortRow(LeaderboardRow):
    prefix = "sorts"
    counted = "lists"
    digits = 2
    methods = SORTS

    stable: bool = False
    seconds: float = figure()
    swaps: float = figure()


@dataclass(frozen=True)
class SortOnRow(LeaderboardRow):
    prefix = "sorts-on"
    split_by = "data"
    methods = SORTS

    data: str = ""
    seconds: float = figure()
    depth: float = figure(of_method={"on": "all"})


def test_figures_and_words_by_hand(make_card: Callable[..., Card]) -> None:
    merge = SortRow("merge", "Merge sort", n=4, parameters={"k": 2}, stable=True, seconds=0.12345)
    quick = SortRow("quick", "Quicksort", reason="expected a list")
    board = Leaderboard(kind=SortRow, rows=(merge, quick), n=5, how={"seed": 3})
    metrics = board.as_metrics(how={"dataset": "lists"})
    assert {name: metric.value for name, metric in metrics.items()} == {
        "sorts/lists": 5,
        "sorts/merge/n": 4,
        "sorts/merge/seconds": 0.12,
        "sorts/quick/n": 0,
    }
    assert metrics["sorts/lists"].how == {"dataset": "lists", "seed": 3}
    assert metrics["sorts/merge/seconds"].how == {"n": 4, "as": "sorts/lists"}
    assert metrics["sorts/merge/n"].how["stable"] is True
    assert metrics["sorts/quick/n"].how["reason"] == "expected a list"
    again = Leaderboard.from_card(make_card(metrics=metrics), SortRow)
    assert [row.method for row in again.rows] == ["quick", "merge"]  # the order of the registry
    assert (again.n, again.how) == (5, {"dataset": "lists", "seed": 3})
    kept = again.rows[1]
    assert math.isnan(kept.swaps)
    assert dataclasses.replace(kept, swaps=0) == dataclasses.replace(merge, seconds=0.12, swaps=0)
    table = board.table()
    assert table.index.tolist() == ["merge", "quick"]
    assert table.loc["merge", "stable"]


def test_several_rows_of_one_method(make_card: Callable[..., Card]) -> None:
    rows = tuple(
        SortOnRow("quick", "Quicksort", n=n, data=data, seconds=n / 8, depth=7)
        for n, data in ((3, "sorted lists"), (2, "random"))
    )
    board = Leaderboard(kind=SortOnRow, rows=rows, n=9)
    metrics = board.as_metrics()
    assert list(metrics) == [
        "sorts-on/pictures",
        "sorts-on/quick/sorted lists/seconds",
        "sorts-on/quick/depth",
        "sorts-on/quick/random/seconds",
    ]
    assert metrics["sorts-on/quick/depth"].how == {"on": "all", "as": "sorts-on/pictures"}
    assert Leaderboard.from_card(make_card(metrics=metrics), SortOnRow) == board


def test_intervals_stand_with_their_figure(make_card: Callable[..., Card]) -> None:
    quick = SortRow("quick", "Quicksort", n=40, seconds=1.0, swaps=3)
    merge = SortRow("merge", "Merge sort", n=40, seconds=2.0, swaps=3)
    found = intervals.compare([[1.0] * 40, [1.0, 3.0] * 20], higher_is_better=False)
    rows = with_intervals((quick, merge), "seconds", found)
    board = Leaderboard(kind=SortRow, rows=rows, n=40)
    metrics = board.as_metrics()
    assert metrics["sorts/quick/seconds"].how["interval"] == [1.0, 1.0]
    assert metrics["sorts/quick/seconds"].how["leader"] is True
    assert metrics["sorts/merge/seconds"].how["tied"] is False
    assert "interval" not in metrics["sorts/merge/swaps"].how
    again = Leaderboard.from_card(make_card(metrics=metrics), SortRow)
    assert again == board
    assert list(again.rows[1].intervals) == ["seconds"]
    with pytest.raises(ValueError, match="expected 2 rows, as were compared, got 1"):
        with_intervals((quick,), "seconds", found)


def test_a_card_without_a_leaderboard(make_card: Callable[..., Card]) -> None:
    assert Leaderboard.from_card(make_card(), SortRow).rows == ()


@pytest.mark.parametrize("kind", KINDS)
def test_cards_that_ship_keep_their_names(
    kind: type[LeaderboardRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read from a card gives the same names and numbers when it is written again."""
    monkeypatch.setenv("TRUSTAI_MODELS", str(MODELS))
    found = 0
    for card in zoo.catalog():
        board: Leaderboard[Any] = Leaderboard.from_card(card, kind)
        if board.rows:
            found += 1
            mine = {k: m.value for k, m in card.metrics.items() if k.startswith(f"{kind.prefix}/")}
            again = {name: metric.value for name, metric in board.as_metrics().items()}
            assert again == mine
    assert found > 0
