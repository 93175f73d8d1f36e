"""Measurements of strong attacks: 20-step PGD on every picture, AutoAttack and a search with
restarts on some.

A picture that PGD has fooled is fooled. AutoAttack is asked only about what PGD left: the figure is
the same as if both had been run on all, and no weaker than AutoAttack's. Clean, PGD and AutoAttack
figures that stand beside one another are of the same pictures, drawn at random, with intervals.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from trustai import attacks
from trustai.metrics import intervals
from trustai.train.measure.stage import (
    EPSILONS,
    MeasuringStage,
    Metrics,
    StageInput,
    StageResult,
    drawn,
    pictures_of,
)
from trustai.types import ImageSet
from trustai.zoo import Classifier, Metric

EPS = 8
STEPS = 20
AUTOATTACK = "autoattack"
TIGHTENED = "tightened"
N_TIGHTENED = 300
AT_ONCE = 64  # pictures between two lines of progress


def pgd20(classifier: Classifier, test: ImageSet) -> tuple[Tensor, Tensor]:
    """Which pictures ``bool (N,)`` are right, and which still are under our 20-step PGD at 8/255,
    from a random start, in steps of 2/255."""
    curve = attacks.sweep(
        classifier,
        test.pixels,
        test.labels,
        attack="pgd_linf",
        eps=[EPS / 255],
        params=attacks.get("pgd_linf").params(steps=STEPS, alpha=EPS / 255 / 4),
        seed=0,
    )
    return curve.smallest_eps > 0, curve.smallest_eps > EPS / 255


def strong_pgd(classifier: Classifier, test: ImageSet, how: Mapping[str, Any]) -> Metrics:
    """Accuracy under `pgd20`."""
    _, robust = pgd20(classifier, test)
    circumstances = {**how, "attack": "pgd_linf", "eps": f"{EPS}/255", "steps": STEPS, "seed": 0}
    return {"pgd20_accuracy": Metric(robust.float().mean().item(), circumstances)}


def robust_to_autoattack(
    classifier: Classifier, test: ImageSet, left: Tensor, kept: Path, *, resume: bool
) -> Tensor:
    """Which of the pictures `left` ``bool (N,)`` the standard AutoAttack at 8/255 leaves too.

    It takes hours, so that every part's verdicts go to `kept`; with `resume` they are read there.
    """
    robust = torch.zeros_like(left)
    x, y = test.pixels, test.labels
    parts = [part for part in left.nonzero().flatten().split(AT_ONCE) if len(part)]
    known = dict(json.loads(kept.read_text())) if resume and kept.is_file() else {}
    for i, rows in enumerate(parts, start=1):
        part = ",".join(str(index) for index in test.indices[rows].tolist())
        if part not in known:
            found = attacks.run(AUTOATTACK, classifier, x[rows], y[rows], eps=EPS / 255, seed=0)
            known[part] = (~found.success).tolist()
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(known))
        robust[rows] = torch.tensor(known[part])
        print(f"AutoAttack: {i} of {len(parts)}, {int(robust.sum())} robust", flush=True)
    return robust


def under_autoattack(
    classifier: Classifier,
    test: ImageSet,
    how: Mapping[str, Any],
    n: int,
    *,
    kept: Path,
    resume: bool = False,
) -> tuple[Metrics, pd.DataFrame]:
    """Accuracy under the standard AutoAttack (Croce & Hein 2020) on `n` pictures, clean accuracy
    and PGD's of the same ones, the gap of the two attacks, and what each picture stood."""
    part = drawn(test, n)
    right, after_pgd = pgd20(classifier, part)
    robust = robust_to_autoattack(classifier, part, after_pgd, kept, resume=resume)
    stood = {"clean": right, "pgd20": after_pgd, AUTOATTACK: robust}
    table = pd.DataFrame(
        {"index": part.indices.numpy().astype(np.int32)}
        | {name: each.numpy() for name, each in stood.items()}
    )
    told = {
        **how,
        "n": len(part),
        "drawn": "by seed 0",
        "eps": f"{EPS}/255",
        "seed": 0,
        **intervals.HOW,
    }
    gap = after_pgd.double() - robust.double()
    return {
        "autoattack_accuracy": _metric(robust, {**told, "attack": AUTOATTACK}),
        "pgd20_accuracy_same_pictures": _metric(
            after_pgd, {**told, "attack": "pgd_linf", "steps": STEPS}
        ),
        "clean_accuracy_same_pictures": _metric(right, told),
        "autoattack_gap": _metric(gap, {**told, "of": "pgd20 less autoattack"}),
    }, table


def tightened(
    classifier: Classifier, test: ImageSet, how: Mapping[str, Any], n: int
) -> tuple[Metrics, pd.DataFrame]:
    """The sweep of PGD and its curve tightened, on the same `n` pictures, see `attacks.tighten`."""
    part = drawn(test, n)
    x, y, eps = part.pixels, part.labels, [e / 255 for e in EPSILONS]
    curve = attacks.sweep(classifier, x, y, attack="pgd_linf", eps=eps, seed=0)
    tight = attacks.tighten(classifier, x, y, curve=curve, seed=0)
    columns = {"sweep_eps": curve.smallest_eps, "tightened_eps": tight.smallest_eps}
    table = pd.DataFrame(
        {"index": part.indices.numpy().astype(np.int32)}
        | {k: (255 * v).numpy().round(3).astype(np.float32) for k, v in columns.items()}
    )
    parameters = dict(tight.circumstances.parameters["tightened"])
    told = {**how, "n": len(part), "drawn": "by seed 0", "seed": 0, **parameters, **intervals.HOW}
    at = EPS / 255
    loose = (curve.smallest_eps > at).double() - (tight.smallest_eps > at).double()
    return {
        f"{TIGHTENED}/{EPS}": _metric(tight.smallest_eps > at, {**told, "eps": f"{EPS}/255"}),
        f"{TIGHTENED}/{EPS}/lower_by": _metric(loose, {**told, "eps": f"{EPS}/255"}),
    }, table


def _metric(each: Tensor, how: Mapping[str, Any]) -> Metric:
    """The mean over pictures and its interval."""
    values = each.double().numpy()
    return Metric(float(values.mean()), how).within(intervals.interval(values))


def _pgd20(subject: StageInput) -> StageResult:
    return StageResult(strong_pgd(*pictures_of(subject)))


def _autoattack(subject: StageInput) -> StageResult:
    n, resume = subject.settings.n_autoattack, subject.settings.resume
    kept = Path("runs") / f"{AUTOATTACK}-{subject.card.weights_sha256[:12]}.json"
    metrics, table = under_autoattack(*pictures_of(subject), n, kept=kept, resume=resume)
    return StageResult(metrics, tables={AUTOATTACK: table})


def _tightened(subject: StageInput) -> StageResult:
    metrics, table = tightened(*pictures_of(subject), N_TIGHTENED)
    return StageResult(metrics, tables={TIGHTENED: table})


STAGES: Mapping[str, MeasuringStage] = {
    "pgd20": MeasuringStage(_pgd20, "picture", default=True),
    AUTOATTACK: MeasuringStage(_autoattack, "picture"),
    TIGHTENED: MeasuringStage(_tightened, "picture"),
}
