"""What an explanation costs beside one look of the network at the picture, on any machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from trustai.explain.base import progress_of
from trustai.explain.image.base import METHODS, explain
from trustai.types import OnProgress
from trustai.zoo.classifier import Classifier

PREFIX = "explain_cost"
"""First part of the metrics of a card that say what a method costs, in passes."""
LARGE = 160
"""Side in pixels from which on a pass is dear enough to count them."""


def quick_params(name: str, *, side: int) -> Any:
    """The parameters with which a method stays within seconds on pictures of this size; None for
    its defaults.

    Args:
        name: One of `names()`.
        side: Of the pictures, in pixels.

    >>> quick_params("rise", side=224) == METHODS.get("rise").quick
    True
    >>> quick_params("rise", side=64) is None
    True
    """
    method = METHODS.get(name)
    return method.quick if side >= LARGE and not method.suits_large_pictures else None


def relative_costs(
    classifier: Classifier,
    x: Tensor,
    *,
    methods: Sequence[str],
    repeats: int = 3,
    on_progress: OnProgress | None = None,
) -> dict[str, float]:
    """``seconds of explain / seconds of predict`` for one picture, the best of `repeats` each.

    A ratio travels from machine to machine where seconds do not. They are seconds of the
    processor, so that it does not matter much what else the machine does.

    Args:
        classifier: In eval mode.
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        methods: Some of `names()`, with their `quick_params`.
        repeats: At least 1.
        on_progress: Called with the share of the methods done; may raise to stop.

    Returns:
        By method; those that cannot apply to this network are left out.
    """
    classifier.predict(x)  # warms up
    one = _best(lambda: classifier.predict(x), repeats=5 * repeats)
    found = {}
    for name in progress_of(list(methods), on_progress):
        params = quick_params(name, side=x.shape[-1])
        try:
            found[name] = (
                _best(
                    lambda name=name, params=params: explain(name, classifier, x, params=params),  # type: ignore[misc]
                    repeats=repeats,
                )
                / one
            )
        except ValueError:  # about the network
            continue
    return found


def _best(work: Callable[[], Any], *, repeats: int) -> float:
    """Seconds of the processor in the quickest run."""
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)
