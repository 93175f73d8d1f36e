"""The view of the page of models."""
