"""The value of a component, kept the same in the browser, on the server and in the URL."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st


def nearest(stops: Sequence[float], wanted: float) -> float:
    """The member of `stops` closest to `wanted`, the earlier one of two that are equally close."""
    return min(stops, key=lambda stop: abs(stop - wanted))


class UrlPlace:
    """The value of a component, agreed between the browser, the server and the URL.

    The browser owns the value while the URL stays as we wrote it. When the URL changes under us
    (a preset, the back button) the slider is moved there and `turn` is raised; what the browser
    reported in an earlier turn no longer counts. The same where `of`, what the stops are of,
    changes while the URL stays: its number was one of the old stops, so the default takes over.

    Args:
        key: Name of the URL parameter. What is no stop leaves the URL, or becomes the nearest one.
        widget: Key of the component.
        stops: The values it may have.
        default: One of `stops`; at it the parameter leaves the URL.
        of: What the values are of.
    """

    def __init__(
        self, *, key: str, widget: str, stops: Sequence[float], default: float, of: str = ""
    ) -> None:
        self.key, self.widget, self.stops, self.default = key, widget, stops, default
        self.of = of
        self._memory = f"{key}-place"
        fresh = {"turn": 0, "url": None, "moved_to": default, "now": default, "of": of}
        self._state: dict[str, Any] = {**fresh, **st.session_state.get(self._memory, {})}

    @property
    def turn(self) -> int:
        """How often the URL has moved the component."""
        return int(self._state["turn"])

    @property
    def moved_to(self) -> float:
        """Where the URL has moved it last."""
        return nearest(self.stops, self._state["moved_to"])

    def follow_url(self) -> None:
        """Take over what the URL says, where it is not what this component wrote there."""
        url = st.query_params.get(self.key)
        if self._memory not in st.session_state or url != self._state["url"]:
            self._move(self._parsed(url))
        elif self._state["of"] != self.of:
            self._move(self.default)
        elif self.widget not in st.session_state:
            # Back on a page that was left: the browser has forgotten, the URL still stands.
            self._move(self._parsed(url))

    def _move(self, to: float) -> None:
        self._write(to)
        self._keep(turn=self.turn + 1, moved_to=to, now=to, of=self.of)

    def _write(self, value: float) -> None:
        """Put the value into the URL; the default is not named there."""
        text = None if value == self.default else f"{value:g}"
        if text is None:
            st.query_params.pop(self.key, None)
        elif text != st.query_params.get(self.key):
            st.query_params[self.key] = text
        self._keep(url=text)

    def _keep(self, **changes: Any) -> None:
        self._state.update(changes)
        st.session_state[self._memory] = dict(self._state)

    def _parsed(self, url: str | None) -> float:
        try:
            wanted = float(url) if url is not None else self.default
        except ValueError:
            wanted = self.default
        return nearest(self.stops, wanted) if math.isfinite(wanted) else self.default

    def settle(self, reported: Any) -> float:
        """The value that holds now; a new one, reported on release, goes into the URL."""
        value = self.value_of(reported)
        if value != self._state["now"]:
            self._write(value)
            # `moved_to` stays: the payload is then the same as before and is not sent again.
            self._keep(now=value)
        return value

    def value_of(self, reported: Any) -> float:
        """The reported value if it belongs to this turn; the browser is not trusted further."""
        if isinstance(reported, Mapping) and reported.get("turn") == self.turn:
            at = reported.get("at")
            if isinstance(at, int | float) and math.isfinite(at):
                return nearest(self.stops, float(at))
        return self.moved_to
