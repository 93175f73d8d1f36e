"""The views of the page of representations."""
