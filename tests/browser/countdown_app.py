"""A page with a computation of half a minute that can be stopped; see `test_countdown`."""

import time

import streamlit as st

from trustai.ui import kit
from trustai.ui.kit.caching import cached_call
from trustai.ui.kit.jobs import Countdown

st.set_page_config(layout="wide")
kit.page("Countdown", "A long computation.")
bar = Countdown("Counting")


def count() -> int:
    for i in range(120):
        time.sleep(0.25)
        bar((i + 1) / 120)
    return 120


with kit.shown_errors():
    if not st.checkbox("Begin"):
        raise ValueError("expected a tick")
    counted = cached_call(
        count, subject=None, weights_sha="", method="count", heavy="counting", bar=bar
    )
    st.text(f"counted to {counted}")
st.text("the page goes on")
kit.article("trustai.ui.attack.curves")
