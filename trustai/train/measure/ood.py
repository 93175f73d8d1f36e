"""Measurements of OOD scores and of calibration, for networks that never saw one class.

Every score of `trustai.ood` on all test pictures, of the classes that stayed and of the one that
was left out, and on 1,000 pictures of every OOD data set that is on this machine. Thresholds keep
95 % of the known pictures, once of the validation split (the honest way, whose share kept on the
test split is stated) and once of the test split itself (the course's way). Beside the figures there
are tables of the scores, by picture, and of reliability diagrams at 33 temperatures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from trustai import data, ood, zoo
from trustai.metrics import calibration, intervals
from trustai.ood import comparison, ood_sets
from trustai.ood.leaderboard import KEEP, LEFT_OUT, OODLeaderboardRow
from trustai.ood.methods.msp import msp
from trustai.train.measure.feature_statistics import fit
from trustai.train.measure.stage import MeasuringStage, StageInput, StageResult
from trustai.types import ImageSet
from trustai.zoo import MSP_THRESHOLD, Card, Classifier, FeatureStatistics, Metric
from trustai.zoo.leaderboard import Leaderboard, with_intervals

PREFIX = OODLeaderboardRow.prefix
INLIER = "inlier"
CALIBRATION = "calibration"
N_OOD = 1_000
DRAWN = ("textures", "noise", "signs")  # no photographs, so nothing that ImageNet's classes name
N_DRAWN = 200
TEMPERATURES = tuple(2 ** (k / 8) for k in range(-16, 17))
AT_ONCE = 1_000  # pictures as floats in memory

Scores = dict[str, Tensor]


def fitted_to(classifier: Classifier, *, write: bool) -> FeatureStatistics:
    """The statistics of the training pictures; fitted now where they are missing, if `write`."""
    try:
        return zoo.feature_statistics(classifier)
    except ValueError:
        if not write or classifier.card is None:
            raise
        fit(classifier.card.id)
        return zoo.feature_statistics(classifier)  # as everybody will read it: the file rounds


def scored(
    classifier: Classifier,
    images: ImageSet,
    fitted: FeatureStatistics | None,
    *,
    names: Sequence[str] | None = None,
) -> tuple[Scores, Tensor]:
    """Scores by name, all or those of `names`, and the logits ``(N, C)``."""
    names, parts, logits = names or ood.names(), [], []
    for some in images.images.split(AT_ONCE):
        x = some.float() / 255
        parts.append(ood.scores(names, classifier, x, fitted=fitted))
        logits.append(classifier.predict(x))
    return {name: torch.cat([part[name] for part in parts]) for name in names}, torch.cat(logits)


def in_logit_order(images: ImageSet, left_out: str) -> Tensor:
    """Labels ``(N,)`` as the network counts; -1 for the class that it does not know."""
    gone = images.classes.index(left_out)
    shifted = images.labels - (images.labels > gone).long()
    return torch.where(images.labels == gone, -1, shifted)


def rows_of(name: str, images: ImageSet, scores: Scores, logits: Tensor) -> pd.DataFrame:
    """One row per picture of a set, see `measure_ood` for the columns."""
    columns = {
        "set": np.full(len(images), name),
        "index": images.indices.numpy().astype(np.int32),
        "label": images.labels.numpy().astype(np.int16),
        "predicted": logits.argmax(1).numpy().astype(np.int16),
    }
    halves = {key: value.numpy().astype(np.float16) for key, value in scores.items()}
    return pd.DataFrame(columns | halves)


def rows_of_score(name: str, validation: Tensor, scores: Scores) -> list[OODLeaderboardRow]:
    """The score `name` against every OOD data set, in their order.

    Args:
        validation: Scores of known pictures, on which the threshold is fixed.
        scores: By set, `INLIER` among them.
    """
    threshold = ood.threshold_at(validation, keep=KEEP)
    inliers = scores[INLIER]
    row = OODLeaderboardRow(
        method=name,
        title=ood.get(name).title,
        set=INLIER,
        threshold=threshold,
        kept=ood.accepted_share(inliers, threshold=threshold),
        test_threshold=ood.threshold_at(inliers, keep=KEEP),
    )
    return [
        dataclasses.replace(
            row,
            set=key,
            n=len(others),
            auroc=ood.auroc(inliers, others),
            aupr=ood.aupr(inliers, others),
            fpr95=ood.fpr_at_tpr(inliers, others, tpr=KEEP),
            accepted=ood.accepted_share(others, threshold=threshold),
        )
        for key, others in scores.items()
        if key != INLIER
    ]


def calibrated(logits: Tensor, labels: Tensor, *, temperature: float) -> dict[str, Metric]:
    """ECE and NLL of the known test pictures before and after the scaling by `temperature`."""
    how = {"split": "test", "n": len(labels), "bins": calibration.BINS}
    metrics = {
        "temperature": Metric(temperature, {"split": "validation", "least": "nll"}),
        "ece": Metric(ood.reliability(logits, labels).ece, how),
        "nll": Metric(ood.nll(logits, labels), how),
        "ece_scaled": Metric(ood.reliability(logits, labels, temperature=temperature).ece, how),
        "nll_scaled": Metric(ood.nll(logits, labels, temperature=temperature), how),
    }
    return {f"{CALIBRATION}/{name}": metric for name, metric in metrics.items()}


def diagrams(logits: Tensor, labels: Tensor) -> pd.DataFrame:
    """The reliability diagram at every temperature of `TEMPERATURES`, a row per bin."""
    parts = []
    for temperature in TEMPERATURES:
        found = ood.reliability(logits, labels, temperature=temperature)
        columns = {
            "temperature": torch.full((len(found.count),), temperature),
            "low": found.low,
            "high": found.high,
            "confidence": found.confidence,
            "accuracy": found.accuracy,
            "ece": torch.full((len(found.count),), found.ece),
            "nll": torch.full(
                (len(found.count),), ood.nll(logits, labels, temperature=temperature)
            ),
        }
        part = pd.DataFrame({key: v.numpy().astype(np.float32) for key, v in columns.items()})
        part.insert(3, "count", found.count.numpy().astype(np.int32))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def pictures_for(card: Card, n: int | None) -> tuple[dict[str, ImageSet], dict[str, str]]:
    """Test pictures by set, inliers first, the left-out class second; and a note on each other."""
    assert card.without is not None
    test = data.load(card.dataset, split="test", n=n)
    known = in_logit_order(test, card.without) >= 0
    sets = {
        INLIER: test.take(known.nonzero()[:, 0]),
        LEFT_OUT: test.take((~known).nonzero()[:, 0]),
    }
    notes = {LEFT_OUT: card.without}
    for name in ood_sets.names(card):
        found = ood_sets.load(name, card, n=n or N_OOD)
        sets[name], notes[name] = found.images, found.note
    return sets, notes


def how_measured(
    card: Card, sets: Mapping[str, ImageSet], notes: Mapping[str, str]
) -> dict[str, Any]:
    """What all figures have in common."""
    return {
        "dataset": card.dataset,
        "split": "test",
        "n": len(sets[INLIER]),
        "seed": 0,
        "sets": {key: {"n": len(sets[key]), "note": note} for key, note in notes.items()},
        "parameters": {name: dataclasses.asdict(ood.get(name).params()) for name in ood.names()},
    }


def _leaderboard(
    validation: Scores, results: Mapping[str, Scores], how: Mapping[str, Any]
) -> Leaderboard[OODLeaderboardRow]:
    """Every score against every set, and on each set beside the best.

    Args:
        validation: Of known pictures, on which the thresholds are fixed.
        results: Scores by set, `INLIER` among them.
    """
    by_score = [
        rows_of_score(
            name, validation[name], {key: scores[name] for key, scores in results.items()}
        )
        for name in ood.names()
    ]
    known = results[INLIER]
    of_sets = []
    for rows in zip(*by_score, strict=True):  # the scores against one set
        for figure, found in comparison.compare(known, results[rows[0].set], tpr=KEEP).items():
            rows = with_intervals(rows, figure, found)
        of_sets.append(rows)
    in_order = [row for rows in zip(*of_sets, strict=True) for row in rows]
    n = len(known[ood.names()[0]])
    how = {**how, **intervals.HOW}
    return Leaderboard(kind=OODLeaderboardRow, rows=tuple(in_order), n=n, how=how)


def measure_ood(subject: StageInput) -> StageResult:
    """Scores and calibration of a network that was trained without a class.

    The table of scores has a row per picture: ``set``, ``index`` and ``label`` as that set counts,
    ``predicted`` as the network does, and a column per score in float16.

    Raises:
        ValueError: the network was trained on all classes.
    """
    classifier, card, n = subject.network, subject.card, subject.settings.n
    assert isinstance(classifier, Classifier)  # as the stage's kind says
    if card.without is None:
        raise ValueError(f"expected a network that never saw one class, got {card.id}")
    fitted = fitted_to(classifier, write=n is None)
    sets, notes = pictures_for(card, n)
    validation = data.load(card.dataset, split="validation", n=n, without=card.without)
    fixed_on, validation_logits = scored(classifier, validation, fitted)
    results = {name: scored(classifier, images, fitted) for name, images in sets.items()}
    how = how_measured(card, sets, notes) | {"n_validation": len(validation)}
    board = _leaderboard(fixed_on, {key: scores for key, (scores, _) in results.items()}, how)
    temperature = ood.fit_temperature(validation_logits, validation.labels)
    logits, labels = results[INLIER][1], in_logit_order(sets[INLIER], card.without)
    table = pd.concat([rows_of(k, i, *results[k]) for k, i in sets.items()], ignore_index=True)
    table["set"] = pd.Categorical(table["set"], categories=list(sets))
    return StageResult(
        board.as_metrics() | calibrated(logits, labels, temperature=temperature),
        tables={PREFIX: table, CALIBRATION: diagrams(logits, labels)},
    )


def measure_ood_of_photographs(subject: StageInput) -> StageResult:
    """Scores of a network that knows every class of its data set, on its test pictures and others.

    For the view of one's own picture only: no class was left out, so nothing is told apart that
    is near. Scores that compare with training pictures are left out, which nobody has here, and so
    are OOD sets with photographs of what the network knows. The table is as that of `measure_ood`.
    """
    classifier, card, n = subject.network, subject.card, subject.settings.n
    assert isinstance(classifier, Classifier)  # as the stage's kind says
    assert isinstance(subject.test, ImageSet)
    sets = {INLIER: subject.test}
    for name in DRAWN:
        sets[name] = ood_sets.load(name, card, n=n or N_DRAWN).images
    names = [name for name in ood.names() if not ood.get(name).needs_fitted]
    parts = [rows_of(k, i, *scored(classifier, i, None, names=names)) for k, i in sets.items()]
    table = pd.concat(parts, ignore_index=True)
    table["set"] = pd.Categorical(table["set"], categories=list(sets))
    return StageResult({}, tables={PREFIX: table})


def msp_threshold(subject: StageInput) -> StageResult:
    """``msp_threshold``: the smallest that keeps 95 % of the network's own test pictures.

    With it a page can say of any picture whether it is unlike what the network knows, from nothing
    but the logits. Of the photographs of real signs that the networks of drawn ones name wrongly it
    rejects 94 %; of the scores that need no more than logits none rejects more.
    """
    classifier = subject.network
    assert isinstance(classifier, Classifier)  # as the stage's kind says
    assert isinstance(subject.test, ImageSet)
    scores = msp(classifier.predict(subject.test.pixels)).half()  # as in the tables of scores
    limit = ood.threshold_at(scores.double(), keep=KEEP)
    return StageResult({MSP_THRESHOLD: Metric(limit, {**subject.how, "keep": KEEP})})


STAGES = {
    "msp-threshold": MeasuringStage(msp_threshold, "picture"),
    PREFIX: MeasuringStage(measure_ood, "picture", replaces=(PREFIX, CALIBRATION)),
    "ood-photographs": MeasuringStage(measure_ood_of_photographs, "picture"),
}
