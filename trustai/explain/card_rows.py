"""Reading a league table back from a card, whatever was judged in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TypeVar

from trustai.zoo import Card

R = TypeVar("R")
# What stands with a method's ``n`` in words, beside the figures; not every league has all of it.
TOLD = ("n", "problems", "reason", "parameters")


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
