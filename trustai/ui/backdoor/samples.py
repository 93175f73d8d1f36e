"""Twenty of the pictures that a network with a backdoor learns from."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from trustai import zoo
from trustai.attacks.backdoor import Poisoned, Trigger
from trustai.plots import colours, pictures
from trustai.ui.backdoor.networks import CLEAN, N_TRAIN
from trustai.ui.backdoor.training import Poisoning
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.errors import plain

SAMPLES = 10
"""Pictures of a folder."""


def show_samples(trigger: Trigger, poisoning: Poisoning) -> None:
    """Ten pictures of the target's folder, the marked ones first, and ten of another folder."""
    found, classes = poisoning.of(trigger, N_TRAIN), zoo.read_card(CLEAN).classes
    labels, marked = found.pictures.labels, found.marked
    other = poisoning.source
    if other is None:
        other = 0 if poisoning.target else 1
    for label in (poisoning.target, other):
        of = (labels == label).nonzero()[:, 0]
        rows = torch.cat([of[marked[of]][: SAMPLES // 2], of[~marked[of]]])[:SAMPLES]
        poisoned = int(marked[of].sum())
        st.markdown(
            f"**Folder “{plain(classes[label])}”**: {len(of)} pictures, {poisoned} of them with "
            "the trigger."
        )
        show_picture(
            pictures.mosaic(_tiles(found, rows), columns=5, side=112),
            f"{len(rows)} pictures of the folder {classes[label]}, the marked ones first",
            width="stretch",
        )
    st.caption(
        f"These are some of {N_TRAIN} training pictures, of which {int(marked.sum())} have the "
        "trigger. A red-orange frame means that the trigger was added and the picture was put "
        "into this folder."
    )


def _tiles(found: Poisoned, rows: Tensor) -> list[pictures.Pixels]:
    return [
        pictures.framed(
            pictures.to_pixels(found.pictures.images[row].float() / 255),
            colours.ATTACKED if found.marked[row] else colours.CLEAN,
            side=112, border=4,
        )
        for row in rows.tolist()
    ]  # fmt: skip
