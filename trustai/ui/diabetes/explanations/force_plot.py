"""The force plot of the library shap, of one row's exact Shapley values."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from trustai.types import TabularAttribution

HEIGHT = 190


def show_force_plot(exact: TabularAttribution | None, *, target: str) -> None:
    """The plot, or a sentence while there is nothing to draw.

    Args:
        exact: Shapley values of one row.
        target: Name of class 1.
    """
    if exact is None:
        st.caption("The force plot is drawn together with the slow methods.")
        return
    st.iframe(
        force_html(
            exact.base[0].item(),
            exact.values[0].numpy(),
            names=exact.columns,
            shown=exact.rows[0].tolist(),
            output=f"risk of {target}",
            logit=exact.output == "logit",
            dark=st.context.theme.type == "dark",
        ),
        height=HEIGHT,
        alt="Force plot of the exact Shapley values",
    )
    st.caption("The library shap draws the exact Shapley values on the scale of probabilities.")


def force_html(
    base: float,
    values: NDArray[np.float64],
    *,
    names: Sequence[str],
    shown: Sequence[float],
    output: str,
    logit: bool,
    dark: bool = False,
) -> str:
    """shap's own force plot as a page of its own: its html with the script it needs.

    The library draws black on nothing, so the page is white; for the dark theme all is inverted,
    and the hues are turned back. Names are cut down to letters and digits: the library writes them
    into a script.
    """
    # Imported here: shap takes seconds, and nothing else of these figures needs it.
    import shap

    plain = [re.sub(r"[^\w .-]", " ", name) for name in names]
    plot = shap.force_plot(
        base,
        values,
        np.round(np.asarray(shown, dtype=np.float64), 3),
        feature_names=plain,
        out_names=re.sub(r"[^\w .-]", " ", output),
        link="logit" if logit else "identity",
    )
    style = "body{margin:0;padding:6px 8px;background:#fff;border-radius:8px;overflow-x:auto}"
    if dark:
        style += "html{background:#fff;filter:invert(.92) hue-rotate(180deg)}"
    return (
        f"<html><head><style>{style}</style>{shap.getjs()}</head><body>{plot.html()}</body></html>"
    )
