"""``streamlit run app.py``."""

import streamlit as st

from trustai.ui.site import ICON, navigation

st.set_page_config(
    page_title="trustai", page_icon=str(ICON), layout="wide", initial_sidebar_state=256
)
st.navigation(navigation()).run()
