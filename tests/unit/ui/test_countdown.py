"""The bar of a long computation: shown when it is long, stopped by a button, taken up again."""

from __future__ import annotations

import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from trustai.ui.kit.caching import cache_key
from trustai.ui.kit.jobs import duration, seconds_left


def _page(expected: float = 0, pause: float = 0.0, error: str = "", beside: bool = False) -> None:
    import time

    import streamlit as st

    from trustai.ui.kit.caching import cached_call
    from trustai.ui.kit.errors import shown_errors
    from trustai.ui.kit.jobs import Countdown

    bar = Countdown("Counting sheep", expected=expected)

    def count() -> int:
        for i in range(3):
            time.sleep(pause)
            bar((i + 1) / 3)
            if error:
                raise ValueError(error)
        return 3

    with shown_errors():
        counted = cached_call(
            (lambda: bar.beside(lambda: time.sleep(pause) or 3)) if beside else count,  # type: ignore[func-returns-value]
            subject=None,
            weights_sha="",
            method=f"sheep {st.session_state.get('which', 0)}",
            bar=bar,
        )
        st.text(f"{counted} sheep")
    st.text("the page goes on")


@pytest.fixture
def page() -> Any:
    def opened(**settings: Any) -> AppTest:
        app = AppTest.from_function(_page, default_timeout=30, kwargs=settings)
        app.session_state["which"] = time.time()  # a result of its own for every test
        return app

    return opened


def _labels(app: AppTest) -> list[str]:
    assert not app.exception
    return [button.label for button in app.button]


def _texts(app: AppTest) -> list[str]:
    return [text.value for text in app.text]


def test_what_is_done_leaves_no_bar_and_no_button(page: Any) -> None:
    app = page(expected=9).run()
    assert _texts(app) == ["3 sheep", "the page goes on"]
    assert _labels(app) == []
    assert not app.get("progress")


def test_a_computation_is_stopped_and_continues(page: Any) -> None:
    app = page(expected=9)
    app.session_state["which"] = "stopped"
    # What the button does, which Streamlit calls before it runs the page again.
    key = cache_key(weights_sha="", inputs=[], method="sheep stopped")
    app.session_state["trustai__stopped"] = {key}
    app.run()
    assert _labels(app) == ["Continue"]
    assert _texts(app) == ["the page goes on"]
    assert app.caption[0].value == "Counting sheep: you stopped this computation."
    app.button[0].click().run()
    assert _labels(app) == []
    assert _texts(app) == ["3 sheep", "the page goes on"]


def test_an_error_leaves_no_bar(page: Any) -> None:
    app = page(expected=9, error="expected sheep, got wolves").run()
    assert app.error[0].value == "Expected sheep, got wolves."
    assert _labels(app) == []


def test_what_reports_nothing_runs_beside_a_bar(page: Any) -> None:
    app = page(beside=True, pause=0.7).run()
    assert _texts(app) == ["3 sheep", "the page goes on"]
    assert _labels(app) == []


def test_estimates_in_words() -> None:
    assert seconds_left(0, 3, expected=10) == "about 7 s left"
    assert seconds_left(0.5, 10, expected=99) == "about 10 s left", "the pace so far"
    assert duration(119) == "about 119 s"
    assert duration(600) == "about 10 min"
