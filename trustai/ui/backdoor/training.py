"""The poisoning that a person has chosen, and the training of a network on it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from trustai import zoo
from trustai.attacks.backdoor import Poisoned, Trigger, poison
from trustai.live import backdoor as live
from trustai.live.backdoor import LiveBackdoorParams, Prepared, TrainedBackdoor
from trustai.ui.backdoor.networks import CLEAN, N_TRAIN, N_VALIDATION, signs_of
from trustai.ui.kit.caching import cached_call, classifier
from trustai.ui.kit.jobs import Countdown


@dataclass(frozen=True)
class Poisoning:
    """What is poisoned, how much of it, and which part of the network learns."""

    share: float
    target: int
    kind: str
    source: int | None
    unfrozen: str

    def of(self, trigger: Trigger, n: int) -> Poisoned:
        """So many training pictures, of which some are marked."""
        return poison(
            signs_of("train", n), trigger=trigger, share=self.share, target=self.target,
            kind=self.kind, source=self.source,
        )  # fmt: skip


@st.cache_resource(show_spinner=False, max_entries=2)
def _prepared() -> Prepared:
    with st.spinner("Computing what the frozen backbone gives for the pictures …"):
        return live.prepare(
            classifier(CLEAN),
            signs_of("train", N_TRAIN),
            validation=signs_of("validation", N_VALIDATION),
        )


def train(trigger: Trigger, poisoning: Poisoning) -> TrainedBackdoor:
    """The end of the clean network, trained on poisoned pictures.

    Args:
        trigger: What is put on them.
        poisoning: On how many, of which class, and which part learns.
    """
    bar = Countdown("Training the network", expected=12)
    return cached_call(
        lambda: live.train_backdoor(
            _prepared(), trigger=trigger, share=poisoning.share, target=poisoning.target,
            kind=poisoning.kind, source=poisoning.source,
            params=LiveBackdoorParams(unfrozen=poisoning.unfrozen),  # type: ignore[arg-type]
            on_progress=bar,
        ),
        subject=None,
        weights_sha=zoo.read_card(CLEAN).weights_sha256,
        method="live.backdoor.train_backdoor",
        parameters={"trigger": str(trigger), "poisoning": str(poisoning)},
        heavy="training a small network",
        bar=bar,
    )  # fmt: skip
