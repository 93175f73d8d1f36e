"""The leaderboard of defences against backdoors, as it was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trustai import zoo

if TYPE_CHECKING:
    import pandas as pd

TOPIC = "defences"
OF = "signs-backdoor"
"""Whose files hold the table."""
FIGURES = ("auroc", "auroc_all", "false_alarms", "found", "success_before", "success",
           "accuracy_before", "accuracy", "seconds")  # fmt: skip
INTERVALS = ("auroc", "success_before", "success", "accuracy_before", "accuracy")
"""Figures beside which stand ``<figure>_low`` and ``<figure>_high``, a 95 % interval."""
COLUMNS = (
    "network", "method", "seed", *FIGURES,
    *(f"{name}_{end}" for name in INTERVALS for end in ("low", "high")),
)  # fmt: skip


def leaderboard(model_id: str = OF) -> pd.DataFrame | None:
    """One row per network, method and seed; None where nothing was measured.

    - ``network``: id; ``method``: of `trustai.backdoor.defences.names`; ``seed``.
    - ``auroc``: how well the scores tell marked from clean: training pictures of the target's
      label, or inputs. ``auroc_all``: among the training pictures of all labels.
    - ``false_alarms``: share of clean pictures that are flagged, or of the other classes.
    - ``found``: 1 if Neural Cleanse flags the target.
    - ``success_before``, ``accuracy_before``, ``success``, ``accuracy``: attack success rate and
      clean accuracy before and after a repair.
    - ``seconds``: of the method.

    A figure that a method does not have is nan, as is what needs a backdoor for a clean network.
    """
    return zoo.measurements(model_id, topic=TOPIC)
