"""The view of the page of feature visualization."""
