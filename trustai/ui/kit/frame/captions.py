"""The words of a result: how it came about, its parameters and how sure a network is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from trustai.ui.kit.errors import plain
from trustai.ui.kit.frame.lecture import lecture

if TYPE_CHECKING:
    # Only for the names: a page that shows no network must not wait for torch.
    from trustai.types import Circumstances

UNSURE, SURE, CERTAIN = 0.3, 0.6, 0.9
"""Probabilities below which an answer is a guess, and from which it is likely and certain."""

_PIXEL_PARAMETERS = ("eps", "alpha")


def pixel_units(value: float) -> str:
    """A pixel distance of ``[0, 1]`` the way papers write it, where that is exact.

    Args:
        value: In ``[0, 1]``.

    >>> pixel_units(8 / 255), pixel_units(0.5 / 255), pixel_units(0.33)
    ('8/255', '0.5/255', '0.33')
    """
    levels = 255 * value
    if abs(levels * 2 - round(levels * 2)) < 1e-6 and 0 < value < 1:
        return f"{levels:.4g}/255"
    return f"{value:.4g}"


def parameters_text(parameters: Mapping[str, Any]) -> str:
    """Parameters in words: pixel distances as fractions, the rest as they are.

    >>> parameters_text({"eps": 8 / 255, "steps": 10, "target": None})
    'eps 8/255, steps 10'
    """
    return ", ".join(
        f"{name} {_parameter(name, value)}"
        for name, value in parameters.items()
        if value is not None
    )


def _parameter(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        shown = [_parameter(name, one) for one in value]
        if len(shown) > 4:
            return f"{shown[0]} … {shown[-1]} ({len(shown)} values)"
        return f"({', '.join(shown)})"
    if isinstance(value, float):
        return pixel_units(value) if name in _PIXEL_PARAMETERS else f"{value:.4g}"
    return str(value)


def in_words(probability: float) -> str:
    """How sure a network is of its answer, for a sentence that begins with "The network".

    Args:
        probability: Of the class that it names, in ``[0, 1]``.

    >>> in_words(0.93), in_words(0.18)
    ('is almost certain', 'is guessing')
    """
    if probability >= CERTAIN:
        return "is almost certain"
    if probability >= SURE:
        return "is fairly sure"
    return "is not sure" if probability >= UNSURE else "is guessing"


def caption_text(circumstances: Circumstances, *more: str) -> str:
    """One line that says how a result came about, from the result itself."""
    parts = [circumstances.method]
    if circumstances.parameters:
        parts.append(parameters_text(circumstances.parameters))
    weights = f" (weights {circumstances.weights_sha[:8]})" if circumstances.weights_sha else ""
    parts += [f"{circumstances.model_id}{weights}", f"seed {circumstances.seed}"]
    return " · ".join([*parts, f"{circumstances.seconds:.2f} s", *more])


def result_caption(circumstances: Circumstances, *more: str) -> None:
    """Print `caption_text` under a figure; `more` adds facts like ``"1,024 pictures"``.

    In lecture mode nothing is printed.

    >>> result_caption(result.circumstances, "10,000 pictures")            # doctest: +SKIP
    """
    if not lecture():
        st.caption(plain(caption_text(circumstances, *more)))
