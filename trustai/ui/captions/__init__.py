"""The views of the page of captions."""
