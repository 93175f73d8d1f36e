"""The views of the page of the diabetes table."""
