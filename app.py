"""The app: ``streamlit run app.py``."""

import streamlit as st

from trustai.ui.kit import site

# Before the menu: the icon of a page would else become the tab's, from the network.
st.set_page_config(page_icon=str(site.ICON), layout="wide", initial_sidebar_state=276)
page = st.navigation(site.navigation())
st.set_page_config(page_title=site.tab_title(page))
site.run(page)
