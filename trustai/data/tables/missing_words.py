"""Words that may stand for a missing value: which of them a column has, and which it means so.

Among numbers each of them can only mean that there is no number. Among texts some are values as
often as not: no alcohol, North America, no sign of it. Those are kept as values unless it is said
otherwise; what was taken for missing is always told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

WORDS: Final = frozenset({"?", "-", "na", "n/a", "#n/a", "<na>", "nan", "null", "none"})
VALUES_AMONG_TEXTS: Final = frozenset({"-", "na", "none"})


def words_in(cells: Sequence[str]) -> dict[str, int]:
    """The words of a column that may mean missing, in lower case, and in how many cells.

    >>> words_in(["NA", "", "3", "na"])
    {'na': 2}
    """
    return dict(Counter(word for cell in cells if (word := cell.casefold()) in WORDS))


def taken(words: dict[str, int], *, among_numbers: bool) -> frozenset[str]:
    """Those that are taken for missing unless somebody says otherwise; the empty cell always is.

    Args:
        words: Of the column, as `words_in` gives them.
        among_numbers: All other cells are numbers.

    >>> sorted(taken({"none": 3, "?": 1}, among_numbers=False))
    ['', '?']
    """
    kept = frozenset() if among_numbers else VALUES_AMONG_TEXTS
    return frozenset({"", *words}) - kept
