"""Photographs of German road signs, GTSRB (Stallkamp et al. 2012): how drawn signs look in truth.

One source: ``$TRUSTAI_DATA/gtsrb/{train,test}.parquet``, columns ``image`` (encoded bytes, 32x32
pixels), ``label`` and, in training, ``track``: several photographs of one physical sign. Every
tenth track is ``validation``, so no sign is in two splits.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow.parquet as pq
import torch

from trustai.data.images.parquet import prepared_file, read_pictures
from trustai.data.sources import DataMissing
from trustai.types import ImageSet

NAME = "gtsrb"
SIZE = 32
N_TEST = 4_000
CLASSES = (
    "speed limit 20", "speed limit 30", "speed limit 50", "speed limit 60", "speed limit 70",
    "speed limit 80", "end of speed limit 80", "speed limit 100", "speed limit 120",
    "no overtaking", "no overtaking for lorries", "priority at next crossing", "priority road",
    "give way", "stop", "no vehicles", "no lorries", "no entry", "danger", "bend left",
    "bend right", "double bend", "uneven road", "slippery road", "road narrows (right)",
    "road works", "traffic lights", "pedestrians", "children", "cyclists", "snow or ice",
    "wild animals", "end of all limits", "turn right ahead", "turn left ahead", "straight on only",
    "straight on or right", "straight on or left", "keep right", "keep left", "roundabout",
    "end of no overtaking", "end of no overtaking for lorries",
)  # fmt: skip

DRAWN: Mapping[str, str] = {
    "speed limit 30": "speed limit 30",
    "speed limit 50": "speed limit 50",
    "speed limit 80": "speed limit 80",
    "no overtaking": "no overtaking",
    "priority road": "priority road",
    "give way": "yield",
    "stop": "stop",
    "no entry": "no entry",
    "danger": "danger",
    "road works": "roadworks",
    "traffic lights": "traffic signals",
    "turn right ahead": "turn right",
    "turn left ahead": "turn left",
    "straight on only": "straight ahead",
    "roundabout": "roundabout",
}
"""Of the drawn signs' classes those that have photographs here, by the name they have here. The
blue square of a pedestrian crossing has none: its German namesake is a warning triangle."""


def source() -> str | None:
    """``"prepared"`` or None: where the next `load` would read from."""
    return "prepared" if prepared_file(NAME, "train") and prepared_file(NAME, "test") else None


def load(split: str) -> ImageSet:
    """All pictures of ``"train"``, ``"validation"`` or ``"test"``.

    Raises:
        DataMissing: the files are not there; the sentence says what to do.
    """
    path = prepared_file(NAME, split)
    if path is None:
        raise DataMissing(
            f"expected photographs of road signs in $TRUSTAI_DATA/{NAME} as train.parquet and "
            "test.parquet (columns image, label, track), got no such files"
        )
    images, labels = read_pictures(path)
    rows = np.arange(len(labels))
    if split != "test":
        held_out = pq.read_table(path, columns=["track"])["track"].to_numpy() % 10 == 9
        rows = rows[held_out == (split == "validation")]
    return ImageSet(
        name=NAME,
        split=split,
        images=torch.from_numpy(images[rows]),
        labels=torch.from_numpy(labels[rows]),
        classes=CLASSES,
        indices=torch.from_numpy(rows),
    )
