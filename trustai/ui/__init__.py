"""The app: the only code besides `pages/` and `app.py` that imports streamlit."""
