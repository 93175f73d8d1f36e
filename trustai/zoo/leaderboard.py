"""Leaderboards: methods compared by measured figures, kept as metrics of a card and read back."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from trustai.metrics.intervals import Comparison
from trustai.registry import Registry
from trustai.types import Circumstances
from trustai.zoo import Card, Metric

if TYPE_CHECKING:  # a page that only reads a card need not wait for it
    import pandas as pd


@dataclass(frozen=True)
class FigureInterval:
    """How sure a figure of a leaderboard is, see `trustai.metrics.intervals`.

    Attributes:
        low, high: Its 95 % interval.
        tied: Whether the paired comparison found nothing that tells the row from the leader of its
            figure; of the leader itself, True.
        leader: Whether the row is that leader.
    """

    low: float
    high: float
    tied: bool
    leader: bool = False


@dataclass(frozen=True)
class LeaderboardRow:
    """One method on a leaderboard. A topic's own row adds its figures, fields made by `figure`.

    Class attributes:
        prefix: First part of the names of the metrics.
        counted: What ``n`` of the whole leaderboard counts, ``"pictures"`` or ``"rows"``.
        methods: The registry whose order the rows have when they are read from a card.
        split_by: The field that tells apart several rows of one method, if there is one.
        repeated: Of what all figures have in common, what stands with each of them again.
        digits: To which figures are rounded on a card.

    Attributes:
        method, title: Name in the registry, and for people.
        n: Pictures or table rows that were judged.
        reason: Why the method cannot apply to this model, in one sentence, else None.
        parameters: Of the method.
        intervals: By the name of a figure, put there by `with_intervals`.
    """

    prefix: ClassVar[str]
    counted: ClassVar[str] = "pictures"
    methods: ClassVar[Registry[Any]]
    split_by: ClassVar[str] = ""
    repeated: ClassVar[tuple[str, ...]] = ()
    digits: ClassVar[int] = 5

    method: str
    title: str
    n: int = 0
    reason: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    intervals: Mapping[str, FigureInterval] = field(default_factory=dict)

    @classmethod
    def figures(cls) -> tuple[str, ...]:
        """Names of the figures, in the order of the fields."""
        return tuple(f.name for f in dataclasses.fields(cls) if "figure" in f.metadata)

    @classmethod
    def _of_method(cls) -> dict[str, Mapping[str, Any]]:
        """Figures that all rows of a method share, and how each was measured."""
        return {f.name: f.metadata["how"] for f in dataclasses.fields(cls) if "how" in f.metadata}

    @classmethod
    def _words(cls) -> list[str]:
        """Fields that are no figures: they stand in the ``how`` of a method's ``n``."""
        apart = {"method", "title", "n", "intervals", cls.split_by, *cls.figures()}
        return [f.name for f in dataclasses.fields(cls) if f.name not in apart]


def figure(*, of_method: Mapping[str, Any] | None = None) -> Any:
    """A field of a `LeaderboardRow` that is a measured figure; it is nan until it is measured.

    Args:
        of_method: Given where all rows of one method share the figure: how it was measured.
    """
    told = {} if of_method is None else {"how": of_method}
    return field(default=math.nan, metadata={"figure": True, **told})


R = TypeVar("R", bound=LeaderboardRow)


def with_intervals(rows: Sequence[R], figure_: str, found: Comparison) -> tuple[R, ...]:
    """The rows with the interval of one figure, and whether each is tied with its leader.

    Args:
        rows: ``K`` rows that were judged on the same items.
        figure_: Name of the figure.
        found: Of those rows in this order.

    Raises:
        ValueError: another number of rows.
    """
    if len(rows) != len(found.low):
        raise ValueError(f"expected {len(found.low)} rows, as were compared, got {len(rows)}")
    ends = zip(found.low.tolist(), found.high.tolist(), found.tied.tolist(), strict=True)
    return tuple(
        dataclasses.replace(
            row,
            intervals={
                **row.intervals,
                figure_: FigureInterval(
                    round(low, row.digits), round(high, row.digits), tied, i == found.leader
                ),
            },
        )
        for i, (row, (low, high, tied)) in enumerate(zip(rows, ends, strict=True))
    )


