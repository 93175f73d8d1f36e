"""How much columns tell about each other: mutual information, and the tree of its largest values.

Papers: Shannon 1948, A Mathematical Theory of Communication; Chow and Liu 1968, Approximating
discrete probability distributions with dependence trees, https://doi.org/10.1109/TIT.1968.1054142.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]


def mutual_information(a: Codes, b: Codes, *, given: Codes | None = None) -> float:
    """``I(a; b | y) = sum P(a, b, y) log(P(a, b | y) / (P(a | y) P(b | y)))``, in nats.

    Args:
        a, b: ``(N,)`` of whole numbers from 0 on.
        given: ``y`` ``(N,)`` likewise; None for ``I(a; b)``.

    Returns:
        At least 0.

    >>> twin = np.array([0, 0, 1, 1])
    >>> round(mutual_information(twin, twin), 3), mutual_information(twin, np.array([0, 1, 0, 1]))
    (0.693, 0.0)
    >>> mutual_information(twin, twin, given=twin)
    0.0
    """
    y = np.zeros_like(a) if given is None else given
    shape = (int(y.max()) + 1, int(a.max()) + 1, int(b.max()) + 1)
    cells = np.ravel_multi_index((y, a, b), shape)
    joint = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape) / len(a)
    apart = joint.sum(2, keepdims=True) * joint.sum(1, keepdims=True)
    within = joint * joint.sum((1, 2), keepdims=True)
    some = joint > 0
    return max(0.0, float((joint[some] * np.log(within[some] / apart[some])).sum()))


def tree(
    codes: Sequence[Codes], *, root: int, given: Codes | None = None
) -> list[tuple[int, int | None]]:
    """The spanning tree of largest mutual information, by Prim's algorithm.

    Args:
        codes: The columns, as of `mutual_information`.
        root: Number of the column that depends on none.
        given: What is known of every row beside the columns.

    Returns:
        Column and parent, parents first; None for the root.

    >>> a = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> b, c = np.array([0, 0, 0, 1, 1, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1, 1, 1])
    >>> tree([a, c, b], root=0)
    [(0, None), (2, 0), (1, 2)]
    """
    n = len(codes)
    gain = {
        (i, j): mutual_information(codes[i], codes[j], given=given)
        for i in range(n)
        for j in range(i)
    }
    found: list[tuple[int, int | None]] = [(root, None)]
    while len(found) < n:
        inside = [j for j, _ in found]
        outside = [j for j in range(n) if j not in inside]
        parent, child = max(
            ((i, j) for i in inside for j in outside),
            key=lambda pair: gain[max(pair), min(pair)],
        )
        found.append((child, parent))
    return found
