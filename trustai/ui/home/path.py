"""A guided path for somebody who opens the app for the first time."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import streamlit as st

from trustai.ui.kit.frame.lecture import kept


@dataclass(frozen=True)
class Step:
    """One step of the path.

    Attributes:
        title: What to do.
        sentence: What will be seen.
        topic: Address of the page.
        url_params: The view, by URL parameter.
    """

    title: str
    sentence: str
    topic: str
    url_params: Mapping[str, str] = field(default_factory=dict)

    @property
    def href(self) -> str:
        """Relative, so that it works wherever the app is served."""
        query = urlencode({**self.url_params, **kept()})
        return self.topic + (f"?{query}" if query else "")


STEPS = (
    Step(
        "See what the network looks at",
        "A photograph, the answer of the network, and the pixels that it used.",
        "saliency",
    ),
    Step(
        "Test the explanation",
        "Erase what the network learned. A useful map must change.",
        "saliency",
        {"view": "Can we trust the map?"},
    ),
    Step(
        "Fool the network",
        "Change every pixel a little and see how the accuracy falls.",
        "attack",
        {"view": "Accuracy against epsilon"},
    ),
    Step(
        "Show it something unfamiliar",
        "Set a threshold that rejects pictures of a class that the network never saw.",
        "ood",
    ),
    Step(
        "Explain a decision about a person",
        "Move the values of a patient and see the risk and its reasons change.",
        "diabetes",
    ),
)


def show_path() -> None:
    """The five steps, each a link to the view where it is done."""
    steps = "".join(
        f'<li><a href="{html.escape(step.href)}"><span class="number">{i}</span>'
        f"<b>{html.escape(step.title)}</b><span>{html.escape(step.sentence)}</span></a></li>"
        for i, step in enumerate(STEPS, start=1)
    )
    st.subheader("New here? Start with these five steps", anchor=False)
    st.html(f'<style>{_STYLE}</style><ol class="trustai-path">{steps}</ol>')


_STYLE = """
ol.trustai-path {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.6rem; margin: 0; padding: 0;
  list-style: none;
}
.trustai-path li { margin: 0; }
.trustai-path a {
  display: block; height: 100%; padding: 0.6rem 0.8rem; border-radius: 0.5rem; text-decoration: none; color: inherit;
  border: 1px solid color-mix(in srgb, currentColor 35%, transparent);
}
.trustai-path a:hover, .trustai-path a:focus-visible { border-color: currentColor; }
.trustai-path .number {
  display: inline-block; width: 1.6em; line-height: 1.6em; margin-bottom: 0.3rem; border-radius: 50%; text-align: center;
  font-weight: 700; border: 2px solid currentColor;
}
.trustai-path b { display: block; font-weight: 600; line-height: 1.3; }
.trustai-path b + span { font-size: 0.9em; }
@media (min-width: 1000px) { ol.trustai-path { grid-template-columns: repeat(5, minmax(0, 1fr)); } }
@media (max-width: 640px) {
  ol.trustai-path { grid-template-columns: 1fr; }
  .trustai-path a { display: grid; grid-template-columns: auto 1fr; column-gap: 0.7rem; align-items: center; }
  .trustai-path .number { grid-row: 1 / 3; }
}
"""  # noqa: E501
