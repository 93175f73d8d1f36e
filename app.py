"""The app: ``streamlit run app.py``."""

import streamlit as st

from trustai.ui.kit import site

st.set_page_config(
    page_title="trustai", page_icon=str(site.ICON), layout="wide", initial_sidebar_state=256
)
site.run(st.navigation(site.navigation()))
