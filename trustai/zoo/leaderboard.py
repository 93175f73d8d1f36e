"""A league table as metrics of a card, and back, whatever was judged in it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from trustai.zoo import Card, Metric

R = TypeVar("R")
# What stands with a method's ``n`` in words, beside the figures; not every league has all of it.
TOLD = ("n", "problems", "reason", "parameters")


def figures_of(row: type[Any]) -> tuple[str, ...]:
    """Names of a row's figures: the fields that are nan until they are measured."""
    return tuple(f.name for f in dataclasses.fields(row) if f.default is math.nan)


def as_figures(
    rows: Iterable[Any], *, prefix: str, same: Mapping[str, Any], digits: int
) -> dict[str, Metric]:
    """``<prefix>/<method>/<figure>`` of every row, without those that are nan. What a row says in
    words stands with its ``n``.

    Args:
        rows: As `rows_on` returns them.
        same: Of how it was measured what every figure repeats.
        digits: To which a figure is rounded.
    """
    found: dict[str, Metric] = {}
    for row in rows:
        short = {"n": row.n, **same}
        told = {key: getattr(row, key, None) for key in TOLD if key != "n"}
        told["parameters"] = dict(row.parameters)
        own = short | {key: value for key, value in told.items() if value is not None}
        found[f"{prefix}/{row.method}/n"] = Metric(float(row.n), own)
        for figure in figures_of(type(row)):
            value = getattr(row, figure)
            if math.isfinite(value):
                found[f"{prefix}/{row.method}/{figure}"] = Metric(round(value, digits), short)
    return found


def rows_on(
    card: Card, prefix: str, methods: Iterable[tuple[str, str]], row: Callable[..., R]
) -> list[R]:
    """The rows stored as ``<prefix>/<method>/<figure>``; methods without ``n`` are left out.

    Args:
        methods: Name and title of each, in the order of the rows.
        row: A frozen dataclass with ``method``, ``title`` and the figures as its fields.
    """
    fields = {f.name for f in dataclasses.fields(row)}  # type: ignore[arg-type]
    rows = []
    for name, title in methods:
        start = f"{prefix}/{name}/"
        mine = {k[len(start) :]: m for k, m in card.metrics.items() if k.startswith(start)}
        if "n" not in mine:
            continue
        found = {key: metric.value for key, metric in mine.items() if key in fields - {"n"}}
        told = {key: mine["n"].how[key] for key in TOLD if key in mine["n"].how}
        rows.append(row(method=name, title=title, **told, **found))
    return rows
