"""trustai: the trustworthy-AI classroom in one Streamlit app."""

__version__ = "0.1.0"
