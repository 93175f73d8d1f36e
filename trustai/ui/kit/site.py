"""The list of pages, from which the menu, the home page and the browser tests are made.

Cold deep links. Until `app.py` has run once, Streamlit takes a folder ``pages/`` for its own older
kind of menu and runs ``pages/<address>.py`` itself for the first visitor of ``/<address>`` (tried:
Streamlit 1.67). So each page file begins with `hand_over`, which then runs `app.py` in its place.
"""

from __future__ import annotations

import runpy
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from trustai import ROOT
from trustai.ui.kit.access.look import mend_look
from trustai.ui.kit.address.history import keep_history
from trustai.ui.kit.address.owned import owned_by

# A file of ours: Streamlit would fetch a named symbol from the network.
HOME = "home"
ICON = Path(__file__).with_name("icon.png")


@dataclass(frozen=True)
class PageInfo:
    """One page of the app.

    Attributes:
        section: Its heading in the menu.
        topic: Its file in ``pages/``, its package in ``trustai/ui/`` and its address; the home page
            has the empty address.
        title, icon: In the menu.
        sentence: What a person can do there.
    """

    section: str
    topic: str
    title: str
    icon: str
    sentence: str

    @property
    def file(self) -> str:
        """Path below the repository."""
        return f"pages/{self.topic}.py"

    @property
    def url(self) -> str:
        """Path of its address; empty for the home page."""
        return "" if self.topic == HOME else self.topic


PAGES = (
    PageInfo(
        section="Start",
        topic="home",
        title="Home",
        icon=":material/home:",
        sentence="What this app shows, and where to start.",
    ),
    PageInfo(
        section="Explanations",
        topic="saliency",
        title="Image explanations",
        icon=":material/image_search:",
        sentence="Upload a picture and see which pixels the network used for its answer. Many "
        "methods explain the same answer, and each map has a score of how faithful it is.",
    ),
    PageInfo(
        section="Explanations",
        topic="captions",
        title="Captions",
        icon=":material/closed_caption:",
        sentence="A network describes a picture in English and Persian. For each word you see the "
        "place that it looked at. Remove this place and see whether the word changes.",
    ),
    PageInfo(
        section="Explanations",
        topic="features",
        title="Feature visualization",
        icon=":material/auto_awesome:",
        sentence="See what a class, a channel or a neuron of a network responds to. A picture is "
        "changed step by step until the response is as strong as possible.",
    ),
    PageInfo(
        section="Explanations",
        topic="diabetes",
        title="Table explanations",
        icon=":material/monitor_heart:",
        sentence="Choose a patient and move the sliders. The risk of diabetes and the reasons for "
        "it change at once. Find the smallest change that turns the decision.",
    ),
    PageInfo(
        section="Robustness",
        topic="attack",
        title="Attack playground",
        icon=":material/bolt:",
        sentence="Change a picture so little that you hardly see it, until the network is wrong. "
        "Drag epsilon and watch the accuracy fall.",
    ),
    PageInfo(
        section="Robustness",
        topic="ood",
        title="Spotting unfamiliar inputs",
        icon=":material/help_center:",
        sentence="A network gets pictures of a class that it never saw. Drag the threshold that "
        "should reject them, and see which pictures are still accepted.",
    ),
    PageInfo(
        section="Robustness",
        topic="representation",
        title="Feature map",
        icon=":material/scatter_plot:",
        sentence="See which pictures are similar for a network: clean, corrupted and attacked. "
        "Numbers beside each map say how far you can trust it. Add your own pictures.",
    ),
    PageInfo(
        section="Robustness",
        topic="backdoor",
        title="Backdoors",
        icon=":material/key:",
        sentence="Hide a sticker in a few training pictures, and train a network in seconds. It "
        "is right until the sticker appears. Then try to find the backdoor.",
    ),
    PageInfo(
        section="Fairness",
        topic="fairness",
        title="Group fairness",
        icon=":material/balance:",
        sentence="A network estimates the income of people. Women and men get different "
        "predictions. Drag a slider until both get the same, and see the accuracy fall.",
    ),
    PageInfo(
        section="Reference",
        topic="models",
        title="Model zoo",
        icon=":material/inventory_2:",
        sentence="Every network of this app: its training data, its training, and every number "
        "that was measured.",
    ),
    PageInfo(
        section="Reference",
        topic="glossary",
        title="Glossary",
        icon=":material/menu_book:",
        sentence="Every term of this app in one to three sentences.",
    ),
)


def navigation() -> dict[str, list[Any]]:
    """The argument of ``st.navigation``: pages by section, in order."""
    menu: dict[str, list[Any]] = {}
    for info in PAGES:
        menu.setdefault(info.section, []).append(page_of(info))
    return menu


def page_of(info: PageInfo) -> Any:
    """The page as ``st.Page``."""
    return st.Page(
        ROOT / info.file,
        title=info.title,
        icon=info.icon,
        url_path=info.url,
        default=not info.url,
    )


def title_of(topic: str) -> str:
    """The title of the page of a topic."""
    return next(info.title for info in PAGES if info.topic == topic)


def tab_title(page: Any) -> str:
    """What a browser's tab says of a page.

    Args:
        page: Of ``st.navigation``.
    """
    return f"{page.title} · trustai" if page.url_path else "trustai"


_IN_APP: ContextVar[bool] = ContextVar("in_app", default=False)


def run(page: Any) -> None:
    """Run the page that ``st.navigation`` has chosen."""
    token = _IN_APP.set(True)
    try:
        with owned_by(page.url_path):
            mend_look()
            keep_history()
            page.run()
    finally:
        _IN_APP.reset(token)


def hand_over(page_file: str) -> None:
    """Run `app.py` instead of this page file where Streamlit has not run `app.py` first.

    Nothing happens where `app.py` runs the page, and where the page itself is the main script, as
    in the tests.

    Args:
        page_file: The page's ``__file__``.
    """
    context = get_script_run_ctx()
    if _IN_APP.get() or context is None:
        return
    if Path(context.pages_manager.main_script_path).resolve() == Path(page_file).resolve():
        return
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    st.stop()
