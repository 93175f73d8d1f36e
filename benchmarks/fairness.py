"""Our bootstrap of group metrics beside a loop over fairlearn's MetricFrame, in one process.

    python benchmarks/fairness.py --n 16281 --draws 1000

Both sides get the same resampled rows: what is drawn are the counts of label and prediction in
every group, which rates depend on alone, and the loop gets rows with those counts. Prints JSON:
seconds of each side, their ratio, and the largest difference of any number.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from fairlearn import metrics as theirs
from sklearn.metrics import accuracy_score, precision_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, from anywhere

from benchmarks.machine import machine
from trustai.metrics import fairness
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of

METRICS = {
    "selection_rate": theirs.selection_rate,
    "accuracy": accuracy_score,
    "true_positive_rate": theirs.true_positive_rate,
    "false_positive_rate": theirs.false_positive_rate,
    "precision": precision_score,
}


def people(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, predictions and two groups in about the shares of the census."""
    random = np.random.default_rng(0)
    group = (random.random(n) < 0.67).astype(int)
    labels = (random.random(n) < np.where(group, 0.3, 0.11)).astype(int)
    predicted = (random.random(n) < np.where(labels, 0.6, 0.07)).astype(int)
    return labels, predicted, group


def frames(drawn: np.ndarray) -> np.ndarray:
    """``(draws, metrics, groups)``: a MetricFrame for every draw."""
    found = []
    cells = np.array(list(np.ndindex(drawn.shape[1:])))
    for counts in drawn:
        group, labels, predicted = cells.repeat(counts.ravel(), axis=0).T
        frame = theirs.MetricFrame(
            metrics=METRICS, y_true=labels, y_pred=predicted, sensitive_features=group
        )
        found.append(frame.by_group.to_numpy(float).T)
    return np.stack(found)


def compare(n: int, draws: int) -> dict[str, Any]:
    """Both sides on the same draws."""
    labels, predicted, group = people(n)
    started = time.perf_counter()
    counts = fairness.group_counts(labels, predicted, group, n_groups=2)
    fairness.report(counts, ["women", "men"], draws=draws)
    ours = time.perf_counter() - started
    drawn = fairness.bootstrap_counts(counts, draws=draws)
    started = time.perf_counter()
    loop = frames(drawn)
    loop_seconds = time.perf_counter() - started
    rates = np.stack([RATES[name].of(drawn.astype(float)) for name in METRICS], axis=1)
    odds = np.ptp(loop[:, [2, 3]], axis=2).max(1)
    return {
        "rows": n,
        "draws": draws,
        "seconds": {"trustai": ours, "loop over MetricFrame": loop_seconds},
        "ratio": loop_seconds / ours,
        "largest_difference": float(np.abs(loop - rates).max()),
        "largest_difference_of_equalised_odds": float(
            np.abs(odds - criterion_of(CRITERIA["equalised_odds"], drawn)).max()
        ),
        "machine": machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=16_281, help="rows")
    parser.add_argument("--draws", type=int, default=1_000, help="of the bootstrap")
    arguments = parser.parse_args()
    print(json.dumps(compare(arguments.n, arguments.draws), indent=1))


if __name__ == "__main__":
    main()
