"""A page whose tiles stay in view while the sliders below them are dragged; see `test_sticky`."""

import streamlit as st

from trustai.ui import kit

st.set_page_config(layout="wide")
kit.page("Sticky", "Tiles above many sliders.")
for line in range(8):
    st.text(f"before {line}")
with st.container():
    with kit.sticky():
        tiles = [column.empty() for column in st.columns(3)]
    values = [st.slider(f"slider {i}", 0, 10) for i in range(14)]
for i, tile in enumerate(tiles):
    tile.metric(f"tile {i}", sum(values) + i, border=True)
for line in range(60):
    st.text(f"after {line}")
