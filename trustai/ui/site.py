"""The pages of the app: the menu, the home page's cards and the browser tests derive from this.

Cold deep links. Until `app.py` has run once, Streamlit takes a folder ``pages/`` for its own older
kind of menu: it looks for ``pages/<address>.py`` and, where there is none, greets the first
visitor of ``/<address>`` with "Page not found" over the right page (tried: Streamlit 1.67). So each
address has a stub there that does nothing but run `app.py`; a test keeps them in step with `PAGES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

_ROOT = Path(__file__).resolve().parents[2]
# A file of ours: Streamlit would fetch a named symbol from the network.
ICON = Path(__file__).with_name("icon.png")


@dataclass(frozen=True)
class PageInfo:
    """One page.

    Attributes:
        section: Its heading in the menu, also its folder.
        file: Below ``pages/``.
        url: Path of its address; empty for the home page.
        title, icon: In the menu.
        sentence: What a person can do there.
    """

    section: str
    file: str
    url: str
    title: str
    icon: str
    sentence: str


PAGES = (
    PageInfo(
        section="Start",
        file="start/home.py",
        url="",
        title="Home",
        icon=":material/home:",
        sentence="What can be done here.",
    ),
    PageInfo(
        section="Explanations",
        file="explanations/saliency.py",
        url="saliency",
        title="Image explanations",
        icon=":material/image_search:",
        sentence="Upload a picture and see which pixels decided, in a dozen methods side by side, "
        "each with a figure of how far it can be believed.",
    ),
    PageInfo(
        section="Explanations",
        file="explanations/captions.py",
        url="captions",
        title="Captions",
        icon=":material/closed_caption:",
        sentence="A picture in words, English and Persian, each word with the place that the "
        "network looked at. Is that an explanation? Take the place away and see.",
    ),
    PageInfo(
        section="Explanations",
        file="explanations/features.py",
        url="features",
        title="Feature visualization",
        icon=":material/auto_awesome:",
        sentence="Let a picture climb from nothing until one class, channel or neuron answers as "
        "strongly as it can.",
    ),
    PageInfo(
        section="Explanations",
        file="explanations/diabetes.py",
        url="diabetes",
        title="Diabetes patients",
        icon=":material/monitor_heart:",
        sentence="Pick a patient, move the sliders and see the risk and its reasons move: LIME, "
        "SHAP, an additive network and the smallest change that would turn the decision.",
    ),
    PageInfo(
        section="Robustness",
        file="robustness/attack.py",
        url="attack",
        title="Attack playground",
        icon=":material/bolt:",
        sentence="Change a picture so little that you cannot see it, until the network errs. Drag "
        "epsilon and watch the accuracy fall.",
    ),
    PageInfo(
        section="Robustness",
        file="robustness/ood.py",
        url="ood",
        title="Does it know?",
        icon=":material/help_center:",
        sentence="A network meets a class that it was never shown. Drag the threshold that should "
        "refuse it, and see who slips through.",
    ),
    PageInfo(
        section="Robustness",
        file="robustness/representation.py",
        url="representation",
        title="What looks alike",
        icon=":material/scatter_plot:",
        sentence="Maps of what two networks see as alike, clean, corrupted and attacked, with "
        "figures that say whether to believe them. Place your own pictures among them.",
    ),
    PageInfo(
        section="Models",
        file="models/zoo.py",
        url="models",
        title="Model zoo",
        icon=":material/inventory_2:",
        sentence="Every network that ships: what it was trained on, how, and every number that was "
        "measured on it.",
    ),
)


def navigation() -> dict[str, list[Any]]:
    """The argument of ``st.navigation``: pages by section, in order."""
    menu: dict[str, list[Any]] = {}
    for info in PAGES:
        menu.setdefault(info.section, []).append(page_of(info))
    return menu


def page_of(info: PageInfo) -> Any:
    return st.Page(
        _ROOT / "pages" / info.file,
        title=info.title,
        icon=info.icon,
        url_path=info.url,
        default=not info.url,
    )
