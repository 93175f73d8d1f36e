"""Measurements of an adversarial patch: its success against its size, beside a plain sticker.

One patch is trained for a network, on training pictures. Then every size is tried on test pictures
of the other classes: the patch at random places and views, the patch in the lower right corner,
and a yellow square there, which the network never learned to obey. A network with a backdoor obeys
the square; its success is measured by its own stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from trustai import data
from trustai.attacks.backdoor import Trigger, stamp
from trustai.attacks.patch import PATCHES, PICTURE, Patch, PatchParams, put_on
from trustai.backdoor import attacked
from trustai.metrics import intervals
from trustai.train.measure.stage import (
    MeasuringStage,
    StageInput,
    StageResult,
    drawn,
    pictures_of,
)
from trustai.types import ImageSet
from trustai.zoo import Classifier, Metric

PATCH = "patch"
"""Topic of the table of the success; the patch itself is in that of `PICTURE`."""
SIZES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
TARGETS = {"signs": "speed limit 80"}
"""The class wanted, as of the networks with a backdoor; of other data sets the first one."""
N_TRAINING, N_TEST = 2_000, 500


def by_size(
    classifier: Classifier, test: ImageSet, patch: Patch, *, params: PatchParams | None = None
) -> pd.DataFrame:
    """The success of three stickers at every size of `SIZES`.

    Columns: ``sticker`` (``"patch"`` anywhere, ``"patch, corner"``, ``"yellow square, corner"``),
    ``size``, ``success`` (share of pictures of other classes named the target), ``low`` and
    ``high`` (95 % interval), ``n``.
    """
    x, rows = attacked(test, target=patch.target).pixels, []
    for size in SIZES:
        stickers = {
            PATCH: put_on(x, patch.picture, size=size, params=params),
            "patch, corner": stamp(x, patch.trigger(size=size)),
            "yellow square, corner": stamp(x, Trigger("yellow-square", size=size)),
        }
        for sticker, marked in stickers.items():
            hits = int((classifier.predict(marked).argmax(1) == patch.target).sum())
            low, high = intervals.proportion(hits, len(x))
            rows.append((sticker, size, hits / len(x), low, high, len(x)))
    return pd.DataFrame(rows, columns=["sticker", "size", "success", "low", "high", "n"])


def pixels(patch: Patch) -> pd.DataFrame:
    """The patch as a table, a row per pixel from the upper left, columns ``red, green, blue``."""
    values = (patch.picture * 255).round().byte().flatten(1).T
    return pd.DataFrame(values.numpy(), columns=["red", "green", "blue"])


def _patch(subject: StageInput) -> StageResult:
    classifier, test, how = pictures_of(subject)
    few = subject.settings.n
    params = PatchParams() if few is None else PatchParams(steps=2)
    training = data.load(
        subject.card.dataset, split="train", n=few or N_TRAINING, without=subject.card.without
    )
    assert isinstance(training, ImageSet)  # as of the test part
    target = test.classes.index(TARGETS.get(subject.card.dataset, test.classes[0]))
    patch = PATCHES.get("adversarial-patch").train(
        classifier, training, target=target, params=params
    )
    table = by_size(classifier, drawn(test, N_TEST), patch, params=params)
    told = {
        **how,
        "drawn": "by seed 0",
        **patch.circumstances.parameters,
        "sizes": list(SIZES),
        "seed": 0,
    }
    return StageResult(_metrics(table, told), tables={PATCH: table, PICTURE: pixels(patch)})


def _metrics(table: pd.DataFrame, told: Mapping[str, Any]) -> dict[str, Metric]:
    found = {}
    for row in table[table["sticker"] == PATCH].to_dict("records"):
        metric = Metric(float(row["success"]), {**told, "n": int(row["n"]), "size": row["size"]})
        found[f"patch_success/{row['size']:g}"] = metric.within((row["low"], row["high"]))
    return found


STAGES: Mapping[str, MeasuringStage] = {
    PATCH: MeasuringStage(_patch, "picture", replaces=("patch_success",))
}