@dataclass(frozen=True)
class Leaderboard(Generic[R]):
    """Methods judged alike, a row each, in the order asked for.

    Attributes:
        kind: Class of the rows.
        rows: As they were measured, or as a card keeps them.
        n: Pictures or table rows that every method was given.
        how: What all figures have in common: seed, data set, parameters of the judging.
        circumstances: Of a leaderboard that was just measured, else None.

    >>> from trustai import ood, zoo
    >>> board = Leaderboard.from_card(zoo.read_card("signs-no-stop"), ood.OODLeaderboardRow)
    >>> [row.method for row in board.rows if row.set == "noise"][:2]
    ['msp', 'max-logit']
    """

    kind: type[R]
    rows: tuple[R, ...]
    n: int
    how: Mapping[str, Any] = field(default_factory=dict)
    circumstances: Circumstances | None = None

    def table(self) -> pd.DataFrame:
        """The rows as a pandas table, indexed by method."""
        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(row) for row in self.rows]).set_index("method")

    def as_metrics(self, *, how: Mapping[str, Any] | None = None) -> dict[str, Metric]:
        """As metrics of a card: ``<prefix>/<method>/<figure>``, without figures that are nan.

        What all share stands once, with ``<prefix>/<counted>``. What a row says in words stands
        with the method's ``n``, the interval of a figure with that figure. Rows of several sets are
        ``<prefix>/<method>/<set>/<figure>``.

        Args:
            how: What else all figures have in common: the data set, its split.
        """
        kind = self.kind
        shared = f"{kind.prefix}/{kind.counted}"
        found = {shared: Metric(float(self.n), {**(how or {}), **self.how})}
        same = {key: self.how[key] for key in kind.repeated} | {"as": shared}
        for row in self.rows:
            found |= _metrics_of(row, same)
        return found

    @classmethod
    def from_card(cls, card: Card, kind: type[R]) -> Leaderboard[R]:
        """The leaderboard that `as_metrics` put on a card, in the order of the registry.

        Args:
            kind: Class of the rows, as `trustai.ood.OODLeaderboardRow`.

        Returns:
            Without rows where the card has none.
        """
        shared = card.metrics.get(f"{kind.prefix}/{kind.counted}")
        if shared is None:
            return cls(kind=kind, rows=(), n=0)
        rows = [row for name, entry in kind.methods for row in _rows_of(card, kind, name, entry)]
        return cls(kind=kind, rows=tuple(rows), n=int(shared.value), how=shared.how)


def _metrics_of(row: LeaderboardRow, same: Mapping[str, Any]) -> dict[str, Metric]:
    start = f"{row.prefix}/{row.method}"
    own = {"n": row.n, **same}
    found: dict[str, Metric] = {}
    part = start
    if row.split_by:
        part = f"{start}/{getattr(row, row.split_by)}"
    else:
        words = {name: getattr(row, name) for name in row._words()}
        words["parameters"] = dict(row.parameters)
        told = {name: value for name, value in words.items() if value is not None}
        found[f"{start}/n"] = Metric(float(row.n), own | told)
    of_method = row._of_method()
    for name in row.figures():
        value = getattr(row, name)
        if not math.isfinite(value):
            continue
        if name in of_method:
            found[f"{start}/{name}"] = Metric(value, {**of_method[name], **same})
        else:
            sure = _interval_as_how(row.intervals.get(name))
            found[f"{part}/{name}"] = Metric(round(value, row.digits), own | sure)
    return found


def _interval_as_how(found: FigureInterval | None) -> dict[str, Any]:
    if found is None:
        return {}
    leads = {"leader": True} if found.leader else {}
    return {"interval": [found.low, found.high], "tied": found.tied, **leads}


def _intervals_of(metrics: Mapping[str, Metric]) -> dict[str, FigureInterval]:
    """By figure, of the figures of one row."""
    found = {}
    for name, metric in metrics.items():
        if "tied" in (how := metric.how):
            low, high = how["interval"]
            found[name] = FigureInterval(low, high, how["tied"], how.get("leader", False))
    return found


def _rows_of(card: Card, kind: type[R], name: str, entry: Any) -> list[R]:
    """The rows of one method: one, or where they are split one per part, or none."""
    start = f"{kind.prefix}/{name}/"
    mine = {k[len(start) :]: m for k, m in card.metrics.items() if k.startswith(start)}
    figures = set(kind.figures())
    values: dict[str, Any] = {k: m.value for k, m in mine.items() if k in figures}
    if not kind.split_by:
        if "n" not in mine:
            return []
        told = mine["n"].how
        words = {key: told[key] for key in ("n", *kind._words()) if key in told}
        sure = _intervals_of({k: m for k, m in mine.items() if k in figures})
        return [kind(method=name, title=entry.title, intervals=sure, **words, **values)]
    parts: dict[str, dict[str, Metric]] = {}
    for key, metric in mine.items():
        if "/" in key:
            part, figure_ = key.rsplit("/", 1)
            parts.setdefault(part, {})[figure_] = metric
    rows = []
    for part, metrics in parts.items():
        here: dict[str, Any] = {k: m.value for k, m in metrics.items() if k in figures}
        n = int(next(iter(metrics.values())).how["n"])
        where: dict[str, Any] = {kind.split_by: part}
        sure = _intervals_of(metrics)
        row = kind(method=name, title=entry.title, n=n, intervals=sure, **where, **here, **values)
        rows.append(row)
    return rows
