"""The view of the home page."""
